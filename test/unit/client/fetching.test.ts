// The client's fetching and waiting: only whole, checked and taken content is acknowledged, and no item holds up another.
import { createHash } from 'node:crypto'
import { PassThrough, pipeline, type Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { createClient, Rejection, type PackageView } from '../../../src/client/index.js'
import { waitFor } from '../../../src/client/wait.js'
import { problemOf, startDouble, type Double } from './double.js'

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex')
const digest = (content: string): string => `sha-256=:${createHash('sha256').update(content).digest('base64')}:`

interface Stored { id: string, content: string, served?: string, header?: string, ackStatus?: number }

/** A hub whose inbox holds these; what is acknowledged or rejected is gone, everything else is locked once shown. */
async function inboxOf (t: Test, stored: Stored[], lockSeconds = 60): Promise<Double & { said: string[] }> {
  const said: string[] = []
  const shownAt = new Map<string, number>()
  const gone = new Set<string>()
  const double = await startDouble(t, [(asked, response) => {
    const url = new URL(asked.path, 'http://hub')
    const [, , , id, what] = url.pathname.split('/')
    const found = stored.find(each => each.id === id)
    const json = { 'content-type': 'application/json' }
    if (id === undefined) {
      const free = stored.filter(each => !gone.has(each.id) && performance.now() - (shownAt.get(each.id) ?? -Infinity) > lockSeconds * 1000).slice(0, Number(url.searchParams.get('limit')))
      for (const each of free) shownAt.set(each.id, performance.now())
      response.writeHead(200, json).end(JSON.stringify({ items: free.map(each => ({ deliveryId: each.id, sha256: sha256(each.content), package: {} })) }))
    } else if (what === 'content') {
      const served = found?.served ?? found?.content ?? ''
      response.writeHead(200, { 'content-digest': found?.header ?? digest(served), 'content-length': String(served.length) }).end(served)
    } else if (found?.ackStatus !== undefined) {
      response.writeHead(found.ackStatus, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ code: 'DELIVERY_NOT_AVAILABLE', title: 'a', detail: 'b', errors: [] }))
    } else {
      gone.add(id)
      said.push(`${what ?? ''} ${id}${asked.body.length === 0 ? '' : ` ${asked.body.toString()}`}`)
      response.writeHead(204).end()
    }
  }])
  return { ...double, said }
}

const clientOf = ({ url }: Double): ReturnType<typeof createClient> => createClient({ url, key: 'key', retries: { attempts: 2, firstMs: 1 } })

t.test('what is taken is acknowledged, what is not wanted is rejected with its reason, what failed stays', async t => {
  const hub = await inboxOf(t, ['a', 'b', 'c', 'd', 'e'].map(id => ({ id, content: `<${id}/>` })))
  const seen: string[] = []
  const draining = clientOf(hub).inbox.drain(async ({ deliveryId }, content) => {
    if (deliveryId === 'b') throw new Rejection('Gửi nhầm.')
    if (deliveryId === 'c') throw new Error('the database is away')
    if (deliveryId === 'd') return
    seen.push(await text(content))
  }, { limit: 2 })
  const error = await draining.catch((error: unknown) => error) as { result: object }
  t.match(error, { name: 'DrainError', cause: { message: 'the database is away' } })
  t.match(error.result, { acknowledged: ['a', 'd', 'e'], rejected: ['b'], failed: [{ item: { deliveryId: 'c' }, error: { message: 'the database is away' } }] })
  t.strictSame(seen, ['<a/>', '<e/>'])
  t.strictSame(hub.said, ['ack a', 'reject b {"reason":"Gửi nhầm."}', 'ack d', 'ack e'])
})

t.test('bytes that are not the right ones are never acknowledged, also when the caller does not look', async t => {
  const hub = await inboxOf(t, [
    { id: 'other', content: '<a/>', served: '<b/>' },
    { id: 'digest', content: '<c/>', header: digest('<d/>') },
    { id: 'whole', content: '<e/>' }
  ])
  const failed: string[] = []
  const result = await clientOf(hub).inbox.drain(async (_item, content) => { await text(content).catch(() => {}) }, {
    onFailure: (error, { deliveryId }) => { failed.push(`${deliveryId} ${(error as Error).name}`) }
  })
  t.strictSame(failed, ['other ContentError', 'digest ContentError'])
  t.strictSame(result.acknowledged, ['whole'])
  t.strictSame(hub.said, ['ack whole'])
  await t.rejects(text(clientOf(hub).inbox.content({ deliveryId: 'other', sha256: sha256('<a/>') })), { name: 'ContentError', expected: sha256('<a/>'), found: sha256('<b/>') })
  t.equal(await text(clientOf(hub).inbox.content({ deliveryId: 'other' })), '<b/>', 'without a hash of the item, the digest of the answer counts')
})

t.test('content that was read in part is not acknowledged', async t => {
  const hub = await inboxOf(t, [{ id: 'a', content: 'x'.repeat(500_000) }])
  await t.rejects(clientOf(hub).inbox.drain(async (_item, content) => { for await (const _chunk of content) break }), { name: 'DrainError', cause: /not read to its end/ })
  t.strictSame(hub.said, [])
})

t.test('content that somebody has begun to read, and did not wait for, is not acknowledged', async t => {
  for (const begin of [
    (content: Readable) => { content.pipe(new PassThrough()) },
    (content: Readable) => { pipeline(content, new PassThrough(), () => {}) },
    (content: Readable) => { content.on('data', () => {}) }
  ]) {
    const hub = await inboxOf(t, [{ id: 'a', content: 'x'.repeat(500_000) }])
    await t.rejects(clientOf(hub).inbox.drain(async (_item, content) => { begin(content as Readable) }), { name: 'DrainError', cause: /not read to its end/ }, begin.toString())
    t.strictSame(hub.said, [])
  }
})

t.test('an item that fails for ever does not keep the drain from its end', async t => {
  const hub = await inboxOf(t, ['a', 'b', 'c'].map(id => ({ id, content: id })), 0)
  const tries = new Map<string, number>()
  const result = await clientOf(hub).inbox.drain(({ deliveryId }) => {
    tries.set(deliveryId, (tries.get(deliveryId) ?? 0) + 1)
    if (deliveryId === 'a') throw new Error('poison')
  }, { limit: 2, onFailure: () => {} })
  t.strictSame(result.acknowledged, ['b', 'c'])
  t.equal(tries.get('a'), 1)
})

t.test('a word that comes too late is a failure of that item', async t => {
  const hub = await inboxOf(t, [{ id: 'a', content: 'a', ackStatus: 409 }, { id: 'b', content: 'b' }])
  await t.rejects(clientOf(hub).inbox.drain(() => {}), { name: 'DrainError', cause: { code: 'DELIVERY_NOT_AVAILABLE' }, result: { acknowledged: ['b'] } })
})

t.test('a signal ends a drain before the next item, and so does a number', async t => {
  const hub = await inboxOf(t, ['a', 'b', 'c', 'd'].map(id => ({ id, content: id })), 0)
  const stop = new AbortController()
  t.strictSame((await clientOf(hub).inbox.drain(() => { stop.abort() }, { signal: stop.signal })).acknowledged, ['a'])
  t.strictSame((await clientOf(hub).inbox.drain(() => {}, { most: 2 })).acknowledged, ['b', 'c'])
  t.strictSame((await clientOf(hub).inbox.drain(() => {}, { signal: AbortSignal.abort() })).acknowledged, [])
  t.ok(hub.asked.some(({ path }) => path === '/v1/inbox?limit=2&lockSeconds=60' || path === '/v1/inbox?lockSeconds=60&limit=2'))
})

t.test('a reader that is slower than its lock asks again before it goes on', async t => {
  const hub = await inboxOf(t, ['a', 'b'].map(id => ({ id, content: id })), 0.3)
  const result = await clientOf(hub).inbox.drain(async () => { await new Promise(resolve => setTimeout(resolve, 400)) }, { lockSeconds: 0.3 })
  t.strictSame(result.acknowledged, ['a', 'b'])
  t.equal(hub.asked.filter(({ path }) => path.startsWith('/v1/inbox?')).length, 3)
})

t.test('a refusal of the inbox itself is told', async t => {
  const hub = await startDouble(t, [problemOf(403, 'FORBIDDEN')])
  await t.rejects(clientOf(hub).inbox.drain(() => {}), { name: 'ApiError', code: 'FORBIDDEN' })
})

t.test('waiting ends with the state, with another end, or with time', async t => {
  const packageOf = (...states: string[]): PackageView => ({ id: 'p', deliveries: states.map(state => ({ state })) }) as PackageView
  const sequence = (...packages: PackageView[]): () => Promise<PackageView> => { let n = 0; return async () => packages[Math.min(n++, packages.length - 1)] as PackageView }
  const soon = { firstMs: 1, timeoutMs: 5000 }
  t.match(await waitFor(sequence(packageOf('queued'), packageOf('active', 'delivered'), packageOf('delivered', 'delivered')), 'delivered', soon), packageOf('delivered', 'delivered'))
  t.match(await waitFor(sequence(packageOf('queued', 'refused'), packageOf('dead', 'refused')), 'ended', soon), packageOf('dead', 'refused'))
  t.match(await waitFor(sequence(packageOf('queued'), packageOf('available')), ({ deliveries }) => deliveries.some(({ state }) => state === 'available'), soon), packageOf('available'))
  await t.rejects(waitFor(sequence(packageOf('queued'), packageOf('expired', 'delivered')), 'delivered', soon), { name: 'WaitError', why: 'ended', package: packageOf('expired', 'delivered') })
  await t.rejects(waitFor(sequence(packageOf('held')), 'delivered', { firstMs: 1, timeoutMs: 20 }), { name: 'WaitError', why: 'timeout', package: packageOf('held') })
  const stop = new AbortController()
  setTimeout(() => { stop.abort(new Error('enough')) }, 20)
  await t.rejects(waitFor(sequence(packageOf('held')), 'delivered', { firstMs: 10_000, timeoutMs: 20_000, signal: stop.signal }), { message: 'enough' })
})
