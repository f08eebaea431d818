// One run: packages flow while the tracks of the schedule strike and heal; a probe follows each healing; at the end everything
// must come to rest by itself.
import type { HealedFault } from './recovery.js'
import { pause } from './client.js'
import type { Fault, Track } from './schedule.js'
import { flowOf, strike } from './strike.js'
import type { Surroundings } from './surroundings.js'
import { createTold, type Told } from './told.js'

export interface RunWish {
  tracks: readonly Track[]
  seconds: number
  /** Packages a second. */
  rate: number
  /** Tells people what happens. */
  say: (line: string) => void
}

export interface RunResult {
  faults: HealedFault[]
  told: Told
  /** From the last healing until nothing was under way any more, s; Infinity when that took longer than it may. */
  settledSeconds: number
}

/** Everything is to be well again this long after the last fault was healed. */
export const RECOVERY_MS = 30_000
const LOOK_EVERY_MS = 500
/** So long the next fault of a track may wait for the flow to work again. */
const PATIENCE_MS = 8000

/** Plays the schedule and waits for the rest. Never rejects because of what the hub does. */
export async function playRun (surroundings: Surroundings, { tracks, seconds, rate, say }: RunWish): Promise<RunResult> {
  const { sender, book } = surroundings
  const beganAt = performance.now()
  const endsAt = beganAt + seconds * 1000
  let giveUp = (): void => {}
  const givenUp = new Promise<undefined>(resolve => { giveUp = () => { resolve(undefined) } })
  const sinceBegin = (at: number): string => ((at - beganAt) / 1000).toFixed(1).padStart(7)
  const healing: Array<Promise<HealedFault>> = []
  const onHealed = (fault: Fault, healed: HealedFault): Promise<HealedFault> => {
    say(`${sinceBegin(healed.beganAt)} to ${sinceBegin(healed.healedAt)}  ${healed.name}`)
    const probing = probe(surroundings, { fault, healed, givenUp })
    healing.push(probing)
    return probing
  }
  sender.start(rate)
  await Promise.all([...tracks.map(async track => { await playTrack(surroundings, track, { beganAt, endsAt, onHealed }) }), until(endsAt)])
  sender.stop()
  const healedAt = performance.now()
  say(`${sinceBegin(healedAt)} everything is healed; ${book.sent.length} packages were posted`)
  const told = createTold(surroundings)
  const settledSeconds = await Promise.race([settled(surroundings, told, healedAt), pause(RECOVERY_MS).then(() => Infinity)])
  // A last look, with the post and the probes that never came through given up.
  sender.abandon()
  giveUp()
  const faults = await Promise.all(healing)
  await told.allClosed()
  return { faults, told, settledSeconds }
}

interface Stage {
  beganAt: number
  endsAt: number
  /** Resolves when the flow that was hit works again. */
  onHealed: (fault: Fault, healed: HealedFault) => Promise<unknown>
}

async function playTrack (surroundings: Surroundings, track: Track, { beganAt, endsAt, onHealed }: Stage): Promise<void> {
  let lateMs = 0
  for (const fault of track) {
    const at = beganAt + fault.atMs + lateMs
    if (at + fault.forMs > endsAt) return
    await until(at)
    const heal = await strike(surroundings, fault)
    await pause(fault.forMs)
    await heal()
    const works = onHealed(fault, { name: `${fault.kind} ${fault.target}`, beganAt: at, healedAt: performance.now() })
    // A process that is killed again before it has begun to work shows little.
    await Promise.race([works, pause(Math.max(0, Math.min(PATIENCE_MS, endsAt - performance.now())))])
    lateMs = Math.max(0, performance.now() - beganAt - fault.atMs - fault.forMs)
  }
}

/** Seconds from `healedAt` until everything posted was accepted and nothing more will happen to it. */
async function settled ({ sender }: Surroundings, told: Told, healedAt: number): Promise<number> {
  await sender.idle()
  while (!await told.allClosed()) await pause(LOOK_EVERY_MS)
  return (performance.now() - healedAt) / 1000
}

async function until (at: number): Promise<void> {
  await pause(Math.max(0, at - performance.now()))
}

interface Probing { fault: Fault, healed: HealedFault, givenUp: Promise<undefined> }

/** A letter that takes the way that was blocked; a recipient that refuses it has been reached. */
async function probe ({ sender, storyteller, book, hubs }: Surroundings, { fault, healed, givenUp }: Probing): Promise<HealedFault> {
  const { urls, agency, hits } = flowOf(fault, hubs)
  const letter = storyteller.letterTo(agency)
  void sender.post(letter, urls)
  const worksAt = await Promise.race([book.whenAnswered(letter.sha256, agency), givenUp])
  return { ...healed, ...(hits === 'all' ? {} : { agency }), ...(worksAt === undefined ? {} : { worksAt }) }
}
