// How each fault of the schedule is done to the surroundings, and undone.
import { STEADY } from './agencies.js'
import type { HubProcess } from './hubs.js'
import type { RunMischief } from './recipients.js'
import type { Fault, FaultKind } from './schedule.js'
import type { Service } from './service.js'
import type { Surroundings } from './surroundings.js'

/** Resolves when nothing is left of the fault; a service then answers, a hub process has been started. */
export type Heal = () => Promise<void>

type Strike = (surroundings: Surroundings, target: string) => Promise<Heal>

const STOPPING_MS = 30_000

const STRIKES: Record<FaultKind, Strike> = {
  'hub.killed': onHub(async ({ process }) => {
    process.signal('SIGKILL')
    await process.ended(STOPPING_MS)
    return process.start
  }),
  'hub.paused': onHub(async ({ process }) => {
    process.signal('SIGSTOP')
    return async () => { process.signal('SIGCONT') }
  }),
  'hub.restarted': onHub(async ({ process }) => {
    process.signal('SIGTERM')
    await process.ended(STOPPING_MS)
    return process.start
  }),
  'postgres.killed': onService('postgres', async service => { await service.kill(); return service.start }),
  'postgres.paused': onService('postgres', async service => { await service.pause(); return service.resume }),
  'postgres.restarted': onService('postgres', async service => { await service.stop(); return service.start }),
  'rabbitmq.killed': onService('rabbitmq', async service => { await service.kill(); return service.start }),
  'rabbitmq.paused': onService('rabbitmq', async service => { await service.pause(); return service.resume }),
  'rabbitmq.restarted': onService('rabbitmq', async service => { await service.stop(); return service.start }),
  'store-link.cut': onLink('store', 'cut'),
  'store-link.refused': onLink('store', 'refuse'),
  'store-link.silent': onLink('store', 'blackhole'),
  'broker-link.cut': onLink('broker', 'cut'),
  'broker-link.refused': onLink('broker', 'refuse'),
  'broker-link.silent': onLink('broker', 'blackhole'),
  'endpoint.down': async ({ counterparts }, target) => {
    await counterparts.get(target)?.stop()
    return async () => { await counterparts.get(target)?.start() }
  },
  'endpoint.unavailable': onEndpoint({ kind: 'status', status: 503 }),
  'endpoint.throttling': onEndpoint({ kind: 'status', status: 429, headers: { 'retry-after': '2' } }),
  'endpoint.dropping': onEndpoint({ kind: 'drop' }),
  'endpoint.slow': onEndpoint({ kind: 'slow', delayMs: 5000 }),
  'endpoint.hanging': onEndpoint({ kind: 'hang' }),
  'endpoint.garbling': onEndpoint({ kind: 'malformed' }),
  'endpoint.resetting': onEndpoint({ kind: 'reset' }),
  'endpoint.refusing': onEndpoint({ kind: 'status', status: 422, body: 'no such register' }),
  'inbox.unread': async ({ fetchers }, target) => {
    fetchers.get(target)?.pause()
    return async () => { fetchers.get(target)?.resume() }
  }
}

/** Does it. */
export async function strike (surroundings: Surroundings, { kind, target }: Fault): Promise<Heal> {
  return await STRIKES[kind](surroundings, target)
}

export interface Flow {
  readonly urls: string[]
  readonly agency: string
  /** Whether the fault hit this agency only. */
  readonly hits: 'all' | 'one'
}

/** Where a probe goes in and who has to get it, so that it takes the way that the fault had blocked. */
export function flowOf ({ kind, target }: Fault, hubs: readonly HubProcess[]): Flow {
  const all = hubs.map(({ url }) => url)
  if (kind.startsWith('endpoint.') || kind.startsWith('inbox.')) return { urls: all, agency: target, hits: 'one' }
  const hub = kind.startsWith('hub.') || kind.includes('-link.') ? hubs[Number(target)] : undefined
  return { urls: hub === undefined ? all : [hub.url], agency: STEADY, hits: 'all' }
}

function onHub (work: (hub: HubProcess) => Promise<Heal>): Strike {
  return async ({ hubs }, target) => {
    const hub = hubs[Number(target)]
    if (hub === undefined) throw new RangeError(`there is no hub ${target}`)
    return await work(hub)
  }
}

function onService (name: 'postgres' | 'rabbitmq', work: (service: Service) => Promise<Heal>): Strike {
  return async ({ services }) => {
    if (services === undefined) throw new RangeError(`there is no ${name}`)
    return await work(services[name])
  }
}

function onLink (name: 'store' | 'broker', what: 'cut' | 'refuse' | 'blackhole'): Strike {
  return onHub(async ({ links }) => {
    const link = links?.[name]
    link?.[what]()
    return async () => { link?.restore() }
  })
}

function onEndpoint (mischief: RunMischief): Strike {
  return async ({ counterparts }, target) => {
    const counterpart = counterparts.get(target)
    counterpart?.misbehave(mischief)
    return async () => {
      counterpart?.misbehave(undefined)
      // What still hangs at it is let go, as by a restart.
      await counterpart?.stop()
      await counterpart?.start()
    }
  }
}
