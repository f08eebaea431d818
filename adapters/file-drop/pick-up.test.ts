// What is picked up from folders: whole files only, claims, checksums, quarantine, order.
import { createHash } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { HubError } from '../../src/errors.js'
import { text } from '../../src/model/text.js'
import type { Arrived, InboundArrival } from '../../src/ports/adapter.js'
import { openSession } from '../../test/support/adapter-suite.js'
import { eventually } from '../../test/support/time.js'
import { createLocalFiles } from './files.js'
import { createHarness, type FolderHarness } from './harness.js'
import { adapter } from './index.js'

async function started (t: Test, more: { pickUp?: object, drop?: object } = {}): Promise<FolderHarness> {
  const harness = createHarness(more)
  await harness.start()
  t.teardown(harness.stop)
  return harness
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
const inSoon = (): AbortSignal => AbortSignal.timeout(5000)

interface Taken extends Omit<InboundArrival, 'body'> { content: string }

interface Receiver { taken: Taken[], log: Array<Record<string, unknown>>, stop (): Promise<void> }

/** Receives until the test ends. `answer`: what the hub says; stored when absent. */
async function receive (t: Test, harness: FolderHarness, { answer, endpoint = 'van-thu' }: { answer?: (taken: Taken) => Promise<Arrived>, endpoint?: string } = {}): Promise<Receiver> {
  const log: Array<Record<string, unknown>> = []
  const note = (fields: object, event: string): void => { log.push({ event, ...fields }) }
  const session = await openSession(t, adapter, harness.settings(), { endpoint, log: { debug: note, info: note, warn: note, error: note } })
  const taken: Taken[] = []
  const ending = new AbortController()
  const running = session.receive?.(async ({ body, ...rest }) => {
    const chunks: Buffer[] = []
    for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk)
    const one = { ...rest, content: Buffer.concat(chunks).toString() }
    taken.push(one)
    return await (answer?.(one) ?? { kind: 'stored', packageId: 'p', repeated: false })
  }, ending.signal)
  const stop = async (): Promise<void> => {
    ending.abort()
    await running
  }
  t.teardown(stop)
  return { taken, log, stop }
}

/** What lies in a folder, itself no folder; nothing while the folder is not made yet. */
const list = (folder: string): string[] => !existsSync(folder) ? [] : readdirSync(folder, { withFileTypes: true })
 .filter(entry => !entry.isDirectory()).map(({ name }) => name).sort()

t.test('a package is taken whole, with its type, and moved to done with what stands beside it', async t => {
  const harness = await started(t)
  harness.put('12-UBND.edxml.sha256', `${sha256('<a/>').toUpperCase()} *12-UBND.edxml\r\n`)
  harness.put('12-UBND.edxml.json', '{}')
  harness.put('12-UBND.edxml', '<a/>')
  harness.put('hồ sơ.JSON', '{"b":1}')
  harness.put('c.package.json', '{"c":1}')
  harness.put('không-đuôi', '\ufeff \n<d/>')
  const { taken } = await receive(t, harness)
  await eventually(() => list(`${harness.folder()}/in/done`).length === 6)
  t.same(Object.fromEntries(taken.map(({ content, contentType }) => [content.replace(/[^a-d]/g, ''), contentType])), {
    a: 'application/xml', b: 'application/json', c: 'application/vnd.lienthong.package+json', d: 'application/xml'
  })
  t.match(taken.find(({ content }) => content === '<a/>'), { agencies: ['H36.99.01'], idempotencyKey: `sha256:${sha256('<a/>')}` })
  t.same(list(`${harness.folder()}/in/done`), ['12-UBND.edxml', '12-UBND.edxml.json', '12-UBND.edxml.sha256', 'c.package.json', 'hồ sơ.JSON', 'không-đuôi'])
})

t.test('what is not whole yet is left alone', async t => {
  const harness = await started(t, { pickUp: { checksum: 'required' } })
  for (const name of ['.hidden.xml', 'a.xml.tmp', 'b.xml.part', 'c.filepart', 'd.xml~']) writeFileSync(`${harness.folder()}/in/${name}`, '<x/>')
  harness.put('waits.xml', '<waits/>')
  harness.put('whole.xml', '<whole/>')
  harness.put('whole.xml.sha256', sha256('<whole/>'))
  const { taken } = await receive(t, harness)
  await eventually(() => taken.length === 1)
  harness.put('waits.xml.sha256', sha256('<waits/>'))
  await eventually(() => taken.length === 2)
  t.same(taken.map(({ content }) => content), ['<whole/>', '<waits/>'])
  t.same(list(`${harness.folder()}/in`), ['.hidden.xml', 'a.xml.tmp', 'b.xml.part', 'c.filepart', 'd.xml~'])
})

t.test('where senders do not rename, a file has to stand still first', async t => {
  const harness = await started(t, { pickUp: { stableSeconds: 60, pollSeconds: 0.05 } })
  let now = 1_000_000
  // Each round asks for the time once.
  let rounds = 0
  const session = await openSession(t, adapter, harness.settings(), { now: () => { rounds++; return now } })
  const ending = new AbortController()
  const taken: string[] = []
  const running = session.receive?.(async ({ body }) => {
    for await (const chunk of body as AsyncIterable<Buffer>) taken.push(chunk.toString())
    return { kind: 'stored', packageId: 'p', repeated: false }
  }, ending.signal)
  t.teardown(async () => { ending.abort(); await running })
  const file = `${harness.folder()}/in/slow.xml`
  writeFileSync(file, '<half')
  const seeIt = async (): Promise<void> => {
    const before = rounds
    await eventually(() => rounds > before + 1)
  }
  await seeIt()
  now += 59_000
  writeFileSync(file, '<half/>')
  await seeIt()
  now += 59_000
  await seeIt()
  t.same(taken, [], 'the clock starts again with every change')
  now += 2000
  await eventually(() => taken.length === 1)
  t.same(taken, ['<half/>'])
})

t.test('a package that is not what its checksum says goes to quarantine, with the reason in two languages', async t => {
  const harness = await started(t)
  harness.put('wrong.xml.sha256', sha256('<right/>'))
  harness.put('wrong.xml', '<wrong/>')
  harness.put('torn.xml.sha256', 'not a checksum')
  harness.put('torn.xml', '<torn/>')
  const { taken, log } = await receive(t, harness)
  const quarantine = `${harness.folder()}/in/quarantine`
  await eventually(() => existsSync(`${quarantine}/wrong.xml`) && existsSync(`${quarantine}/torn.xml`))
  t.same(taken, [], 'no whole package was handed over')
  t.match(JSON.parse(await readFile(`${quarantine}/wrong.xml.problem.json`, 'utf8')), {
    file: 'wrong.xml', problem: { code: 'CHECKSUM_MISMATCH', detail: { vi: /SHA-256/, en: /SHA-256/ } }
  })
  t.same(list(quarantine), ['torn.xml', 'torn.xml.problem.json', 'torn.xml.sha256', 'wrong.xml', 'wrong.xml.problem.json', 'wrong.xml.sha256'])
  t.match(log, [{ event: 'file.quarantined', code: 'CHECKSUM_MISMATCH' }, { event: 'file.quarantined' }])
})

t.test('a package that the hub refuses goes to quarantine, also when another of its name is there', async t => {
  const harness = await started(t)
  const problem = { code: 'SENDER_NOT_ALLOWED', detail: text('Không được.', 'Not allowed.') }
  const { taken } = await receive(t, harness, { answer: async () => ({ kind: 'refused', problem }) })
  for (const n of [1, 2]) {
    harness.put('a.xml', `<a n="${n}"/>`)
    await eventually(() => taken.length === n && list(`${harness.folder()}/in/quarantine`).length === 2 * n)
  }
  t.equal(readFileSync(`${harness.folder()}/in/quarantine/a.xml`, 'utf8'), '<a n="1"/>', 'the first one is still there')
  const [other] = list(`${harness.folder()}/in/quarantine`).filter(name => /~a\.xml$/.test(name))
  t.match(JSON.parse(readFileSync(`${harness.folder()}/in/quarantine/${other ?? ''}.problem.json`, 'utf8')), { problem })
})

t.test('while the hub cannot decide, packages stay in the inbox and keep their order', async t => {
  const harness = await started(t)
  let troubles = 3
  const names: string[] = []
  const answer = async ({ content }: Taken): Promise<Arrived> => {
    if (troubles-- > 0) throw new HubError('STORE_UNAVAILABLE', text('Tạm ngưng.', 'Away.'))
    names.push(content)
    return { kind: 'stored', packageId: 'p', repeated: false }
  }
  for (const [index, name] of ['c', 'a', 'b'].entries()) {
    harness.put(`${name}.xml`, `<${name}/>`)
    utimesSync(`${harness.folder()}/in/${name}.xml`, 1000 + index, 1000 + index)
  }
  await receive(t, harness, { answer })
  await eventually(() => names.length === 3)
  t.same(names, ['<c/>', '<a/>', '<b/>'], 'the oldest first, whatever it is called')
})

t.test('one file that the hub can never decide about does not keep the others waiting for ever', async t => {
  const harness = await started(t)
  const names: string[] = []
  const answer = async ({ content }: Taken): Promise<Arrived> => {
    if (content === '<poison/>') throw new Error('a defect')
    names.push(content)
    return { kind: 'stored', packageId: 'p', repeated: false }
  }
  harness.put('a.xml', '<poison/>')
  utimesSync(`${harness.folder()}/in/a.xml`, 1, 1)
  harness.put('b.xml', '<b/>')
  const { log } = await receive(t, harness, { answer })
  await eventually(() => names.length === 1)
  t.ok(existsSync(`${harness.folder()}/in/a.xml`), 'it stays')
  t.equal(log.filter(({ event }) => event === 'file.returned').length, 1, 'and is named once')
})

t.test('claims of a dead process return, those of others are theirs', async t => {
  const harness = await started(t)
  harness.put('a.xml', '<a/>')
  harness.put('a.xml.sha256', sha256('<a/>'))
  let die = (_reason: Error): void => {}
  const stuck = await receive(t, harness, { answer: async () => await new Promise((_resolve, reject) => { die = reject }) })
  const processing = `${harness.folder()}/in/processing`
  await eventually(() => stuck.taken.length === 1)
  t.equal(list(processing).length, 2, 'claimed, with its checksum')
  t.same(list(`${harness.folder()}/in`), [])
  const other = await receive(t, harness, { endpoint: 'another' })
  harness.put('b.xml', '<b/>')
  await eventually(() => other.taken.length === 1 || stuck.taken.length === 2)
  t.equal(list(processing).filter(name => name.endsWith('~a.xml')).length, 1, 'the claim of another endpoint is left alone')
  await other.stop()
  const next = await receive(t, harness)
  await eventually(() => next.taken.length === 1)
  t.match(next.taken[0], { content: '<a/>' }, 'the same endpoint began again')
  await eventually(() => list(processing).length === 0)
  die(new Error('woke up too late'))
  await stuck.stop()
  t.same(list(`${harness.folder()}/in/done`).filter(name => name.startsWith('a.xml')), ['a.xml', 'a.xml.sha256'], 'who wakes up too late changes nothing')
})

t.test('two processes never take one file', async t => {
  const harness = await started(t)
  const [one, other] = [await receive(t, harness, { endpoint: 'one' }), await receive(t, harness, { endpoint: 'other' })]
  for (let n = 0; n < 60; n++) harness.put(`${n}.xml`, `<a n="${n}"/>`)
  await eventually(() => list(`${harness.folder()}/in/done`).length === 60)
  const all = [...one.taken, ...other.taken].map(({ content }) => content)
  t.equal(all.length, 60)
  t.equal(new Set(all).size, 60)
})

t.test('links, devices and names that hide something are never taken', async t => {
  const harness = await started(t, { pickUp: { maxBytes: 100 } })
  const inbox = `${harness.folder()}/in`
  writeFileSync(`${harness.folder()}/secret.xml`, '<secret/>')
  symlinkSync('../secret.xml', `${inbox}/link.xml`)
  mkdirSync(`${inbox}/folder.xml`)
  const socket = createServer().listen(`${inbox}/socket.xml`)
  await once(socket, 'listening')
  t.teardown(() => { socket.close() })
  writeFileSync(Buffer.from(`${inbox}/bad-\xff.xml`, 'latin1'), '<bad/>')
  for (const name of ['\u202egnp.xml', 'a\nb.xml', 'zero\u200bwidth.xml', `${'x'.repeat(201)}.xml`, 'up\\..\\x.xml']) writeFileSync(`${inbox}/${name}`, '<odd/>')
  writeFileSync(`${inbox}/large.xml`, 'x'.repeat(101))
  writeFileSync(`${inbox}/program`, Buffer.from([0x7f, 0x45]))
  writeFileSync(`${inbox}/good.xml`, '<good/>')
  utimesSync(`${inbox}/good.xml`, 4e9, 4e9)
  const { taken, log } = await receive(t, harness)
  await eventually(() => taken.length === 1)
  t.equal(taken[0]?.content, '<good/>')
  t.ok(existsSync(`${inbox}/link.xml`) && existsSync(`${inbox}/socket.xml`) && existsSync(`${inbox}/folder.xml`), 'left where they are')
  const problems = list(`${inbox}/quarantine`).filter(name => name.endsWith('.problem.json'))
    .map(name => JSON.parse(readFileSync(`${inbox}/quarantine/${name}`, 'utf8')) as { file: string, problem: { code: string } })
  t.equal(problems.filter(({ problem }) => problem.code === 'REQUEST_INVALID').length, 5)
  t.ok(problems.some(({ file }) => file === '\u202egnp.xml'), 'the report knows the name')
  t.match(problems.find(({ file }) => file === 'large.xml'), { problem: { code: 'BODY_TOO_LARGE' } })
  t.match(problems.find(({ file }) => file === 'program'), { problem: { code: 'CONTENT_TYPE_UNSUPPORTED' } })
  t.same(log.filter(({ event }) => event === 'file.ignored').length, 3, 'link, socket and the broken name, once each')
})

t.test('a hard link of a plain file is a file; a claim that is not a file is refused', async t => {
  const harness = await started(t)
  writeFileSync(`${harness.folder()}/a`, '<a/>')
  linkSync(`${harness.folder()}/a`, `${harness.folder()}/in/a.xml`)
  const { taken } = await receive(t, harness)
  await eventually(() => taken.length === 1)
  const files = createLocalFiles(0o640)
  symlinkSync(`${harness.folder()}/a`, `${harness.folder()}/link`)
  await t.rejects(files.read(`${harness.folder()}/link`, inSoon()), /failed/, 'a link is not followed when it is opened either')
  await t.rejects(files.read(harness.folder(), inSoon()), /failed/)
})

t.test('an inbox that goes away is looked at again, and the others are not kept waiting', async t => {
  const harness = await started(t)
  const { folder } = harness
  const settings = { pickUp: { pollSeconds: 0.05, folders: [{ path: `${folder()}/later`, agencies: ['A'] }, { path: `${folder()}/in`, agencies: ['B'] }] } }
  const log: object[] = []
  const note = (fields: object, event: string): void => { log.push({ event, ...fields }) }
  const session = await openSession(t, adapter, settings, { log: { debug: note, info: note, warn: note, error: note } })
  const ending = new AbortController()
  const agencies: string[] = []
  const running = session.receive?.(async arrival => {
    agencies.push(...arrival.agencies)
    return { kind: 'stored', packageId: 'p', repeated: true }
  }, ending.signal)
  t.teardown(async () => { ending.abort(); await running })
  harness.put('b.xml', '<b/>')
  await eventually(() => agencies.length === 1)
  t.match(log, [{ event: 'folder.unavailable', folder: /later$/ }], 'said once')
  t.match(await session.probe(inSoon()), { kind: 'deferred' })
  mkdirSync(`${folder()}/later`)
  writeFileSync(`${folder()}/later/a.xml`, '<a/>')
  await eventually(() => agencies.length === 2)
  t.same(agencies, ['B', 'A'])
})

t.test('what the hub has can be deleted instead of kept', async t => {
  const harness = await started(t, { pickUp: { afterwards: 'delete' } })
  harness.put('a.xml', '<a/>')
  harness.put('a.xml.sha256', sha256('<a/>'))
  const { taken } = await receive(t, harness)
  await eventually(() => taken.length === 1 && list(`${harness.folder()}/in/processing`).length === 0)
  t.same([...list(`${harness.folder()}/in/done`), ...list(`${harness.folder()}/in`)], [])
})

t.test('a large file passes in pieces', async t => {
  const harness = await started(t)
  const bytes = Buffer.alloc(30 * 2 ** 20, '<x/>')
  harness.put('large.xml', bytes)
  const session = await openSession(t, adapter, harness.settings())
  const ending = new AbortController()
  let size = 0
  let most = 0
  const running = session.receive?.(async ({ body }) => {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length
      most = Math.max(most, body.readableLength + chunk.length)
    }
    return { kind: 'stored', packageId: 'p', repeated: false }
  }, ending.signal)
  t.teardown(async () => { ending.abort(); await running })
  await eventually(() => harness.fateOf?.('large.xml') === 'acknowledged')
  t.equal(size, bytes.length)
  t.ok(most < 2 ** 20, `${most} bytes at a time`)
})
