// The national axis of a run, and the agency behind it: the simulated axis, misbehaving on order. What it takes is noted the moment it
// is in its tables; what its agency sends waits there for the hub. It adds no trace and the hub writes nothing anew, so a package is known
// by its bytes on this way, too.
import type { Faults } from '../../adapters/vxp/simulator-faults.js'
import type { Sending } from '../../adapters/vxp/simulator-operations.js'
import { putAgency } from '../../adapters/vxp/simulator-tables.js'
import { startSimulator } from '../../adapters/vxp/simulator.js'
import { putMessage, wallClock } from '../../src/adapter/simulator/index.js'
import type { Agency } from './agencies.js'
import type { Book, Outgoing } from './book.js'
import { pause } from './client.js'
import type { Counterpart, RunMischief } from './recipients.js'

/** The account of the hub, which speaks for every agency of the run but those of the axis. */
export const ACCOUNT = 'TRUC-LIEN-THONG'
/** The axis counts how often it is to misbehave; here it does until it is told to stop. */
const ALWAYS = Number.MAX_SAFE_INTEGER
const REFUSALS: ReadonlySet<string> = new Set(['10', '18', '19', '22', '23'])
const USUAL = { trace: 'off' } as const satisfies Partial<Faults>

const LOOK_EVERY_MS = 100

export interface Axis extends Counterpart {
  /** Code of the agency behind it. */
  readonly agency: string
  /**
   * Puts a package of its agency into the queue of each recipient. Resolves once the hub has said of each what became of it: with what
   * it said against it, nothing when it took them all; or when `isOver`.
   */
  offer (outgoing: Outgoing, isOver: () => boolean): Promise<string[]>
}

/** Starts the axis for this agency. It keeps what it has taken while its port is closed. */
export async function openAxis (agency: Agency, { agencies, book }: { agencies: readonly Agency[], book: Book }): Promise<Axis> {
  const axis = await startSimulator({ port: 0, host: '127.0.0.1', options: USUAL, onSend: sending => { note(sending, book) } })
  const { tables, faults } = axis
  tables.agencies.clear()
  tables.systems.clear()
  for (const { code, name } of agencies) putAgency(tables, { code, name }, 0)
  tables.systems.set(ACCOUNT, { systemId: ACCOUNT, secret: agency.secret, agencies: agencies.filter(each => each !== agency).map(({ code }) => code) })
  return {
    agency: agency.code,
    async offer ({ to, title, kind, sha256, body }, isOver) {
      const message = putMessage(tables, {
        from: agency.code, messageType: kind === 'status' ? 'status' : 'edoc', to, title, notation: undefined, sentAt: wallClock(), sha256, bytes: body
      })
      if (message === undefined) throw new RangeError('the simulated axis is full')
      while (message.items.some(({ status }) => status === 'initial') && !isOver()) await pause(LOOK_EVERY_MS)
      return message.items.flatMap(({ status, description }) => status === 'fail' ? [description] : [])
    },
    url: axis.url,
    start: axis.start,
    stop: axis.stop,
    misbehave (mischief) {
      const row = tables.agencies.get(agency.code)
      if (row !== undefined) row.locked = mischief?.kind === 'status' && mischief.status === 422
      axis.clearFaults()
      Object.assign(faults, USUAL, mischief === undefined ? {} : faultsOf(mischief))
    }
  }
}

/** The axis knows no keys: each message that it takes is one more in its recipient's hands. */
function note ({ to, sha256, deliveryId = '', errorCode, message }: Sending, book: Book): void {
  const reaction = message !== undefined ? 'taken' : REFUSALS.has(errorCode) ? 'refused' : 'failed'
  for (const agency of to) book.observe({ agency, key: deliveryId, sha256, reaction, ...(message === undefined ? {} : { docId: message.senderDocId }) })
  // Its agency fetches at once: the axis makes room by what has been fetched.
  for (const item of message?.items ?? []) item.status = 'done'
}

/** What stands for the same accident on the axis. */
function faultsOf (mischief: RunMischief): Partial<Faults> {
  switch (mischief.kind) {
    // 422: the recipient is locked, which is told in the axis's own words.
    case 'status': return mischief.status === 422 ? {} : { httpErrors: ALWAYS, httpStatus: mischief.status }
    case 'slow': return { latencyMs: mischief.delayMs }
    case 'hang': return { silent: ALWAYS }
    case 'drop': return { resetAfterCommit: ALWAYS }
    case 'malformed': return { nonsense: ALWAYS }
    // Connections hold, and its own parts break: neither sending nor asking what was sent works.
    case 'reset': return { sendErrors: ALWAYS, sentListErrors: ALWAYS, updateErrors: ALWAYS, cutMessages: ALWAYS }
  }
}
