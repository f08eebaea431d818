// The delivery protocol as a small state machine: two deliveries of one stream, two processes, a broker that forgets and
// repeats, crashes, leases that end too early. Small enough to explore whole; `rules` takes parts of it away.

export interface Rules {
  /** A follower waits for its predecessor. */
  order: boolean
  /** Accepting a follower locks its predecessor until it is committed. */
  lock: boolean
  /** Settling tells who waits. */
  wake: boolean
  /** The sweeper finds those who were not told. */
  untold: boolean
}

export const WHOLE: Rules = { order: true, lock: true, wake: true, untold: true }

type RowState = 'none' | 'accepting' | 'queued' | 'active' | 'deferred' | 'blocked' | 'held' | 'delivered' | 'dead'

interface Row {
  state: RowState
  attempts: number
  /** -1: nobody. */
  owner: number
  /** Somebody waits for it and has not been told. */
  followed: boolean
  locked: boolean
  /** What it becomes when its acceptance commits. */
  becomes: RowState
}

/** What a process does with a delivery: it has claimed it, has an answer, or has recorded the end and not told yet. */
interface Hand { delivery: number, attempt: number, phase: 'claimed' | 'answered' | 'failed' | 'telling' }

export interface State {
  rows: [Row, Row]
  /** Whether the lane holds a claim of each. */
  lane: [boolean, boolean]
  hands: [Hand | null, Hand | null]
  /** What took effect at the recipient, in order. */
  seen: number[]
  /** Crashes and premature ends of leases that may still happen. */
  faults: number
}

const MOST_ATTEMPTS = 2
const PROCESSES = [0, 1] as const
const DELIVERIES = [0, 1] as const
type Index = 0 | 1

const row = (): Row => ({ state: 'none', attempts: 0, owner: -1, followed: false, locked: false, becomes: 'none' })

export function start (faults: number): State {
  return { rows: [row(), row()], lane: [false, false], hands: [null, null], seen: [], faults }
}

export const isSettled = ({ state }: Row): boolean => state === 'delivered' || state === 'dead'

export interface Step { name: string, state: State }

/** Every step that can come next. */
export function steps (state: State, rules: Rules): Step[] {
  const found: Step[] = []
  const step = (name: string, change: (next: State) => void): void => {
    const next = structuredClone(state)
    change(next)
    found.push({ name, state: next })
  }
  accepting(state, rules, step)
  for (const delivery of DELIVERIES) {
    if (state.lane[delivery]) step(`lose ${delivery}`, next => { next.lane[delivery] = false })
    sweeping(state, rules, { delivery, step })
  }
  for (const process of PROCESSES) working(state, rules, { process, step })
  return found
}

type Stepper = (name: string, change: (next: State) => void) => void

function accepting ({ rows: [first, second] }: State, rules: Rules, step: Stepper): void {
  if (first.state === 'none') step('accept 0', next => { next.rows[0].state = 'queued'; next.lane[0] = true })
  if (first.state !== 'none' && second.state === 'none') {
    step('begin 1', ({ rows: [before, follower] }) => {
      follower.state = 'accepting'
      const waits = rules.order && !isSettled(before)
      follower.becomes = waits ? 'blocked' : rules.order && before.state === 'dead' ? 'held' : 'queued'
      before.followed ||= waits
      before.locked = waits && rules.lock
    })
  }
  if (second.state === 'accepting') {
    step('commit 1', next => {
      next.rows[1].state = second.becomes
      next.rows[0].locked = false
      if (second.becomes === 'queued') next.lane[1] = true
    })
  }
}

/** Who is blocked by delivery 0 goes or is held; who is not committed yet cannot be seen. */
function tell (next: State): void {
  const [before, follower] = next.rows
  before.followed = false
  if (follower.state !== 'blocked' || !isSettled(before)) return
  follower.state = before.state === 'dead' ? 'held' : 'queued'
  if (follower.state === 'queued') next.lane[1] = true
}

function sweeping (state: State, rules: Rules, { delivery, step }: { delivery: Index, step: Stepper }): void {
  const { state: is, locked, owner, attempts, followed } = state.rows[delivery]
  const again = (next: State): void => { next.rows[delivery].state = 'queued'; next.rows[delivery].owner = -1; next.lane[delivery] = true }
  if (!locked && ((is === 'queued' && !state.lane[delivery]) || is === 'deferred')) step(`sweep ${delivery}`, again)
  if (!locked && is === 'active') {
    const isHeld = PROCESSES.some(process => process === owner && state.hands[process]?.delivery === delivery && state.hands[process].attempt === attempts)
    if (!isHeld) step(`lease of ${delivery} ends`, again)
    else if (state.faults > 0) step(`lease of ${delivery} ends early`, next => { again(next); next.faults-- })
  }
  if (rules.untold && delivery === 0 && followed && isSettled(state.rows[0])) step('sweep the untold', tell)
}

function working (state: State, rules: Rules, { process, step }: { process: Index, step: Stepper }): void {
  const hand = state.hands[process]
  if (hand === null) {
    for (const delivery of DELIVERIES) {
      if (!state.lane[delivery]) continue
      const { state: is, locked } = state.rows[delivery]
      for (const stays of [false, true]) {
        step(`${process} takes ${delivery}${stays ? ', its claim comes again' : ''}`, next => {
          next.lane[delivery] = stays
          if (is !== 'queued' || locked) return
          const claimed = next.rows[delivery]
          claimed.state = 'active'
          claimed.owner = process
          claimed.attempts++
          next.hands[process] = { delivery, attempt: claimed.attempts, phase: 'claimed' }
        })
      }
    }
    return
  }
  if (state.faults > 0) step(`${process} crashes`, next => { next.hands[process] = null; next.faults-- })
  const { delivery, phase } = hand
  const effect = (next: State): void => { if (!next.seen.includes(delivery)) next.seen.push(delivery) }
  const become = (next: State, to: Hand['phase']): void => { next.hands[process] = { ...hand, phase: to } }
  if (phase === 'claimed') {
    step(`${process} delivers ${delivery}`, next => { effect(next); become(next, 'answered') })
    step(`${process} fails with ${delivery}`, next => { become(next, 'failed') })
    step(`${process} loses the answer to ${delivery}`, next => { effect(next); become(next, 'failed') })
  } else if (phase === 'telling') {
    step(`${process} tells`, next => { next.hands[process] = null; tell(next) })
  } else {
    settling(state, rules, { process, hand, step })
  }
}

function settling (state: State, rules: Rules, { process, hand, step }: { process: Index, hand: Hand, step: Stepper }): void {
  const { delivery, attempt, phase } = hand
  const { state: is, owner, attempts, locked, followed } = state.rows[delivery as Index]
  // Waits for the lock.
  if (locked) return
  step(`${process} records ${delivery}`, next => {
    const settled = next.rows[delivery as Index]
    next.hands[process] = null
    if (is !== 'active' || owner !== process || attempts !== attempt) return
    settled.owner = -1
    settled.state = phase === 'answered' ? 'delivered' : attempt >= MOST_ATTEMPTS ? 'dead' : 'deferred'
    if (rules.wake && delivery === 0 && followed && isSettled(settled)) next.hands[process] = { ...hand, phase: 'telling' }
  })
}

/** What must hold in every state. */
export function broken ({ rows, seen }: State): string | undefined {
  if (seen[0] === 1 && rows[0].state !== 'dead') return 'the follower has overtaken'
  const untrue = DELIVERIES.find(delivery => rows[delivery].state === 'delivered' && !seen.includes(delivery))
  return untrue === undefined ? undefined : `${untrue} counts as delivered and is not`
}

/** What may be left when nothing fails any more and nothing more can happen: everything settled, or held because of a death. */
export function isAtRest ({ rows: [first, second] }: State): boolean {
  return isSettled(first) && (isSettled(second) || (second.state === 'held' && first.state === 'dead'))
}

/** Steps that a world without failures takes. */
export function isHealthy (name: string): boolean {
  return !/lose|fails|crashes|early|again/.test(name)
}
