// What waits at the platform comes to the hub once, whole and in order, and is acknowledged only when the hub has it. The other
// side is the simulated platform on a real socket.
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import nock from 'nock'
import t from 'tap'
import { openSession } from '../../test/support/adapter-suite.js'
import { type Partner, readsWhereverCut, receivesAsPromised, setScene, STORED } from '../../test/support/edoc-suite.js'
import { eventually } from '../../test/support/time.js'
import { liveBytes } from '../../test/support/live-bytes.js'
import { createMemory } from '../../src/adapter/memory.js'
import type { AdapterKit } from '../../src/ports/adapter.js'
import { type Place, readEdoc } from './edoc-stream.js'
import { adapter } from './index.js'
import { type PlatformSimulator, startSimulator } from './simulator.js'

const ACCOUNT = { agencies: ['H36.11'], systemId: 'STP-H36', secretKey: 'demo-secret-stp-h36', username: 'hub', password: 'demo-password-hub' }
const DAY_MS = 86_400_000

const PLATFORM: Partner<PlatformSimulator> = {
  adapter,
  start: async options => await startSimulator({ port: 0, host: '127.0.0.1', options }),
  settings: url => ({ url, accounts: [ACCOUNT] }),
  from: 'H37.11',
  since: Date.now() - 60_000
}

nock.restore()

receivesAsPromised(t, PLATFORM)

const message = (words: string): string => `<edXML>${words} "\\ ✓ 𝄞</edXML>`

t.test('what waits is brought with its sender and its docId, however the platform writes it, and acknowledged when the hub has it', async t => {
  for (const edxmlAs of ['base64', 'plain', 'attachment']) {
    const scene = await setScene(t, PLATFORM, { edxmlAs })
    const ids = [scene.offer(message('Công văn một')), scene.offer(message('trạng thái'), { messageType: 'status' })]
    await scene.receive(({ docId }) => {
      t.equal(scene.status(docId), 'initial', 'not before it is stored')
      return STORED
    })
    await eventually(() => ids.every(id => scene.status(id) === 'done'))
    t.same(scene.brought, ['Công văn một', 'trạng thái'].map((words, n) => ({ docId: ids[n], agencies: ['H37.11'], contentType: 'application/xml', text: message(words), only: ['H36.11'] })), edxmlAs)
  }
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

t.test('an acknowledgement that got lost is said again, also after a restart; the message is not fetched again', async t => {
  const scene = await setScene(t, PLATFORM, { updateErrors: '1000' })
  const memory = createMemory()
  const id = scene.offer('<a/>')
  const stop = await scene.receive(undefined, {}, { memory })
  await eventually(() => scene.logged.filter(({ event }) => event === 'item.left').length >= 2)
  await stop()
  scene.simulator.faults.updateErrors = 0
  await scene.receive(undefined, {}, { memory })
  await eventually(() => scene.status(id) === 'done')
  t.equal(scene.fetched(id), 1)
  t.equal(scene.brought.length, 1)
})

t.test('each is brought once and oldest first, however often the platform lists it, also after a restart', async t => {
  const scene = await setScene(t, PLATFORM, { duplicateListing: 'true', outOfOrder: 'true', keepListed: 'true' })
  const memory = createMemory()
  const ids = Array.from({ length: 9 }, (_, n) => scene.offer(`<n${n}/>`))
  const stop = await scene.receive(undefined, {}, { memory })
  const lists = (): number => scene.simulator.tables.calls.get('syncReceivedEdocList') ?? 0
  await eventually(() => ids.every(id => scene.status(id) === 'done') && lists() > 8)
  await stop()
  const before = lists()
  await scene.receive(undefined, {}, { memory })
  await eventually(() => lists() > before + 4)
  t.same(scene.brought.map(({ text }) => text), ids.map((_, n) => `<n${n}/>`))
  t.same(ids.map(scene.fetched), ids.map(() => 1))
})

t.test('after a long pause the list reaches back to where it was, and no further than is allowed', async t => {
  const scene = await setScene(t, PLATFORM)
  const memory = createMemory()
  const stop = await scene.receive(undefined, { lookBackDays: 2 }, { memory, now: () => Date.now() - 20 * DAY_MS })
  await eventually(() => (scene.simulator.tables.calls.get('syncReceivedEdocList') ?? 0) >= 2)
  await stop()
  const [missed, tooOld] = [scene.offer('<missed/>', { sentAt: Date.now() - 15 * DAY_MS }), scene.offer('<old/>', { sentAt: Date.now() - 40 * DAY_MS })]
  await scene.receive(undefined, { lookBackDays: 2, mostLookBackDays: 30, windowDays: 4 }, { memory })
  await eventually(() => scene.status(missed) === 'done')
  t.equal(scene.status(tooOld), 'initial')
})

t.test('a message that breaks off on its way is never taken for whole', async t => {
  for (const edxmlAs of ['base64', 'plain', 'attachment']) {
    const scene = await setScene(t, PLATFORM, { cutMessages: '1', edxmlAs })
    const id = scene.offer(`<x>${'x'.repeat(1_000_000)}</x>`)
    await scene.receive()
    await eventually(() => scene.status(id) === 'done')
    t.same(scene.brought.map(({ text }) => text.length), [1_000_007], `${edxmlAs}: once, and whole`)
  }
})

t.test('every account is polled on its own; one that is refused does not stop the others', async t => {
  const scene = await setScene(t, PLATFORM)
  const id = scene.offer('<a/>')
  await scene.receive(undefined, { accounts: [{ ...ACCOUNT, systemId: 'LGSP-H37', secretKey: 'wrong' }, ACCOUNT] })
  await eventually(() => scene.status(id) === 'done')
  t.match(await eventually(() => scene.logged.find(({ event }) => event === 'queue.unread')), { account: 'LGSP-H37', errorCode: '15' })
})

t.test('the answer of getEdoc is read the same wherever it is cut and however it is escaped', async t => {
  const content = '<edXML>Công văn số 15/STP "về" việc 𝄞 kết nối\n</edXML>'
  const base64 = Buffer.from(content).toString('base64')
  const ascii = JSON.stringify(content).replace(/[^\x20-\x7e]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const good: Record<Place, string[]> = {
    edxml: [
      `{"success":true,"message":"a \\"edxml\\": \\\\","data":{"docId":"1","edxml":"${base64}","attachments":[{"fileName":"a.pdf","fileContent":"AAAA"}]}}`,
      `{"data" : {"n":[1,{"edxml":"no"},-2.5e3,null], "edxml":"${base64.replaceAll('/', '\\/').replace(/(.{10})/g, '$1\\r\\n')}"}, "success":true} `,
      `{"edxml":"no","data":{"edxml":${JSON.stringify(content)}},"success":true}`,
      `{"data":{"edxml":${ascii}},"success":true}`
    ],
    attachment: [`{"data":{"edxml":"","attachments":[{"fileName":"a.pdf","fileContent":"AAAA"},{"fileName":"VB.EDXML","fileContent":"${base64}"},{"fileName":"b.xml","fileContent":"AAAA"}]},"success":true}`]
  }
  const check = (fields: unknown): void => { if ((fields as Record<string, unknown>)['success'] !== true) throw new Error('failed') }
  const read = async (answer: string): Promise<string> => (await buffer(readEdoc(Readable.from([Buffer.from(answer)]), 'edxml', check))).toString()
  for (const place of ['edxml', 'attachment'] as const) await readsWhereverCut(t, good[place], content, chunks => readEdoc(chunks, place, check))
  for (const nothing of ['{"success":true}', '{"success":true,"data":{"edxml":null}}', '{"success":true,"data":{"edxml":"","attachments":[]}}']) t.equal(await read(nothing), '', nothing)
  const wrong = ['', '[]', '{}', '{"success":false,"data":{"edxml":"PGE+"}}', '{"success":true,"data":{"edxml":"PGE', '{"success":true,"data":{"edxml":"PGE+"}', '{"success":true,"data":{"edxml":"@@@"}}',
    '{"success":true}}', '{"success":true]', '{"success":true} x', `${'['.repeat(40)}`, '{"success":true,"data":{"edxml":"PGE+\\']
  for (const answer of wrong) await t.rejects(read(answer), answer.slice(0, 60))
})

t.test('what an answer gives as null it does not say', async t => {
  const said: unknown[] = []
  const answer = '{"success":true,"message":null,"data":{"errorCode":null,"edxml":"PGE+"}}'
  t.equal((await buffer(readEdoc(Readable.from([Buffer.from(answer)]), 'edxml', fields => { said.push(fields) }))).toString(), '<a>')
  t.same(said, [{ success: true }])
})

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
