// What an adapter's fake counterpart offers the conformance suite: to be there, to be gone, to remember what reached it,
// and to misbehave on order.
import type { Attachment, Envelope } from '../model/generated.js'
import type { Content } from '../model/package.js'
import type { ServiceCall } from '../ports/adapter.js'

/**
 * One accident each, and what the adapter must make of it.
 * refuse: says no for good → refused. overload: too busy, asks to wait → deferred with retryAfterMs.
 * hang: takes the connection, reads nothing of the body, never answers → deferred when aborted.
 * drop: takes everything (and counts it as received), then breaks off without an answer → deferred, uncertain.
 * malformed: answers nonsense → deferred. offline: is not there at all → deferred.
 * A question meets the same accidents: refused stays refused, whatever is deferred for a delivery is unavailable for a question.
 */
export type Misbehaviour = 'refuse' | 'overload' | 'hang' | 'drop' | 'malformed' | 'offline'

/** What reached the counterpart. Fields that the protocol does not carry are absent. */
export interface HarnessDelivery {
  readonly deliveryId?: string
  readonly packageId?: string
  readonly recipient?: string
  readonly kind?: string
  readonly mediaType?: string
  readonly traceparent?: string
  /** Bytes of the package as the counterpart got them. */
  readonly size: number
  /** Lower-case hex SHA-256 of those bytes. */
  readonly sha256: string
}

/** What the suite asks of {@link AdapterHarness.sample}. */
export interface SampleWish {
  /** Of the delivery. The same id has to give the same package, another id another one. */
  readonly deliveryId: string
  /** Bytes wished for. A protocol whose packages have a form of their own gives the nearest it can. */
  readonly size: number
}

/** A true package for a protocol that cannot carry arbitrary bytes. What is absent, the suite fills in. */
export interface HarnessSample {
  readonly envelope?: Envelope
  /** The canonical content, for adapters that carry fields. */
  readonly content?: Content
  readonly body?: { readonly mediaType: string, readonly bytes: Buffer }
  readonly attachments?: ReadonlyArray<{ readonly meta: Attachment, readonly bytes: Buffer }>
}

export interface AdapterHarness {
  /** Accidents this counterpart can play. The suite reports promises about others as not applicable. */
  readonly can: readonly Misbehaviour[]
  /** How long the counterpart asks to wait when it plays `overload`, ms; absent when the protocol cannot say. */
  readonly retryAfterMs?: number
  /** The largest package that the protocol or this counterpart takes, bytes. Promises about larger ones do not apply. */
  readonly mostBytes?: number
  /** Makes a true package (edXML, a dossier) where the protocol needs one. Also asked before `start`; has no effects. */
  sample? (wish: SampleWish): HarnessSample
  /** Ready to be connected to when it resolves; behaves, and remembers nothing of the time before. Called for every promise anew. */
  start (): Promise<void>
  /** Settings with which the adapter talks to this counterpart; every secret setting has a value. */
  settings (): Record<string, unknown>
  /** Misbehaves from now on; `undefined` behaves again, at the same address. */
  misbehave (kind: Misbehaviour | undefined): Promise<void>
  /** Packages taken for good, each once, in the order of their first arrival. */
  received (): readonly HarnessDelivery[]
  /** For adapters that receive: puts another package there to be fetched, and answers by what the counterpart knows it. */
  offer? (): Promise<string>
  /** What the adapter has made of an offered package. */
  fateOf? (offered: string): 'waiting' | 'acknowledged' | 'refused'
  /** For adapters with services: one true question for each operation of the manifest, about invented people. */
  calls? (): readonly ServiceCall[]
  /** Ends every connection. */
  stop (): Promise<void>
}

/** What `lienthong simulate NAME` asks the module simulator.js of an adapter's folder for. */
export interface SimulatorStart {
  readonly port: number
  readonly host: string
  /** Accidents from the start, each with its value (`true` where none was given). The simulator refuses what it does not know. */
  readonly options: Readonly<Record<string, string>>
}

export interface Simulator {
  readonly url: string
  /** What a person needs to know to use it: demo credentials, how to switch accidents. Lines of text. */
  describe (): string[]
  /** Ends every connection. */
  stop (): Promise<void>
}

/** Exported as `startSimulator` by simulator.js. */
export type StartSimulator = (start: SimulatorStart) => Promise<Simulator>
