// The judge of a chaos run on invented histories: everything that may go wrong is found, and nothing else is.
import t from 'tap'
import { type Finding, type History, judge, type Observation, type Sent, type ToldDelivery } from '../../bench/chaos/judge.js'
import { recoverySeconds } from '../../bench/chaos/recovery.js'
import { FAULTS, planFaults } from '../../bench/chaos/schedule.js'

const DOCUMENT = 'document:H36,2026/11/20,1/UBND-VX'

/** A package posted at `at` and accepted 5 ms later. */
function posted (name: string, at: number, more: Partial<Sent> = {}): Sent {
  return { title: name, sha256: name, to: ['H36.11'], streams: [DOCUMENT], revokes: false, postedAt: at, acceptedAt: at + 5, packageId: `id of ${name}`, ...more }
}

function arrived (name: string, at: number, more: Partial<Observation> = {}): Observation {
  return { at, agency: 'H36.11', key: `key of ${name}`, sha256: name, reaction: 'taken', ...more }
}

function told (name: string, state = 'delivered', more: Partial<ToldDelivery> = {}): ToldDelivery {
  return { id: `key of ${name}`, packageId: `id of ${name}`, agency: 'H36.11', state, ...more }
}

const { acceptedAt, packageId, ...neverAccepted } = posted('first', 0)

/** A document and its update, in order. */
const GOOD: History = {
  sent: [posted('first', 0), posted('update', 10)],
  observations: [arrived('first', 20), arrived('update', 30)],
  told: [told('first'), told('update')]
}

interface Case {
  history: History
  /** Findings by kind; what is not named must be empty. */
  finds?: Partial<Record<'lost' | 'duplicated' | 'overtaken' | 'stuck', string[]>>
  counts?: Partial<Record<'accepted' | 'delivered' | 'refused' | 'cancelled' | 'held' | 'repeats' | 'foreign', number>>
}

const CASES: Record<string, Case> = {
  'what arrives once and in order is in order': { history: GOOD, counts: { accepted: 2, delivered: 2, repeats: 0, foreign: 0 } },
  'one package to two recipients is two deliveries': {
    history: {
      sent: [posted('first', 0, { to: ['H36.11', 'H36.101'] })],
      observations: [arrived('first', 20), arrived('first', 21, { agency: 'H36.101', key: 'another' })],
      told: [told('first'), told('first', 'delivered', { id: 'another', agency: 'H36.101' })]
    },
    counts: { accepted: 2, delivered: 2 }
  },

  'a package that the hub no longer knows is lost': { history: { ...GOOD, told: [told('first')] }, finds: { lost: ['update → H36.11: accepted, and the hub does not know it'] } },
  'a package told as delivered that never arrived is lost': { history: { ...GOOD, observations: [arrived('first', 20)] }, finds: { lost: ['update → H36.11: told as delivered, and its bytes never arrived'] } },
  'a package that arrived with other bytes is lost': {
    history: { ...GOOD, observations: [arrived('first', 20), arrived('update', 30, { sha256: 'altered' })] },
    finds: { lost: ['update → H36.11: told as delivered, and its bytes never arrived'] },
    counts: { foreign: 1 }
  },
  'a package that arrived and was never taken is lost': {
    history: { ...GOOD, observations: [arrived('first', 20), arrived('update', 30, { reaction: 'failed' })] },
    finds: { lost: ['update → H36.11: told as delivered, and its bytes never arrived'] }
  },
  'a package that was given up is lost': { history: { ...GOOD, observations: [arrived('first', 20)], told: [told('first'), told('update', 'dead', { code: 'ATTEMPTS_EXHAUSTED' })] }, finds: { lost: ['update → H36.11: given up: dead (ATTEMPTS_EXHAUSTED)'] } },
  'a package that was turned away for good is lost': { history: { ...GOOD, sent: [...GOOD.sent, { ...neverAccepted, title: 'third', sha256: 'third', turnedAway: '409 PACKAGE_CONFLICT' }] }, finds: { lost: ['third: turned away with 409 PACKAGE_CONFLICT'] } },
  'a refusal that no recipient made is a loss': { history: { ...GOOD, observations: [arrived('first', 20)], told: [told('first'), told('update', 'refused')] }, finds: { lost: ['update → H36.11: told as refused, and the recipient refused nothing'] } },
  'a refusal that the recipient made is none': {
    history: { ...GOOD, observations: [arrived('first', 20, { reaction: 'refused' }), arrived('update', 30)], told: [told('first', 'refused'), told('update')] },
    counts: { delivered: 1, refused: 1 }
  },
  'a cancellation without a revocation is a loss': { history: { ...GOOD, observations: [arrived('update', 30)], told: [told('first', 'cancelled', { code: 'REVOKED' }), told('update')] }, finds: { lost: ['first → H36.11: told as cancelled (REVOKED) without a reason that holds'] } },
  'a revocation before anybody saw the document cancels both': {
    history: { sent: [posted('first', 0), posted('revocation', 10, { revokes: true })], observations: [], told: [told('first', 'cancelled', { code: 'REVOKED' }), told('revocation', 'cancelled', { code: 'REVOKED_BEFORE_DELIVERY' })] },
    counts: { cancelled: 2 }
  },
  'a revocation of what had arrived must arrive, too': {
    history: { sent: [posted('first', 0), posted('revocation', 10, { revokes: true })], observations: [arrived('first', 20)], told: [told('first'), told('revocation', 'cancelled', { code: 'REVOKED_BEFORE_DELIVERY' })] },
    finds: { lost: ['revocation → H36.11: told as cancelled (REVOKED_BEFORE_DELIVERY) without a reason that holds'] }
  },

  'the same key again with the same bytes is a repeat': { history: { ...GOOD, observations: [...GOOD.observations, arrived('first', 40)] }, counts: { delivered: 2, repeats: 1 } },
  'an attempt that failed before is no repeat': { history: { ...GOOD, observations: [arrived('first', 19, { reaction: 'failed' }), ...GOOD.observations] }, counts: { repeats: 0 } },
  'the same package under another key is duplicated': { history: { ...GOOD, observations: [...GOOD.observations, arrived('first', 40, { key: 'another' })] }, finds: { duplicated: ['first → H36.11: arrived under the keys key of first, another'] } },
  'the same package taken twice by a recipient that keeps no keys is duplicated, though the key is the same': {
    history: { ...GOOD, observations: [arrived('first', 20, { docId: 'a' }), arrived('first', 25, { docId: 'b' }), arrived('update', 30, { docId: 'c' })] },
    finds: { duplicated: ['first → H36.11: was taken as a, b'] },
    counts: { repeats: 0 }
  },
  'a recipient that keeps no keys may have turned a package away before it takes it, once': {
    history: { ...GOOD, observations: [arrived('first', 19, { reaction: 'failed' }), arrived('first', 20, { docId: 'a' }), arrived('update', 30, { docId: 'b' })] },
    counts: { delivered: 2, repeats: 0 }
  },
  'other bytes under the same key are duplicated': {
    history: { ...GOOD, observations: [...GOOD.observations, arrived('first', 40, { sha256: 'altered' })] },
    finds: { duplicated: ['H36.11: different contents under one key'] },
    counts: { foreign: 1 }
  },

  'what arrives before its predecessor has overtaken it': { history: { ...GOOD, observations: [arrived('update', 20), arrived('first', 30)] }, finds: { overtaken: ['update → H36.11: arrived before first, which was accepted 5 ms before it was posted'] } },
  'what arrives after an attempt that failed has overtaken all the same': {
    history: { ...GOOD, observations: [arrived('first', 20, { reaction: 'failed' }), arrived('update', 30), arrived('first', 40)] },
    finds: { overtaken: ['update → H36.11: arrived before first, which was accepted 5 ms before it was posted'] }
  },
  'what arrives while its predecessor is still owed has overtaken it': {
    history: { ...GOOD, observations: [arrived('update', 20)], told: [told('first', 'deferred'), told('update')] },
    finds: { overtaken: ['update → H36.11: arrived before first, which was accepted 5 ms before it was posted'], stuck: ['first → H36.11: still deferred'] }
  },
  'a repeat of the predecessor after it is no overtaking': { history: { ...GOOD, observations: [...GOOD.observations, arrived('first', 40)] } },
  'what follows a refusal has overtaken nothing': { history: { ...GOOD, observations: [arrived('first', 20, { reaction: 'refused' }), arrived('update', 30)], told: [told('first', 'refused'), told('update')] } },
  'packages posted at the same time have no order': { history: { ...GOOD, sent: [posted('first', 0), posted('update', 3)], observations: [arrived('update', 20), arrived('first', 30)] } },
  'packages of different documents have no order': { history: { ...GOOD, sent: [posted('first', 0), posted('update', 10, { streams: ['another'] })], observations: [arrived('update', 20), arrived('first', 30)] } },
  'each recipient has an order of its own': {
    history: { sent: [posted('first', 0), posted('update', 10, { to: ['H36.101'] })], observations: [arrived('update', 20, { agency: 'H36.101' }), arrived('first', 30)], told: [told('first'), told('update', 'delivered', { agency: 'H36.101' })] }
  },
  'a replacement stands behind what it replaces and before what follows it': {
    history: {
      sent: [posted('first', 0), posted('replacement', 10, { streams: [DOCUMENT, 'second'] }), posted('update', 20, { streams: ['second'] })],
      observations: [arrived('update', 30), arrived('replacement', 40), arrived('first', 50)],
      told: [told('first'), told('replacement'), told('update')]
    },
    finds: { overtaken: ['replacement → H36.11: arrived before first, which was accepted 5 ms before it was posted', 'update → H36.11: arrived before replacement, which was accepted 5 ms before it was posted'] }
  },

  'what is not settled in the end is stuck': { history: { ...GOOD, observations: [arrived('first', 20)], told: [told('first'), told('update', 'queued')] }, finds: { stuck: ['update → H36.11: still queued'] } },
  'what was never accepted is stuck at the door': { history: { ...GOOD, sent: [...GOOD.sent, { ...neverAccepted, title: 'third', sha256: 'third' }] }, finds: { stuck: ['third: never accepted'] } },
  'what is held without a dead predecessor is stuck': { history: { ...GOOD, observations: [arrived('first', 20)], told: [told('first'), told('update', 'held', { code: 'PREDECESSOR_DEAD' })] }, finds: { stuck: ['update → H36.11: still held (PREDECESSOR_DEAD)'] } }
}

for (const [promise, { history, finds = {}, counts = {} }] of Object.entries(CASES)) {
  t.test(promise, async t => {
    const verdict = judge(history)
    const said = (findings: Finding[]): string[] => findings.map(({ what }) => what)
    t.same({ lost: said(verdict.lost), duplicated: said(verdict.duplicated), overtaken: said(verdict.overtaken), stuck: said(verdict.stuck) },
      { lost: [], duplicated: [], overtaken: [], stuck: [], ...finds })
    t.match(verdict, counts)
  })
}

await t.test('recovery counts from the last healing of what could hinder it', async t => {
  const fault = { name: 'hub.killed 0', beganAt: 0, healedAt: 1000, worksAt: 9000 }
  const other = { name: 'postgres.killed 0', beganAt: 500, healedAt: 4000 }
  t.equal(recoverySeconds(fault, [fault]), 8)
  t.equal(recoverySeconds(fault, [fault, other]), 5, 'the database was away until then')
  t.equal(recoverySeconds(fault, [fault, { ...other, healedAt: 9500 }]), 8, 'what is healed afterwards does not matter')
  t.equal(recoverySeconds(fault, [fault, { ...other, agency: 'H36.11' }]), 8, 'an endpoint hinders its own flow only')
  t.equal(recoverySeconds({ name: 'never', beganAt: 0, healedAt: 1000 }, []), Infinity)
})

await t.test('a seed gives the same faults again, each within the run, one at a time per target, and in time every kind', async t => {
  const surface = { embedded: false, pushed: ['H36', 'H36.11', 'H36.101'], national: ['G22'], fetching: ['H36.102'] }
  const tracks = planFaults(7, 600, surface)
  t.same(planFaults(7, 600, surface), tracks)
  t.notSame(planFaults(8, 600, surface), tracks)
  t.same(new Set(tracks.flat().map(({ kind }) => kind)), new Set(Object.keys(FAULTS)))
  for (const track of tracks) {
    t.ok(track.every(({ atMs, forMs }, n) => atMs + forMs <= (track[n + 1]?.atMs ?? 600_000)), 'one after the other')
  }
  const targets = tracks.map(track => new Set(track.map(({ kind, target }) => `${kind.split('.')[0] ?? ''} ${target}`)))
  t.equal(targets.reduce((sum, { size }) => sum + size, 0), new Set(targets.flatMap(each => [...each])).size, 'no target is on two tracks')
  t.same(new Set(planFaults(7, 600, { ...surface, embedded: true }).flat().map(({ kind }) => kind.split('.')[0])), new Set(['hub', 'endpoint', 'inbox']))
})
