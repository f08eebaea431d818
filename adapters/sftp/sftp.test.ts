// The sftp adapter keeps the promises of the contract over a real SSH connection; it talks to the right server only, and a
// server that lies or falls silent costs no package.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { checkAdapter } from '../../src/adapter/load.js'
import type { Arrived } from '../../src/ports/adapter.js'
import { adapterSuite, openSession, sampleOf } from '../../test/support/adapter-suite.js'
import { eventually } from '../../test/support/time.js'
import { CLIENT_KEY, createHarness, hostKeyOf, type SftpHarness } from './harness.js'
import { adapter } from './index.js'

await adapterSuite(t, { adapter, harness: createHarness() })

async function started (t: Test, more: { pickUp?: object, drop?: object } = {}): Promise<SftpHarness> {
  const harness = createHarness(more)
  await harness.start()
  t.teardown(harness.stop)
  return harness
}

const soon = (): AbortSignal => AbortSignal.timeout(5000)
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

interface Receiver { taken: Array<{ contentType: string, sha256: string, bytes: number, key: string | undefined }>, log: object[], stop (): Promise<void> }

async function receive (t: Test, harness: SftpHarness, { answer, settings = {} }: { answer?: () => Promise<Arrived>, settings?: object } = {}): Promise<Receiver> {
  const log: object[] = []
  const note = (fields: object, event: string): void => { log.push({ event, ...fields }) }
  const session = await openSession(t, adapter, { ...harness.settings(), ...settings }, { log: { debug: note, info: note, warn: note, error: note } })
  const taken: Receiver['taken'] = []
  const ending = new AbortController()
  const running = session.receive?.(async ({ body, contentType, idempotencyKey }) => {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      hash.update(chunk)
      bytes += chunk.length
    }
    taken.push({ contentType, sha256: hash.digest('hex'), bytes, key: idempotencyKey })
    return await (answer?.() ?? { kind: 'stored', packageId: 'p', repeated: false })
  }, ending.signal)
  const stop = async (): Promise<void> => { ending.abort(); await running }
  t.teardown(stop)
  return { taken, log, stop }
}

t.test('a server with another host key gets neither password nor package', async t => {
  const harness = await started(t)
  const session = await openSession(t, adapter, harness.settings())
  harness.play('other-host-key')
  t.match(await session.deliver?.(sampleOf(adapter), soon()), { kind: 'deferred', problem: { detail: { en: new RegExp(`host key ${hostKeyOf(1).replace(/[+]/g, '\\+')} is not`) } } })
  t.same(harness.logins(), { accepted: 0, refused: 0 }, 'it was not even asked to log in')
  const changing = await openSession(t, adapter, { ...harness.settings(), hostKeys: [hostKeyOf(0), hostKeyOf(1)] })
  t.match(await changing.deliver?.(sampleOf(adapter), soon()), { kind: 'delivered' }, 'both are good while the key changes')
})

t.test('wrong credentials are a reason to wait, and are not repeated in it', async t => {
  const harness = await started(t)
  const session = await openSession(t, adapter, { ...harness.settings(), password: 'not-the-password' })
  const outcome = await session.deliver?.(sampleOf(adapter), soon())
  t.match(outcome, { kind: 'deferred', problem: { code: 'ENDPOINT_UNAVAILABLE', detail: { en: /credentials/ } }, uncertain: undefined })
  t.notMatch(JSON.stringify(outcome), /not-the-password/)
})

t.test('a private key, also an encrypted one, does instead of a password', async t => {
  const harness = await started(t)
  const { password: _, ...settings } = harness.settings()
  const session = await openSession(t, adapter, { ...settings, ...CLIENT_KEY })
  t.match(await session.deliver?.(sampleOf(adapter), soon()), { kind: 'delivered' })
  const locked = await openSession(t, adapter, { ...settings, privateKey: CLIENT_KEY.privateKey, passphrase: 'wrong' })
  t.match(await locked.deliver?.(sampleOf(adapter), soon()), { kind: 'deferred' })
})

t.test('many deliveries share one connection', async t => {
  const harness = await started(t)
  const session = await openSession(t, adapter, harness.settings())
  const outcomes = await Promise.all(Array.from({ length: 20 }, async () => await session.deliver?.(sampleOf(adapter, { size: 300_000 }), soon())))
  t.ok(outcomes.every(outcome => outcome?.kind === 'delivered'))
  t.equal(harness.logins().accepted, 1)
  t.equal(readdirSync(`${harness.folder()}/out`).filter(name => name.startsWith('.')).length, 0, 'no temporary file stays')
})

t.test('a connection that breaks while bytes are written has no effect, and the next attempt needs nobody', async t => {
  const harness = await started(t)
  const session = await openSession(t, adapter, harness.settings())
  const sample = (attempt: number): ReturnType<typeof sampleOf> => sampleOf(adapter, { deliveryId: 'd-1', size: 1_000_000, attempt })
  harness.play('drop-mid-write')
  t.match(await session.deliver?.(sample(1), soon()), { kind: 'deferred', uncertain: undefined })
  t.same(readdirSync(`${harness.folder()}/out`).filter(name => !name.startsWith('.')), [], 'nothing that a reader looks at')
  harness.play(undefined)
  writeFileSync(`${harness.folder()}/out/.d-1.xml.1.tmp`, 'half a file whose removal nobody lived to see')
  t.match(await session.deliver?.(sample(2), soon()), { kind: 'delivered' })
  t.same(readdirSync(`${harness.folder()}/out`).sort(), ['d-1.xml', 'd-1.xml.json', 'd-1.xml.sha256'])
  t.equal(sha256(readFileSync(`${harness.folder()}/out/d-1.xml`)), sample(1).body.sha256)
})

t.test('a full disk and a missing permission are said in words', async t => {
  const harness = await started(t)
  const session = await openSession(t, adapter, harness.settings())
  await harness.misbehave('overload')
  t.match(await session.deliver?.(sampleOf(adapter), soon()), { kind: 'deferred', problem: { detail: { vi: /Hết chỗ/, en: /no space/ } } })
  await harness.misbehave(undefined)
  harness.play('forbid')
  await eventually(async () => {
    const outcome = await session.deliver?.(sampleOf(adapter), soon())
    return outcome?.kind === 'deferred' && /No permission/.test(outcome.problem.detail.en)
  })
  t.match(await session.probe(soon()), { kind: 'deferred' }, 'the probe would have told')
})

t.test('a server that is silent over one request is given up', async t => {
  const harness = await started(t)
  const session = await openSession(t, adapter, { ...harness.settings(), answerTimeoutSeconds: 0.2, connectTimeoutSeconds: 0.3 })
  t.match(await session.probe(soon()), { kind: 'delivered' })
  await harness.misbehave('hang')
  t.match(await session.deliver?.(sampleOf(adapter), AbortSignal.timeout(20_000)), { kind: 'deferred', problem: { code: 'ENDPOINT_UNAVAILABLE' } })
  await harness.misbehave(undefined)
  await eventually(async () => (await session.deliver?.(sampleOf(adapter), soon()))?.kind === 'delivered')
})

t.test('packages are picked up whole, whatever sizes the server tells and however little it gives at once', async t => {
  const harness = await started(t)
  const large = Buffer.alloc(700_001, '<công văn/>')
  for (const [index, trick] of ([undefined, 'sizes-lie', 'short-reads'] as const).entries()) {
    harness.play(trick)
    const { taken, stop } = await receive(t, harness)
    const content = Buffer.concat([large, Buffer.from(String(index))])
    harness.put('large.xml', content)
    await eventually(() => taken.length === 1)
    t.match(taken, [{ contentType: 'application/xml', sha256: sha256(content), bytes: content.length, key: `sha256:${sha256(content)}` }], String(trick))
    await eventually(() => readdirSync(`${harness.folder()}/in/done`).length === index + 1)
    await stop()
  }
})

t.test('names with a path in them and links lead nowhere', async t => {
  const harness = await started(t)
  harness.play('odd-names')
  writeFileSync(`${harness.folder()}/secret.xml`, '<secret/>')
  symlinkSync('../secret.xml', `${harness.folder()}/in/link.xml`)
  harness.put('a.xml', '<a/>')
  const { taken, log } = await receive(t, harness)
  await eventually(() => harness.fateOf?.('a.xml') === 'acknowledged')
  t.equal(taken.length, 1)
  t.equal(log.filter(line => (line as { event: string }).event === 'file.ignored').length, 3, 'two names and a link, once each')
})

t.test('what does not fit its checksum goes to quarantine there, with the reason', async t => {
  const harness = await started(t, { pickUp: { checksum: 'required' } })
  harness.put('a.xml', '<a/>')
  harness.put('a.xml.sha256', sha256('<b/>'))
  await receive(t, harness)
  await eventually(() => harness.fateOf?.('a.xml') === 'refused')
  t.match(JSON.parse(readFileSync(`${harness.folder()}/in/quarantine/a.xml.problem.json`, 'utf8')), { problem: { code: 'CHECKSUM_MISMATCH', detail: { vi: /SHA-256/ } } })
})

t.test('receiving outlives the server, and a claim that was cut off comes again', async t => {
  const harness = await started(t)
  let first = true
  const { taken, log } = await receive(t, harness, {
    answer: async () => {
      if (first) await harness.misbehave('offline')
      first = false
      return { kind: 'stored', packageId: 'p', repeated: taken.length > 1 }
    }
  })
  harness.put('a.xml', '<a/>')
  await eventually(() => log.some(line => (line as { event: string }).event === 'folder.unavailable'))
  t.equal(harness.fateOf?.('a.xml'), 'waiting')
  await harness.misbehave(undefined)
  await eventually(() => harness.fateOf?.('a.xml') === 'acknowledged')
  t.equal(taken.length, 2, 'handed over again: the hub knows it by its key')
})

t.test('the example of the README is valid, and settings that cannot work are refused', async t => {
  const readme = await readFile(new URL('../../../adapters/sftp/README.md', import.meta.url), 'utf8')
  const example = JSON.parse(/```json\n([^]*?)```/.exec(readme)?.[1] ?? '') as { settings: Record<string, unknown> }
  const { checkSettings, mask } = checkAdapter(adapter, 'sftp')
  const secrets = { password: 'x' }
  t.same(checkSettings({ ...example.settings, ...secrets }).faults, [])
  const harness = createHarness()
  const good = { ...harness.settings(), port: 22 }
  t.same(checkSettings(good).faults, [])
  const pointers = (settings: object): string[] => checkSettings({ ...good, ...settings }).faults.map(({ pointer }) => pointer)
  t.ok(checkSettings({ ...good, hostKeys: undefined }).faults.length > 0, 'the host key is not optional')
  t.same(pointers({ hostKeys: [] }), ['/hostKeys'])
  t.same(pointers({ hostKeys: ['MD5:aa:bb'] }), ['/hostKeys/0'])
  t.same(pointers({ host: 'sftp://a.vn' }), ['/host'])
  t.match(mask({ ...good, privateKey: 'k', passphrase: 'p' }), { password: '***', privateKey: '***', passphrase: '***' })
})
