// What waits at the axis comes to the hub once, whole and in order, and is acknowledged only when the hub has it. The other
// side is the simulated axis on a real socket.
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { openSession } from '../../test/support/adapter-suite.js'
import { type Partner, readsWhereverCut, receivesAsPromised, setScene, STORED } from '../../test/support/edoc-suite.js'
import { eventually } from '../../test/support/time.js'
import { liveBytes } from '../../test/support/live-bytes.js'
import { readTime } from '../../src/adapter/edoc/index.js'
import { createMemory } from '../../src/adapter/memory.js'
import { readEdoc } from './edoc-stream.js'
import { adapter } from './index.js'
import { startSimulator, type VxpSimulator } from './simulator.js'

const ACCOUNT = { systemId: 'HUB-H36', secret: 'demo-secret-hub-h36' }

const AXIS: Partner<VxpSimulator> = {
  adapter,
  start: async options => await startSimulator({ port: 0, host: '127.0.0.1', options: { trace: 'off', ...options } }),
  settings: url => ({ url, default: ACCOUNT }),
  from: 'G15',
  since: Date.UTC(2026, 2, 16)
}

receivesAsPromised(t, AXIS)

t.test('what waits is brought with its sender and its docId, and acknowledged when the hub has it', async t => {
  const scene = await setScene(t, AXIS)
  const ids = [scene.offer('Công văn một'), scene.offer('trạng thái', { messageType: 'status' })]
  await scene.receive(({ docId }) => {
    t.equal(scene.status(docId), 'initial', 'not before it is stored')
    return STORED
  })
  await eventually(() => ids.every(id => scene.status(id) === 'done'))
  t.same(scene.brought, [
    { docId: ids[0], agencies: ['G15'], contentType: 'application/xml', text: 'Công văn một', only: ['H36.11'] },
    { docId: ids[1], agencies: ['G15'], contentType: 'application/xml', text: 'trạng thái', only: ['H36.11'] }
  ])
})

t.test('an acknowledgement that got lost is said again; the message is not fetched again', async t => {
  const scene = await setScene(t, AXIS, { updateErrors: '2' })
  const id = scene.offer('a')
  await scene.receive()
  await eventually(() => scene.status(id) === 'done')
  t.equal(scene.fetched(id), 1)
  t.equal(scene.brought.length, 1)
})

t.test('a message that breaks off on its way is never taken for whole', async t => {
  for (const fetch of ['getEdoc', 'downloadEdoc']) {
    const scene = await setScene(t, AXIS, { cutMessages: '1' })
    const id = scene.offer('x'.repeat(1_000_000))
    await scene.receive(undefined, { fetch })
    await eventually(() => scene.status(id) === 'done')
    t.same(scene.brought.map(({ text }) => text.length), [1_000_000], `${fetch}: once, and whole`)
  }
})

t.test('each is brought once and in order, whatever the list looks like', async t => {
  const scene = await setScene(t, AXIS, { duplicateListing: 'true', outOfOrder: 'true' })
  const ids = Array.from({ length: 9 }, (_, n) => scene.offer(String(n)))
  await scene.receive(undefined, { pageSize: 4 })
  await eventually(() => ids.every(id => scene.status(id) === 'done'))
  t.same(scene.brought.map(({ text }) => text).sort(), ['0', '1', '2', '3', '4', '5', '6', '7', '8'])
  const ordered = await setScene(t, AXIS, { outOfOrder: 'true' })
  const all = Array.from({ length: 9 }, (_, n) => ordered.offer(String(n)))
  await ordered.receive()
  await eventually(() => all.every(id => ordered.status(id) === 'done'))
  t.same(ordered.brought.map(({ text }) => text), ['0', '1', '2', '3', '4', '5', '6', '7', '8'], 'oldest first')
})

t.test('a queue of several pages is emptied without waiting for the next look', async t => {
  const scene = await setScene(t, AXIS)
  const ids = Array.from({ length: 25 }, (_, n) => scene.offer(String(n), { from: `H26.${n % 3}` }))
  await scene.receive(undefined, { pageSize: 5, maxPages: 2, pollIntervalMs: 60_000 })
  await eventually(() => ids.every(id => scene.status(id) === 'done'))
  t.equal(scene.brought.length, 25)
})

t.test('every account is polled on its own; one that is refused does not stop the others', async t => {
  const scene = await setScene(t, AXIS)
  const [ours, theirs] = [scene.offer('a'), scene.offer('b', { to: 'G15' })]
  await scene.receive(undefined, { credentials: [{ agencies: ['H26'], systemId: 'HA-NOI', secret: 'wrong' }, { agencies: ['G15'], systemId: 'BO-TU-PHAP', secret: 'demo-secret-bo-tu-phap' }] })
  await eventually(() => scene.status(ours) === 'done' && scene.status(theirs) === 'done')
  const unread = await eventually(() => scene.logged.find(({ event }) => event === 'queue.unread'))
  t.match(unread, { account: 'HA-NOI', errorCode: '15' })
})

t.test('memory does not grow with the size of a message, of 300 MB', async t => {
  const chunk = Buffer.alloc(3 * 2 ** 16, 'Công văn ').toString('base64')
  const chunks = 1600
  const server = createServer((request, response) => {
    const operation = request.url?.split('/').at(-1)
    if (operation === 'getReceivedEdocList') response.end(JSON.stringify({ status: 'OK', ErrorCode: '0', data: isDone || request.headers['xroadvnpt-messagetype'] === 'status' ? [] : [{ docId: 'large', from: 'G15' }] }))
    if (operation === 'updateStatus') { isDone = true; response.end('{"status":"OK","ErrorCode":"0"}') }
    if (operation !== 'getEdoc') return
    void (async () => {
      response.write('{"status":"OK","ErrorCode":"0","data":"')
      for (let n = 0; n < chunks; n++) if (!response.write(chunk)) await once(response, 'drain')
      response.end('"}')
    })()
  }).listen(0, '127.0.0.1')
  let isDone = false
  await once(server, 'listening')
  t.teardown(async () => { await new Promise(resolve => { server.close(resolve).closeAllConnections() }) })
  const session = await openSession(t, adapter, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, default: ACCOUNT, pollIntervalMs: 20 })
  const over = new AbortController()
  let [size, most, seen] = [0, 0, 0]
  const before = liveBytes()
  const receiving = session.receive?.(async ({ body }) => {
    for await (const part of body as AsyncIterable<Buffer>) {
      size += part.length
      if (seen++ % 200 === 0) most = Math.max(most, liveBytes() - before)
    }
    return STORED
  }, over.signal)
  await eventually(() => isDone, 60_000)
  over.abort()
  await receiving
  t.equal(size, chunks * 3 * 2 ** 16)
  t.ok(seen > 500, 'it came in parts')
  t.ok(most < 40 * 2 ** 20, `${Math.round(most / 2 ** 20)} MiB more for ${Math.round(size / 2 ** 20)} MiB`)
})

t.test('the answer of getEdoc is read the same wherever it is cut and however it is escaped', async t => {
  const content = Buffer.from('Công văn số 15/STP về việc kết nối <x> & ??>>~~ÿ')
  const base64 = content.toString('base64')
  const answers = [
    `{"status":"OK","ErrorCode":"0","ErrorDesc":"data \\"data\\": \\\\","data":"${base64}"}`,
    `{"data" : "${base64.replaceAll('/', '\\/').replace(/(.{10})/g, '$1\\r\\n')}", "ErrorCode":"0","x":{"data":"no"}}`,
    `{"x":["data",{"data":"bm8="}],"data":"${base64.replaceAll('=', '\\u003d').replaceAll('+', '\\u002B')}","ErrorCode":0}`,
    ` {"ErrorCode":"0","data":"${base64.replace(/=+$/, '')}"} `
  ]
  const check = (fields: unknown): void => { if (String((fields as Record<string, unknown>)['ErrorCode']) !== '0') throw new Error('failed') }
  await readsWhereverCut(t, answers, content.toString(), chunks => readEdoc(chunks, check))
  const wrong = ['', '{}', '[]', '{"ErrorCode":"0"}', '{"ErrorCode":"0","data":""}', '{"ErrorCode":"0","data":null}', `{"ErrorCode":"20","data":"${base64}"}`, `{"data":"${base64}","ErrorCode":"20"}`,
    `{"ErrorCode":"0","data":"${base64}`, `{"ErrorCode":"0","data":"${base64}"`, '{"ErrorCode":"0","data":"@@@@"}', `{"ErrorCode":"0","ErrorDesc":"${'x'.repeat(70_000)}","data":"${base64}"}`]
  for (const answer of wrong) await t.rejects(buffer(readEdoc(Readable.from([Buffer.from(answer)]), check)), answer.slice(0, 60))
})

t.test('times of lists are read in every form that was seen; without a zone they are Vietnamese', t => {
  const at = Date.UTC(2026, 2, 16, 2, 12, 30)
  for (const value of ['2026-03-16 09:12:30', '2026/03/16 09:12:30', '16/03/2026 09:12:30', '2026-03-16T09:12:30', '2026-03-16T02:12:30Z', '2026-03-16T09:12:30+07:00', String(at), at]) t.equal(readTime(value), at, String(value))
  t.equal(readTime('2026/03/16'), Date.UTC(2026, 2, 15, 17))
  for (const value of ['', 'yesterday', null, {}, '2026', 'H36,2026/03/16', Number.NaN]) t.equal(readTime(value), undefined, String(value))
  t.end()
})

t.test('the directory of the axis is watched, and what has changed is told once', async t => {
  const scene = await setScene(t, AXIS)
  const memory = createMemory()
  const control = async (path: string): Promise<void> => { t.equal((await fetch(`${scene.simulator.url}/simulator/${path}`, { method: 'POST' })).status, 200) }
  await scene.receive(undefined, { messageTypes: [], directory: { sync: true, intervalMs: 50 } }, { memory })
  await eventually(async () => await memory.read('directory') !== undefined)
  await control(`close?code=H36.03&successor=H36.11`)
  const changed = (kind: string) => eventually(() => scene.logged.find(each => each['event'] === 'directory.changed' && kind in each))
  t.match(await changed('succeeded'), { succeeded: 1, first: ['succeeded H36.03 → H36.11 Sở Tư pháp tỉnh Lâm Đồng'] })
  await control(`rename?code=H26&name=${encodeURIComponent('UBND TP Hà Nội')}`)
  t.match(await changed('renamed'), { renamed: 1 })
  await control('close?code=G15')
  t.match(await changed('closed'), { closed: 1 })
  const asked = scene.simulator.tables.calls.get('getAgenciesList') ?? 0
  await eventually(() => (scene.simulator.tables.calls.get('getAgenciesList') ?? 0) > asked + 2)
  t.equal(scene.logged.filter(({ event }) => event === 'directory.changed').length, 3, 'no change, no word')
})

t.test('agencies are listed from each of the sources of the axis', async t => {
  const { simulator: axis } = await setScene(t, AXIS)
  const table = {
    getAgenciesList: { code: 'H36.11', name: 'Sở Tư pháp tỉnh Lâm Đồng', id: 'H36.11', parent: 'H36' },
    getAgenciesListQD20: { code: 'H36.11', name: 'Sở Tư pháp tỉnh Lâm Đồng', id: 'H36.11', otherCodes: ['000.00.11.H36'] },
    getSynchronizeUnit: { code: 'H36.11', name: 'Sở Tư pháp tỉnh Lâm Đồng', id: 'H36.11', parent: 'H36' }
  }
  for (const [source, expected] of Object.entries(table)) {
    const session = await openSession(t, adapter, { url: axis.url, default: ACCOUNT, directory: { source } })
    const listed = await session.listAgencies?.(AbortSignal.timeout(5000)) ?? []
    t.same(listed.find(({ code }) => code === 'H36.11'), expected, source)
  }
})

t.test('agencies are registered once, and again when they change', async t => {
  const scene = await setScene(t, AXIS)
  const memory = createMemory()
  const register = async (name: string): Promise<void> => {
    await scene.receive(undefined, { messageTypes: [], register: true, registrations: [{ code: 'H36.55', name, pcode: 'H36' }, { code: 'G15', name: 'not ours' }] }, { memory })
    await eventually(() => scene.simulator.tables.agencies.get('H36.55')?.name === name)
  }
  await register('Sở Mới')
  await eventually(() => scene.logged.find(({ event, code }) => event === 'agency.unregistered' && code === 'G15'))
  t.ok(scene.simulator.tables.systems.get('HUB-H36')?.agencies.includes('H36.55'))
  await register('Sở Mới đổi tên')
  t.equal(scene.logged.filter(({ event, code }) => event === 'agency.registered' && code === 'H36.55').length, 2)
})
