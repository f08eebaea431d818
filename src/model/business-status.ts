// What an agency did with a document, as a table: from → signal → to, for each document and receiver. Pure: the same signals
// in the same order give the same state, and whatever comes in, the state is defined.

/** `SENT` until the receiver says something. */
export const BUSINESS_STATES = [
  'SENT', 'ARRIVED', 'ACCEPTED', 'ASSIGNED', 'PROCESSING', 'DONE', 'REFUSED', 'CHANGE_PENDING', 'UPDATED', 'WITHDRAWN', 'SUPERSEDED'
] as const

export type BusinessState = typeof BUSINESS_STATES[number]

/** What the sender asks of the receiver: 13 (retract request) as a status, the others as documents. */
export const CHANGES = ['13', 'revocation', 'update', 'replacement'] as const

export type Change = typeof CHANGES[number]

/** Codes of a status (QCVN 102:2016), changes, and `recalled`: the hub took the document back before it was ever sent out. */
export type Signal = '01' | '02' | '03' | '04' | '05' | '06' | '15' | '16' | Change | 'recalled'

/** Every state but the one that stands in front of another. */
type PlainState = Exclude<BusinessState, 'CHANGE_PENDING'>

const ASKED = { 13: 'CHANGE_PENDING', revocation: 'CHANGE_PENDING', update: 'CHANGE_PENDING', replacement: 'CHANGE_PENDING' } as const

/**
 * Steps may be left out (01 → 03 → 06), none is taken back, 02 comes only before 03. A document that is DONE changes no more;
 * one that is UPDATED is worked on like one that was taken in. CHANGE_PENDING is left by {@link AGREED}, or back (16).
 */
export const BUSINESS_STEPS: Readonly<Record<PlainState, Readonly<Partial<Record<Signal, BusinessState>>>>> = {
  SENT: { '01': 'ARRIVED', '02': 'REFUSED', '03': 'ACCEPTED', '04': 'ASSIGNED', '05': 'PROCESSING', '06': 'DONE', ...ASKED, recalled: 'WITHDRAWN' },
  ARRIVED: { '02': 'REFUSED', '03': 'ACCEPTED', '04': 'ASSIGNED', '05': 'PROCESSING', '06': 'DONE', ...ASKED },
  ACCEPTED: { '04': 'ASSIGNED', '05': 'PROCESSING', '06': 'DONE', ...ASKED },
  ASSIGNED: { '05': 'PROCESSING', '06': 'DONE', ...ASKED },
  PROCESSING: { '06': 'DONE', ...ASKED },
  UPDATED: { '03': 'ACCEPTED', '04': 'ASSIGNED', '05': 'PROCESSING', '06': 'DONE', ...ASKED },
  DONE: {},
  REFUSED: {},
  WITHDRAWN: {},
  SUPERSEDED: {}
}

/** What agreeing (15) makes of the document. */
export const AGREED: Readonly<Record<Change, PlainState>> = { 13: 'WITHDRAWN', revocation: 'WITHDRAWN', update: 'UPDATED', replacement: 'SUPERSEDED' }

/** Nothing follows. */
export const FINAL_BUSINESS_STATES: readonly BusinessState[] = ['DONE', 'REFUSED', 'WITHDRAWN', 'SUPERSEDED']

/** A change that waits for 15 or 16; `behind` is where the document stands meanwhile. */
export interface Pending { readonly change: Change, readonly behind: PlainState }

/** Where a document stands with one receiver. */
export type Standing = { readonly state: PlainState } | { readonly state: 'CHANGE_PENDING', readonly pending: Pending }

/**
 * What a signal did. `applied`: it moved the document. `repeated`: it says what was known. `regression`: it would take a step
 * back. `late`: the document has come to its end. `unasked`: an answer (15, 16) to no question. `informational`: a code
 * without a meaning of its own. All but the first are history only.
 */
export type Effect = 'applied' | 'repeated' | 'regression' | 'late' | 'unasked' | 'informational'

export interface Stepped { readonly to: Standing, readonly effect: Effect }

export const START: Standing = { state: 'SENT' }

/** One step. Total: any text is a signal. */
export function step (from: Standing, signal: string): Stepped {
  if (!isSignal(signal)) return { to: from, effect: 'informational' }
  return from.state === 'CHANGE_PENDING' ? stepPending(from, signal) : stepPlain(from, signal)
}

function stepPlain (from: { readonly state: PlainState }, signal: Signal): Stepped {
  const state = BUSINESS_STEPS[from.state][signal]
  if (state !== undefined && state !== 'CHANGE_PENDING') return { to: { state }, effect: 'applied' }
  if (state !== undefined && isChange(signal)) return { to: { state: 'CHANGE_PENDING', pending: { change: signal, behind: from.state } }, effect: 'applied' }
  if (REACHED[signal] === from.state) return { to: from, effect: 'repeated' }
  if (FINAL_BUSINESS_STATES.includes(from.state)) return { to: from, effect: 'late' }
  return { to: from, effect: signal === '15' || signal === '16' ? 'unasked' : 'regression' }
}

/** 16 leads back, and the sender may ask again; work goes on behind the question; a second question takes the place of the first. */
function stepPending (from: Extract<Standing, { state: 'CHANGE_PENDING' }>, signal: Signal): Stepped {
  const { change, behind } = from.pending
  if (signal === '15') return { to: { state: AGREED[change] }, effect: 'applied' }
  if (signal === '16') return { to: { state: behind }, effect: 'applied' }
  if (signal === change) return { to: from, effect: 'repeated' }
  if (isChange(signal)) return { to: { state: 'CHANGE_PENDING', pending: { change: signal, behind } }, effect: 'applied' }
  const { to, effect } = stepPlain({ state: behind }, signal)
  if (effect !== 'applied' || to.state === 'CHANGE_PENDING') return { to: from, effect }
  // Refused or taken back as a whole: nothing is left to be agreed to.
  if (to.state === 'REFUSED' || to.state === 'WITHDRAWN') return { to, effect }
  return { to: { state: 'CHANGE_PENDING', pending: { change, behind: to.state } }, effect }
}

const REACHED: Readonly<Record<Signal, BusinessState | undefined>> = {
  '01': 'ARRIVED', '02': 'REFUSED', '03': 'ACCEPTED', '04': 'ASSIGNED', '05': 'PROCESSING', '06': 'DONE',
  '13': undefined, '15': undefined, '16': undefined, revocation: undefined, update: undefined, replacement: undefined, recalled: 'WITHDRAWN'
}

function isSignal (value: string): value is Signal {
  return Object.hasOwn(REACHED, value)
}

function isChange (signal: Signal): signal is Change {
  return (CHANGES as readonly Signal[]).includes(signal)
}

/** A signal and when the hub accepted it, epoch ms. */
export interface Signalled { readonly signal: string, readonly at: number }

export interface Folded<E extends Signalled> {
  readonly standing: Standing
  /** Since when it stands there, epoch ms; a pending change: since it was asked for. */
  readonly since: number
  readonly history: ReadonlyArray<{ readonly event: E, readonly effect: Effect }>
}

/** Where a document sent at `sentAt` stands after `events`, in the order of their acceptance. */
export function fold<E extends Signalled> (events: readonly E[], sentAt: number): Folded<E> {
  let standing = START
  let since = sentAt
  const history: Array<{ event: E, effect: Effect }> = []
  for (const event of events) {
    const { to, effect } = step(standing, event.signal)
    if (effect === 'applied' && !isSameQuestion(standing, to)) since = event.at
    standing = to
    history.push({ event, effect })
  }
  return { standing, since, history }
}

/** Work behind an open question does not begin its time anew. */
function isSameQuestion (from: Standing, to: Standing): boolean {
  return from.state === 'CHANGE_PENDING' && to.state === 'CHANGE_PENDING' && from.pending.change === to.pending.change
}
