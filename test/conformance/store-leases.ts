// The promises of the Store port about leases: who of several processes does what only one may do.
import { newId } from '../../src/ids.js'
import { START } from '../support/packages.js'
import type { Promised } from './store.js'

const TTL = { at: START, ttlMs: 1000 }

export const LEASES: Record<string, Promised> = {
  'of two owners that ask at once one gets a lease, each name going whole to one of them': async (t, store, second) => {
    const names = Array.from({ length: 20 }, () => `poller:${newId()}`)
    const asks = await Promise.all(Array.from({ length: 8 }, async (_, n) =>
      await (n % 2 === 0 ? store : second).acquireLeases({ names: n % 2 === 0 ? names : [...names].reverse(), owner: `hub-${n}`, ...TTL })))
    t.same(asks.flat().sort(), [...names].sort())
  },
  'a lease is prolonged by its owner and taken over by another only when it has ended': async (t, store, second) => {
    const names = [newId()]
    const ask = async (owner: string, at: number): Promise<boolean> => (await second.acquireLeases({ names, owner, at, ttlMs: 1000 })).length === 1
    t.same(await store.acquireLeases({ names, owner: 'a', ...TTL }), names)
    t.equal(await ask('b', START + 999), false)
    t.equal(await ask('a', START + 900), true, 'prolonged to START + 1900')
    t.equal(await ask('b', START + 1899), false)
    t.equal(await ask('b', START + 1900), true)
    t.equal(await ask('a', START + 1901), false, 'the first owner sees that it has lost it')
  },
  'a process that was paused and asks with its old time takes nothing': async (t, store) => {
    const names = [newId()]
    await store.acquireLeases({ names, owner: 'paused', ...TTL })
    await store.acquireLeases({ names, owner: 'next', at: START + 1000, ttlMs: 1000 })
    t.same(await store.acquireLeases({ names, owner: 'paused', at: START + 500, ttlMs: 1000 }), [])
  },
  'what is given up is free at once: one name, or all of an owner; never what is another\'s': async (t, store, second) => {
    const [one, two, foreign] = [newId(), newId(), newId()]
    await store.acquireLeases({ names: [one, two], owner: 'going', ...TTL })
    await store.acquireLeases({ names: [foreign], owner: 'staying', ...TTL })
    const free = async (): Promise<string[]> => (await second.acquireLeases({ names: [one, two, foreign], owner: 'waiting', ...TTL })).sort()
    await store.releaseLeases({ owner: 'going', names: [one, foreign] })
    t.same(await free(), [one])
    await store.releaseLeases({ owner: 'going' })
    t.same(await free(), [one, two].sort())
  },
  'the living processes of a role are those whose lease has not ended': async (t, store, second) => {
    const [a, b] = [newId(), newId()]
    await store.acquireLeases({ names: [`process:delivery:${a}`, `process:api:${a}`], owner: a, ...TTL })
    await second.acquireLeases({ names: [`process:delivery:${b}`], owner: b, at: START + 500, ttlMs: 1000 })
    const living = async (at: number): Promise<string[]> => (await store.liveProcesses({ role: 'delivery', at })).filter(owner => owner === a || owner === b)
    t.same(await living(START + 999), [a, b])
    t.same(await living(START + 1000), [b])
    await second.releaseLeases({ owner: b })
    t.same(await living(START + 1000), [])
  },
  'nothing asked for is nothing held, a name twice is one lease, and any text is a name': async (t, store) => {
    t.same(await store.acquireLeases({ names: [], owner: 'a', ...TTL }), [])
    const odd = `ệ\0\ud800'"%${newId()}`
    t.same(await store.acquireLeases({ names: [odd, odd], owner: odd, ...TTL }), [odd])
    t.same(await store.acquireLeases({ names: [odd], owner: 'b', ...TTL }), [])
  },
  'leases that ended long ago are forgotten, so the dead leave nothing behind': async (t, store) => {
    const dead = newId()
    await store.acquireLeases({ names: [`process:api:${dead}`], owner: dead, ...TTL })
    const later = START + 1000 + 86_400_000
    const living = async (): Promise<boolean> => (await store.liveProcesses({ role: 'api', at: START })).includes(dead)
    await store.acquireLeases({ names: [newId()], owner: 'a', at: later - 1, ttlMs: 1000 })
    t.equal(await living(), true)
    await store.acquireLeases({ names: [newId()], owner: 'a', at: later, ttlMs: 1000 })
    t.equal(await living(), false)
  },
  'a single process finds no lease of its predecessor at its start': async (t, store) => {
    const names = [newId()]
    await store.acquireLeases({ names, owner: 'died', ...TTL })
    await store.releaseAll({ at: START })
    t.same(await store.acquireLeases({ names, owner: 'next', ...TTL }), names)
  }
}
