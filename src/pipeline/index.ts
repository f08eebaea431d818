// THE FLOW, on one screen. A package: receive → validate → verify → target → route → store (one transaction) → 202.
// Each of its deliveries, later: claim → transform → deliver → settle → record. The types prove the order.
import { HubError, toProblem } from '../errors.js'
import { text } from '../model/text.js'
import type { AdapterSession } from '../ports/adapter.js'
import type { Blobs } from '../ports/blobs.js'
import type { Clock } from '../ports/clock.js'
import type { Directory } from '../ports/directory.js'
import type { ClaimedDelivery, Store, StoredPackage } from '../ports/store.js'
import type { DecodeLimits } from '../formats/codec.js'
import type { Profile } from '../formats/profile.js'
import { knowingCopies } from './carried.js'
import type { DeadlinePolicy } from './deadlines.js'
import { deliver } from './deliver.js'
import { noteStatus } from './dossier-status.js'
import { receive } from './receive.js'
import { route } from './route.js'
import { storeRest } from './rest.js'
import { createSentNotes, type SentNotes } from './sent-notes.js'
import { settle, settleInterrupted, timedPolicy, type RetryPolicy } from './settle.js'
import { findSaid } from './said.js'
import { conflict, storePackage, toRepeated, type AcceptOne } from './store.js'
import { checkTarget } from './target.js'
import { transform, type TransformOptions } from './transform.js'
import type { Accepted, Arrival, Attempted, Intake, Mappings, Received, Routed, Settled } from './types.js'
import { validate } from './validate.js'
import { verify, type VerifyOptions } from './verify.js'

export interface IntakeOptions {
  directory: Directory
  blobs: Blobs
  clock: Clock
  acceptOne: AcceptOne
  findByIdempotencyKey: Store['findByIdempotencyKey']
  lastDossierStatus: Store['lastDossierStatus']
  findDocuments: Store['findDocuments']
  findRelated: Store['findRelated']
  findPackage: Store['findPackage']
  /** Called after the commit with what is due now; must not throw. */
  onStored: (accepted: Accepted, priority: number) => void
  inlineBytes: number
  limits: DecodeLimits
  mappings: Mappings
  profile: Profile
  deadlines: DeadlinePolicy
  parkMs: number
  /** Absent: signatures are not looked at. */
  signatures?: VerifyOptions
}

/** The stages up to the 202. */
export function createIntake (options: IntakeOptions): Intake {
  const check = async (received: Received): Promise<Routed> =>
    route(await checkTarget(await verify(validate(received, { directory: options.directory, at: options.clock.now() }), options.signatures), options), options)

  const acceptOne = knowingCopies(options)

  return {
    async accept (arrival) {
      const received = await receive(arrival, options)
      try {
        const earlier = await findEarlier(arrival, options)
        if (earlier?.original.sha256 === received.original.sha256) return toRepeated(earlier)
        const routed = await check(earlier === undefined ? received : withoutKey(received, earlier))
        const said = await findSaid(routed, options)
        if (said !== undefined) return toRepeated(said)
        await noteStatus(routed, options.lastDossierStatus)
        const onStored = (stored: Accepted): void => { options.onStored(stored, routed.package.envelope.priority) }
        const accepted = await storePackage(routed, acceptOne)
        if (accepted.repeated) return await storeRest(routed, accepted, { acceptOne, onStored })
        onStored(accepted)
        return accepted
      } finally {
        await received.spooled.discard()
      }
    },

    async plan (arrival) {
      const received = await receive(arrival, options)
      try {
        const routed = await check(received)
        await noteStatus(routed, options.lastDossierStatus)
        const { package: { envelope, deliveries, warnings } } = routed
        return { envelope, deliveries, warnings }
      } finally {
        await received.spooled.discard()
      }
    }
  }
}

/** A repeated request is answered as the first was, whatever has changed in the directory since. */
async function findEarlier ({ caller, idempotencyKey }: Arrival, { findByIdempotencyKey }: IntakeOptions): Promise<StoredPackage | undefined> {
  return idempotencyKey === undefined ? undefined : await findByIdempotencyKey(caller.id, idempotencyKey)
}

/**
 * A partner may write a message anew each time that it is fetched, with another trace or another archive: then it is a repetition where its
 * content says so. Throws the conflict for what is another package under the same key.
 */
function withoutKey (received: Received, { id, envelope: { identifier } }: StoredPackage): Received {
  const { arrival: { idempotencyKey: _used, ...arrival }, decoded } = received
  if (arrival.direction !== 'inbound' || decoded.envelope.identifier !== identifier) throw conflict({ on: 'idempotency-key', packageId: id })
  return { ...received, arrival }
}

const FOR_GOOD: ReadonlySet<string> = new Set(['TRANSFORM_FAILED', 'RELAY_LOOP', 'CONTENT_PURGED'])

export interface AttemptOptions extends TransformOptions {
  /** Opens or finds the session of the endpoint; a rejection is an outcome: deferred. */
  session: () => Promise<AdapterSession>
  policy: RetryPolicy
  /** Called before bytes go to an endpoint that is not idempotent: notes it durably, or rejects when the delivery is not ours any more. */
  begin: () => Promise<void>
  /** Whether no other process can have taken the delivery over; right also in a process that was paused and has just woken up. */
  isHeld: () => boolean
  clock: Clock
  stopping: AbortSignal
  onDefect: (error: unknown) => void
  random: () => number
}

/** One attempt of a claimed delivery: transform → deliver → settle. Never rejects; recording is the caller's batch. */
export async function attempt (claimed: ClaimedDelivery, options: AttemptOptions): Promise<Settled> {
  const startedAt = options.clock.now()
  const { outcome, ...sent } = await tryOnce(claimed, options)
  const finishedAt = options.clock.now()
  const { attempts, retriedAfter = 0, expiresAt, deliverBy } = claimed.delivery
  const policy = timedPolicy(options.policy, { deliverBy, at: finishedAt })
  const idempotent = isIdempotent(options)
  const settlement = options.stopping.aborted && outcome.kind === 'deferred'
    ? settleInterrupted(outcome, { at: finishedAt, idempotent })
    : settle(outcome, { attempt: attempts - retriedAfter, at: finishedAt, expiresAt, policy, idempotent, random: options.random() })
  return { claimed, outcome, startedAt, finishedAt, settlement, ...sent }
}

function isIdempotent ({ endpoint }: AttemptOptions): boolean {
  return endpoint.idempotent === true
}

async function tryOnce (claimed: ClaimedDelivery, options: AttemptOptions): Promise<Omit<Attempted, 'claimed' | 'startedAt' | 'finishedAt'>> {
  try {
    const prepared = await transform(claimed, options)
    const session = await options.session()
    if (!isIdempotent(options)) await options.begin()
    // A recipient that keeps no keys would have it from both.
    if (!options.isHeld()) throw new HubError('STOPPING', text('Lượt chuyển đã thuộc về tiến trình khác.', 'The delivery belongs to another process by now.'))
    const notes = createSentNotes()
    const outcome = await deliver(prepared, { ...options, session, noteSent: notes.note })
    const own = await keepNotes(notes, claimed, options)
    // What the recipient fetches is the message, whatever notice went out of it.
    return { outcome, ...own, ...(own === undefined || outcome.kind === 'available' ? { sent: prepared.sent } : {}) }
  } catch (error) {
    options.onDefect(error)
    const problem = toProblem(error)
    // A message that cannot be made is no better an hour later.
    return { outcome: { kind: FOR_GOOD.has(problem.code) ? 'refused' : 'deferred', problem } }
  }
}

/** What was sent was sent: that it cannot be written down changes no outcome. */
async function keepNotes (notes: SentNotes, { delivery: { attempts, requests }, package: { attachments } }: ClaimedDelivery, { openSpooled, onDefect }: AttemptOptions): ReturnType<SentNotes['keep']> {
  try {
    return await notes.keep({ attempt: attempts, earlier: requests, files: attachments.map(({ sha256 }) => sha256), openSpooled })
  } catch (error) {
    onDefect(error)
    return {}
  }
}
