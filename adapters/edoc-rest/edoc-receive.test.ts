// What waits at the platform comes to the hub once, whole and in order, and is acknowledged only when the hub has it. The other
// side is the simulated platform on a real socket.
import { buffer } from 'node:stream/consumers'
import nock from 'nock'
import t, { type Test } from 'tap'
import { openSession } from '../../test/support/adapter-suite.js'
import { eventually } from '../../test/support/time.js'
import { liveBytes } from '../../test/support/live-bytes.js'
import { createMemory } from '../../src/adapter/memory.js'
import type { Accept, AdapterKit, Arrived } from '../../src/ports/adapter.js'
import { readEdoc } from './edoc-stream.js'
import { adapter } from './index.js'
import { type PlatformSimulator, startSimulator } from './simulator.js'
import { putMessage } from './simulator-tables.js'

const ACCOUNT = { agencies: ['H36.11'], systemId: 'STP-H36', secretKey: 'demo-secret-stp-h36', username: 'hub', password: 'demo-password-hub' }
const DAY_MS = 86_400_000
const STORED: Arrived = { kind: 'stored', packageId: 'p', repeated: false }

interface Brought { docId: string, agencies: readonly string[], contentType: string, text: string, only: readonly string[] | undefined }

interface Scene {
  platform: PlatformSimulator
  brought: Brought[]
  logged: Array<Record<string, unknown>>
  /** Puts a message into the queue of H36.11; answers its docId. */
  offer (text: string, more?: { from?: string, messageType?: string, sentAt?: number }): string
  status (docId: string): string | undefined
  fetched (docId: string): number | undefined
  /** Begins to receive with the given settings; `decide` is the hub. Answers how to stop it. */
  receive (decide?: (brought: Brought) => Arrived | Promise<Arrived>, settings?: Record<string, unknown>, kit?: Partial<AdapterKit>): Promise<() => Promise<void>>
}

/** Everything is stopped at the end of the test. */
async function setScene (t: Test, faults: Record<string, string> = {}): Promise<Scene> {
  const platform = await startSimulator({ port: 0, host: '127.0.0.1', options: faults })
  t.teardown(platform.stop)
  const [brought, logged]: [Brought[], Array<Record<string, unknown>>] = [[], []]
  let clock = Date.now() - 60_000
  const note = (fields: object, event: string): void => { logged.push({ ...fields, event }) }
  return {
    platform,
    brought,
    logged,
    offer (text, { from = 'H37.11', messageType = 'edoc', sentAt = clock += 1000 } = {}) {
      const bytes = Buffer.from(text)
      const message = putMessage(platform.tables, { from, to: ['H36.11'], messageType, title: '', notation: '', sentAt, size: bytes.length, sha256: '', deliveryId: undefined, traceparent: undefined, bytes })
      return message?.items[0]?.receiverDocId ?? ''
    },
    status: docId => platform.tables.queue.get(docId)?.item.status,
    fetched: docId => platform.tables.queue.get(docId)?.item.fetched,
    async receive (decide = () => STORED, settings = {}, kit = {}) {
      const session = await openSession(t, adapter, { url: platform.url, accounts: [ACCOUNT], pollIntervalMs: 20, maxBackoffMs: 40, ...settings }, { log: { debug: note, info: note, warn: note, error: note }, ...kit })
      const over = new AbortController()
      const accept: Accept = async ({ idempotencyKey = '', agencies, contentType, body, only }) => {
        const arrival = { docId: idempotencyKey, agencies, contentType, text: (await buffer(body)).toString(), only }
        brought.push(arrival)
        return await decide(arrival)
      }
      const receiving = session.receive?.(accept, over.signal)
      const stop = async (): Promise<void> => { over.abort(); await receiving }
      t.teardown(stop)
      return stop
    }
  }
}

nock.restore()

const message = (words: string): string => `<edXML>${words} "\\ ✓ 𝄞</edXML>`

t.test('what waits is brought with its sender and its docId, however the platform writes it, and acknowledged when the hub has it', async t => {
  for (const edxmlAs of ['base64', 'plain', 'attachment']) {
    const scene = await setScene(t, { edxmlAs })
    const ids = [scene.offer(message('Công văn một')), scene.offer(message('trạng thái'), { messageType: 'status' })]
    await scene.receive(({ docId }) => {
      t.equal(scene.status(docId), 'initial', 'not before it is stored')
      return STORED
    })
    await eventually(() => ids.every(id => scene.status(id) === 'done'))
    t.same(scene.brought, ['Công văn một', 'trạng thái'].map((words, n) => ({ docId: ids[n], agencies: ['H37.11'], contentType: 'application/xml', text: message(words), only: ['H36.11'] })), edxmlAs)
  }
})

t.test('where one item stands for everyone whom the document names, none is chosen', async t => {
  const scene = await setScene(t)
  const id = scene.offer(message('Công văn'))
  await scene.receive(() => STORED, { itemFor: 'document' })
  await eventually(() => scene.status(id) === 'done')
  t.equal(scene.brought[0]?.only, undefined)
})

t.test('the list is asked for by days, as the platform writes them', async t => {
  nock.activate()
  t.teardown(() => { nock.cleanAll(); nock.restore() })
  const asked: string[] = []
  nock('http://lgsp.example.vn').persist().post(/login/).reply(200, { code: 200, data: { token: 't' } })
    .get(/syncReceivedEdocList/).reply(200, uri => { asked.push(uri); return { success: true, count: 0, data: [] } })
  const look = async (settings: Record<string, unknown>, count: number, kit: Partial<AdapterKit>): Promise<void> => {
    const session = await openSession(t, adapter, { url: 'http://lgsp.example.vn', accounts: [ACCOUNT], pollIntervalMs: 60_000, ...settings }, kit)
    const over = new AbortController()
    const receiving = session.receive?.(async () => STORED, over.signal)
    await eventually(() => asked.length === count)
    over.abort()
    await receiving
  }
  await look({ lookBackDays: 9, windowDays: 5 }, 4, { now: () => Date.UTC(2026, 2, 16, 20) })
  t.same(asked.slice(0, 2), ['/v1/syncReceivedEdocList?messageType=edoc&fromDate=2026/03/08&toDate=2026/03/12', '/v1/syncReceivedEdocList?messageType=edoc&fromDate=2026/03/13&toDate=2026/03/17'])
  t.match(asked[2], 'messageType=status&fromDate=2026/03/08')

  // Late one evening it was read last, now it is early in the morning: today must not be left out.
  asked.length = 0
  const memory = createMemory()
  await memory.write('queue/edoc/STP-H36', { readAt: Date.UTC(2026, 2, 1, 16), done: [], owed: [] })
  await look({ lookBackDays: 1, windowDays: 1, messageTypes: ['edoc'] }, 4, { memory, now: () => Date.UTC(2026, 2, 3, 18) })
  t.same(asked.map(uri => /fromDate=(\S+)&toDate=(\S+)/.exec(uri)?.slice(1)), ['2026/03/01', '2026/03/02', '2026/03/03', '2026/03/04'].map(day => [day, day]))
})

t.test('what the hub will never take is refused at the platform, with the reason in Vietnamese', async t => {
  const scene = await setScene(t)
  const [bad, good] = [scene.offer('<hỏng/>'), scene.offer('<tốt/>')]
  await scene.receive(({ docId }) => docId === bad ? { kind: 'refused', problem: { code: 'PACKAGE_INVALID', detail: { vi: 'Gói tin thiếu\nsố ký hiệu.', en: 'No number.' } } } : { ...STORED, repeated: true })
  await eventually(() => scene.status(good) === 'done')
  t.equal(scene.status(bad), 'fail')
  t.equal(scene.platform.tables.queue.get(bad)?.item.description, 'PACKAGE_INVALID: Gói tin thiếu số ký hiệu.')
})

t.test('what the hub cannot decide now stays there and comes again', async t => {
  const scene = await setScene(t)
  const id = scene.offer('<a/>')
  let asked = 0
  await scene.receive(() => {
    if (++asked <= 2) throw new Error('the store is away')
    return STORED
  })
  await eventually(() => scene.status(id) === 'done')
  t.equal(asked, 3)
})

t.test('a hub that is away is not brought the whole queue', async t => {
  const scene = await setScene(t)
  const all = Array.from({ length: 20 }, (_, n) => scene.offer('<a/>', { from: `H37.${n}` }))
  let isAway = true
  await scene.receive(() => {
    if (isAway) throw new Error('the store is away')
    return STORED
  }, { parallel: 1, pollIntervalMs: 300, maxBackoffMs: 300 })
  await eventually(() => scene.logged.some(({ event }) => event === 'poll.failing'))
  isAway = false
  t.equal(scene.brought.length, 3)
  await eventually(() => all.every(id => scene.status(id) === 'done'))
})

t.test('a message that cannot be fetched holds up its own sender for a while, and nobody else', async t => {
  const scene = await setScene(t)
  const poison = scene.offer('<lost/>')
  const [behind, other] = [scene.offer('<behind/>'), scene.offer('<other/>', { from: 'H37.03' })]
  const found = scene.platform.tables.queue.get(poison)
  if (found !== undefined) found.message.bytes = undefined
  await scene.receive()
  await eventually(() => scene.status(other) === 'done' && scene.status(behind) === 'done')
  t.equal(scene.status(poison), 'initial')
  t.same(scene.brought.map(({ docId }) => docId), [other, behind])
  t.ok(scene.logged.filter(({ event, docId, errorCode }) => event === 'item.left' && docId === poison && errorCode === '10').length >= 3)
})

t.test('an acknowledgement that got lost is said again, also after a restart; the message is not fetched again', async t => {
  const scene = await setScene(t, { updateErrors: '1000' })
  const memory = createMemory()
  const id = scene.offer('<a/>')
  const stop = await scene.receive(undefined, {}, { memory })
  await eventually(() => scene.logged.filter(({ event }) => event === 'item.left').length >= 2)
  await stop()
  scene.platform.faults.updateErrors = 0
  await scene.receive(undefined, {}, { memory })
  await eventually(() => scene.status(id) === 'done')
  t.equal(scene.fetched(id), 1)
  t.equal(scene.brought.length, 1)
})

t.test('each is brought once and oldest first, however often the platform lists it, also after a restart', async t => {
  const scene = await setScene(t, { duplicateListing: 'true', outOfOrder: 'true', keepListed: 'true' })
  const memory = createMemory()
  const ids = Array.from({ length: 9 }, (_, n) => scene.offer(`<n${n}/>`))
  const stop = await scene.receive(undefined, {}, { memory })
  const lists = (): number => scene.platform.tables.calls.get('syncReceivedEdocList') ?? 0
  await eventually(() => ids.every(id => scene.status(id) === 'done') && lists() > 8)
  await stop()
  const before = lists()
  await scene.receive(undefined, {}, { memory })
  await eventually(() => lists() > before + 4)
  t.same(scene.brought.map(({ text }) => text), ids.map((_, n) => `<n${n}/>`))
  t.same(ids.map(scene.fetched), ids.map(() => 1))
})

t.test('after a long pause the list reaches back to where it was, and no further than is allowed', async t => {
  const scene = await setScene(t)
  const memory = createMemory()
  const stop = await scene.receive(undefined, { lookBackDays: 2 }, { memory, now: () => Date.now() - 20 * DAY_MS })
  await eventually(() => (scene.platform.tables.calls.get('syncReceivedEdocList') ?? 0) >= 2)
  await stop()
  const [missed, tooOld] = [scene.offer('<missed/>', { sentAt: Date.now() - 15 * DAY_MS }), scene.offer('<old/>', { sentAt: Date.now() - 40 * DAY_MS })]
  await scene.receive(undefined, { lookBackDays: 2, mostLookBackDays: 30, windowDays: 4 }, { memory })
  await eventually(() => scene.status(missed) === 'done')
  t.equal(scene.status(tooOld), 'initial')
})

t.test('a message that breaks off on its way is never taken for whole', async t => {
  for (const edxmlAs of ['base64', 'plain', 'attachment']) {
    const scene = await setScene(t, { cutMessages: '1', edxmlAs })
    const id = scene.offer(`<x>${'x'.repeat(1_000_000)}</x>`)
    await scene.receive()
    await eventually(() => scene.status(id) === 'done')
    t.same(scene.brought.map(({ text }) => text.length), [1_000_007], `${edxmlAs}: once, and whole`)
  }
})

t.test('every account is polled on its own; one that is refused does not stop the others', async t => {
  const scene = await setScene(t)
  const id = scene.offer('<a/>')
  await scene.receive(undefined, { accounts: [{ ...ACCOUNT, systemId: 'LGSP-H37', secretKey: 'wrong' }, ACCOUNT] })
  await eventually(() => scene.status(id) === 'done')
  t.match(await eventually(() => scene.logged.find(({ event }) => event === 'queue.unread')), { account: 'LGSP-H37', errorCode: '15' })
})

t.test('a platform that is away is asked again when it is back', async t => {
  const scene = await setScene(t)
  await scene.platform.stop()
  await scene.receive()
  await eventually(() => scene.logged.filter(({ event }) => event === 'queue.unread').length >= 4)
  await scene.platform.start()
  const id = scene.offer('<a/>')
  await eventually(() => scene.status(id) === 'done')
})

t.test('rows that are none, and identifiers that are unsafe, are passed over', async t => {
  const scene = await setScene(t)
  for (const docId of ['../../etc/passwd', 'a\r\nX: y', '', 'x'.repeat(101)]) {
    const found = scene.platform.tables.queue.get(scene.offer('<evil/>'))
    if (found !== undefined) found.item.receiverDocId = docId
  }
  const good = scene.offer('<good/>')
  await scene.receive()
  await eventually(() => scene.status(good) === 'done')
  t.same(scene.brought.map(({ text }) => text), ['<good/>'])
})

t.test('the answer of getEdoc is read the same wherever it is cut and however it is escaped', async t => {
  const content = '<edXML>Công văn số 15/STP "về" việc 𝄞 kết nối\n</edXML>'
  const base64 = Buffer.from(content).toString('base64')
  const ascii = JSON.stringify(content).replace(/[^\x20-\x7e]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const good: Array<[string, 'edxml' | 'attachment']> = [
    [`{"success":true,"message":"a \\"edxml\\": \\\\","data":{"docId":"1","edxml":"${base64}","attachments":[{"fileName":"a.pdf","fileContent":"AAAA"}]}}`, 'edxml'],
    [`{"data" : {"n":[1,{"edxml":"no"},-2.5e3,null], "edxml":"${base64.replaceAll('/', '\\/').replace(/(.{10})/g, '$1\\r\\n')}"}, "success":true} `, 'edxml'],
    [`{"edxml":"no","data":{"edxml":${JSON.stringify(content)}},"success":true}`, 'edxml'],
    [`{"data":{"edxml":${ascii}},"success":true}`, 'edxml'],
    [`{"data":{"edxml":"","attachments":[{"fileName":"a.pdf","fileContent":"AAAA"},{"fileName":"VB.EDXML","fileContent":"${base64}"},{"fileName":"b.xml","fileContent":"AAAA"}]},"success":true}`, 'attachment']
  ]
  const check = (fields: unknown): void => { if ((fields as Record<string, unknown>)['success'] !== true) throw new Error('failed') }
  const read = async (chunks: Buffer[], place: 'edxml' | 'attachment'): Promise<string> => (await buffer(readEdoc(toAsync(chunks), place, check))).toString()
  for (const [answer, place] of good) {
    const bytes = Buffer.from(answer)
    for (let at = 1; at < bytes.length; at++) {
      const found = await read([bytes.subarray(0, at), bytes.subarray(at)], place)
      if (found !== content) t.fail(`${answer} cut at ${at}: ${found}`)
    }
    t.equal(await read([...bytes].map(byte => Buffer.from([byte])), place), content, 'byte by byte')
  }
  for (const nothing of ['{"success":true}', '{"success":true,"data":{"edxml":null}}', '{"success":true,"data":{"edxml":"","attachments":[]}}']) t.equal(await read([Buffer.from(nothing)], 'edxml'), '', nothing)
  const wrong = ['', '[]', '{}', '{"success":false,"data":{"edxml":"PGE+"}}', '{"success":true,"data":{"edxml":"PGE', '{"success":true,"data":{"edxml":"PGE+"}', '{"success":true,"data":{"edxml":"@@@"}}',
    '{"success":true}}', '{"success":true]', '{"success":true} x', `${'['.repeat(40)}`, '{"success":true,"data":{"edxml":"PGE+\\']
  for (const answer of wrong) await t.rejects(read([Buffer.from(answer)], 'edxml'), answer.slice(0, 60))
})

async function * toAsync (chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield * chunks
}

t.test('memory does not grow with the size of a message', async t => {
  const part = Buffer.alloc(3 * 2 ** 16, 'Công văn ').toString('base64')
  const parts = 800
  async function * answer (): AsyncGenerator<Buffer> {
    yield Buffer.from('{"success":true,"data":{"edxml":"')
    for (let n = 0; n < parts; n++) yield Buffer.from(part)
    yield Buffer.from('","attachments":[{"fileName":"a.pdf","fileContent":"')
    for (let n = 0; n < parts; n++) yield Buffer.from(part)
    yield Buffer.from('"}]}}')
  }
  const before = liveBytes()
  let [size, most, seen] = [0, 0, 0]
  for await (const bytes of readEdoc(answer(), 'edxml', () => {})) {
    size += bytes.length
    if (seen++ % 50 === 0) most = Math.max(most, liveBytes() - before)
  }
  t.equal(size, parts * 3 * 2 ** 16)
  t.ok(most < 40 * 2 ** 20, `${Math.round(most / 2 ** 20)} MiB more for ${Math.round(size / 2 ** 20)} MiB`)
})
