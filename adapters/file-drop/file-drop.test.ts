// The file-drop adapter keeps the promises of the contract; a reader never sees half a package, and what is picked up is
// whole, taken once, and put where its fate says.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { checkAdapter } from '../../src/adapter/load.js'
import { dropPackage, FileFailure, type FolderFiles } from '../../src/adapter/index.js'
import { adapterSuite, openSession, sampleOf } from '../../test/support/adapter-suite.js'
import { createLocalFiles } from './files.js'
import { createHarness, type FolderHarness } from './harness.js'
import { adapter } from './index.js'

await adapterSuite(t, { adapter, harness: createHarness() })

async function started (t: Test, more: { pickUp?: object, drop?: object } = {}): Promise<FolderHarness> {
  const harness = createHarness(more)
  await harness.start()
  t.teardown(harness.stop)
  return harness
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
const inSoon = (): AbortSignal => AbortSignal.timeout(5000)

const list = (folder: string): string[] => !existsSync(folder) ? [] : readdirSync(folder, { withFileTypes: true })
 .filter(entry => !entry.isDirectory()).map(({ name }) => name).sort()

t.test('a package is dropped under a safe name, with what its reader may rely on', async t => {
  const harness = await started(t)
  const out = `${harness.folder()}/out`
  const session = await openSession(t, adapter, harness.settings())
  const sample = sampleOf(adapter, { deliveryId: '01930000-0000-7000-8000-000000000001' })
  const delivery = { ...sample, envelope: { ...sample.envelope, notation: '../12/QĐ-UBND «Mật»\u0000' } }
  const name = '12-QD-UBND-Mat_01930000-0000-7000-8000-000000000001.xml'
  t.same(await session.deliver?.(delivery, inSoon()), { kind: 'delivered', externalId: name })
  t.same(list(out), [name, `${name}.json`, `${name}.sha256`], 'no temporary file stays')
  t.equal(readFileSync(`${out}/${name}.sha256`, 'utf8'), `${sample.body.sha256}  ${name}\n`, 'as sha256sum -c reads it')
  t.match(JSON.parse(readFileSync(`${out}/${name}.json`, 'utf8')), { file: name, deliveryId: delivery.deliveryId, size: 2000, envelope: { from: { code: 'H36.99.01' } } })
  t.equal(statSync(`${out}/${name}`).mode & 0o777, 0o640)
})

t.test('a repeated delivery writes nothing, and other content is never written over', async t => {
  const harness = await started(t)
  const session = await openSession(t, adapter, harness.settings())
  const deliver = async (options: object): Promise<unknown> => await session.deliver?.(sampleOf(adapter, { deliveryId: 'd-1', ...options }), inSoon())
  await deliver({})
  const file = `${harness.folder()}/out/d-1.xml`
  const { ino } = statSync(file)
  t.match(await deliver({ attempt: 2 }), { kind: 'delivered' })
  t.equal(statSync(file).ino, ino)
  t.match(await deliver({ attempt: 3, size: 2001 }), { kind: 'refused', problem: { code: 'ENDPOINT_REFUSED' } })
  writeFileSync(file, readFileSync(file, 'latin1').replace('x', 'y'), 'latin1')
  t.match(await deliver({ attempt: 4 }), { kind: 'refused' }, 'the same size is not the same')
  t.equal(statSync(file).ino, ino)
})

t.test('what a killed attempt left behind is replaced, not written into', async t => {
  const harness = await started(t)
  const out = `${harness.folder()}/out`
  const session = await openSession(t, adapter, harness.settings())
  for (const attempt of [1, 2]) writeFileSync(`${out}/.d-1.xml.${attempt}.tmp`, 'half')
  symlinkSync(`${harness.folder()}/elsewhere`, `${out}/.d-1.xml.sha256.tmp`)
  t.match(await session.deliver?.(sampleOf(adapter, { deliveryId: 'd-1', attempt: 2 }), inSoon()), { kind: 'delivered' })
  t.same(list(out), ['d-1.xml', 'd-1.xml.json', 'd-1.xml.sha256'])
  t.notOk(existsSync(`${harness.folder()}/elsewhere`), 'nothing is written through a link')
})

t.test('recipients may have folders of their own', async t => {
  const harness = await started(t)
  mkdirSync(`${harness.folder()}/xa-mau`)
  const session = await openSession(t, adapter, { drop: { folder: `${harness.folder()}/out`, recipients: { 'H36.99.03': `${harness.folder()}/xa-mau` }, checksum: 'none' } })
  t.match(await session.probe(inSoon()), { kind: 'delivered' })
  await session.deliver?.(sampleOf(adapter, { deliveryId: 'd-1' }), inSoon())
  await session.deliver?.({ ...sampleOf(adapter, { deliveryId: 'd-2' }), recipient: 'toString' }, inSoon())
  t.same(list(`${harness.folder()}/xa-mau`), ['d-1.xml'])
  t.same(list(`${harness.folder()}/out`), ['d-2.xml'])
})

t.test('every trouble of a file system is a reason to wait, said in words, and leaves no package', async t => {
  const harness = await started(t)
  const real = createLocalFiles(0o640)
  const settings = { folder: `${harness.folder()}/out`, checksum: 'none', envelope: 'none' } as const
  const table: Array<[keyof FolderFiles, FileFailure, object]> = [
    ['write', new FileFailure('full', 'ENOSPC'), { problem: { code: 'ENDPOINT_UNAVAILABLE', detail: { vi: /Hết chỗ/, en: /no space.*ENOSPC/ } } }],
    ['write', new FileFailure('forbidden', 'EACCES'), { problem: { detail: { en: /No permission/ } } }],
    ['stat', new FileFailure('aborted', 'silence'), { problem: { code: 'ENDPOINT_TIMEOUT' }, uncertain: undefined }],
    ['move', new FileFailure('unreachable', 'ESTALE', { uncertain: true }), { uncertain: true }]
  ]
  for (const [method, failure, expected] of table) {
    const files = { ...real, [method]: async () => { throw failure } }
    t.match(await dropPackage(files, sampleOf(adapter), settings, inSoon()), { kind: 'deferred', ...expected }, failure.message)
    t.same(list(`${harness.folder()}/out`), [])
  }
  const lost = { ...real, move: async () => { throw new FileFailure('unreachable', 'ESTALE', { uncertain: true }) } }
  const withChecksum = { ...settings, checksum: 'written' } as const
  t.match(await dropPackage(lost, sampleOf(adapter), withChecksum, inSoon()), { kind: 'deferred', uncertain: undefined }, 'a side file alone is no package')
  const sample = sampleOf(adapter)
  await t.rejects(dropPackage(real, { ...sample, body: { ...sample.body, sha256: sha256('other') } }, settings, inSoon()), /not what its hash says/)
  t.same(list(`${harness.folder()}/out`), [], 'bytes that are not the promised ones get no name')
})

t.test('the example of the README is valid, and settings that cannot work are refused', async t => {
  const readme = await readFile(new URL('../../../adapters/file-drop/README.md', import.meta.url), 'utf8')
  const example = JSON.parse(/```json\n([^]*?)```/.exec(readme)?.[1] ?? '') as { settings: Record<string, unknown> }
  const { checkSettings } = checkAdapter(adapter, 'file-drop')
  t.same(checkSettings(example.settings).faults, [])
  const wrong = (settings: Record<string, unknown>): boolean => checkSettings(settings).faults.length > 0
  t.ok(wrong({}), 'neither direction')
  for (const folder of ['relative', '/a/../b', '/a/', '/', '/a\n']) t.ok(wrong({ drop: { folder } }), folder)
  t.ok(wrong({ pickUp: { folders: [{ path: '/in', agencies: [] }] } }), 'an inbox speaks for somebody')
  t.ok(wrong({ drop: { folder: '/out' }, fileMode: '999' }))
  const [drop] = [checkSettings({ drop: { folder: '/out' } }).settings['drop']]
  t.same(drop, { folder: '/out', recipients: {}, checksum: 'written', envelope: 'none' }, 'defaults are filled in')
})

t.test('an endpoint with one direction says so in the other', async t => {
  const harness = await started(t)
  const inboundOnly = await openSession(t, adapter, { pickUp: { folders: [{ path: `${harness.folder()}/in`, agencies: ['A'] }] } })
  t.match(await inboundOnly.deliver?.(sampleOf(adapter), inSoon()), { kind: 'deferred', problem: { detail: { en: /drop/ } } })
  const outboundOnly = await openSession(t, adapter, { drop: { folder: `${harness.folder()}/out` } })
  const ending = new AbortController()
  const running = outboundOnly.receive?.(async () => { throw new Error('nothing comes') }, ending.signal)
  ending.abort()
  await running
  await outboundOnly.receive?.(async () => { throw new Error('nothing comes') }, AbortSignal.abort())
  t.pass('it ends when it is told to')
})
