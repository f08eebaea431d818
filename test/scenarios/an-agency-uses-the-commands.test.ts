// Promise: an agency can send, follow and fetch from the command line, by scripts that decide by exit codes and JSON. Processes against a whole hub.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { createClient, type Client } from '../../src/client/index.js'
import { openProvince, runHub } from '../support/hub.js'
import { type Run, runNode } from '../support/shell.js'
import { eventually } from '../support/time.js'
import { documentMessage } from '../unit/formats/edxml-messages.js'

const COMMANDS = fileURLToPath(new URL('../support/agency-commands.js', import.meta.url))

const province = await openProvince(t, 'embedded', config => ({ ...config, inbox: { ...config.inbox, lockMs: 1000 } }))
const hub = await runHub(t, province.config)
const keyOf = (id: string): string => province.keys.get(id) ?? ''
const clientOf = (id: string): Client => createClient({ url: hub.url, key: keyOf(id) })
const sender = clientOf('ubnd-tinh')

async function lienthong (as: string, ...args: string[]): Promise<Run> {
  return await runNode({ LIENTHONG_URL: hub.url, LIENTHONG_KEY: keyOf(as) }, COMMANDS, ...args)
}

/** Sends to an agency that fetches, and waits until it can. */
async function deposit (documentId: string, to: string): Promise<string> {
  const { id } = await sender.send({ bytes: documentMessage({ documentId, to: [to] }) })
  await sender.waitFor(id, 'available', { firstMs: 20 })
  return id
}

// Each run is a process of its own: on a machine with much else to do they take their time.
t.setTimeout(600_000)

await t.test('the commands', async t => {
  await sends(t)
  await tells(t)
  await fetches(t)
})

async function sends (t: Test): Promise<void> {
  const folder = t.testdir({
    'cv.edxml': documentMessage({ documentId: 'cli-1', to: ['H36.11'] }),
    'bad.edxml': documentMessage({ documentId: 'cli-2', to: ['H36.999'] }),
    'key.txt': `${keyOf('ubnd-tinh')}\n`
  })
  const sent = await lienthong('ubnd-tinh', 'send', join(folder, 'cv.edxml'), '--wait', '60', '--json', '--idempotency-key', 'cli-1')
  t.equal(sent.code, 0, sent.stderr)
  t.match(sent.json(), { accepted: { repeated: false }, package: { deliveries: [{ state: 'delivered' }] } })
  const again = await lienthong('', 'send', join(folder, 'cv.edxml'), '--key-file', join(folder, 'key.txt'))
  t.strictSame([again.code, again.stdout], [0, `${sent.json().accepted.id as string}\n`], again.stderr)
  t.match(again.stderr, /đã được nhận trước đó[^]*had been accepted/)
  const refused = await lienthong('ubnd-tinh', 'send', join(folder, 'bad.edxml'))
  t.equal(refused.code, 1)
  t.match(refused.stderr, /H36\.999[^]*traceId [0-9a-f]{32}/)
  t.equal(refused.stdout, '')
  const dossier = await lienthong('so-tai-chinh', 'send', ...['ho-so.json', 'don-de-nghi.pdf', 'so-do.png'].map(name => fileURLToPath(new URL(`../../../docs/examples/${name}`, import.meta.url))))
  t.equal(dossier.code, 0, dossier.stderr)
  const canonical = await lienthong('so-tai-chinh', 'send', '--json', fileURLToPath(new URL('../../../docs/examples/cong-van-16.json', import.meta.url)))
  t.equal(canonical.code, 0, canonical.stderr)
  for (const [args, code] of [[['none.xml'], 2], [[join(folder, 'cv.edxml'), '--key', 'wrong'], 1]] as Array<[string[], number]>) {
    const run = await lienthong('ubnd-tinh', 'send', ...args)
    t.strictSame([run.code, run.stdout], [code, ''], args.join(' '))
    t.notMatch(run.stderr, keyOf('ubnd-tinh'))
    t.notMatch(run.stderr, /\n {4}at /, 'no stack')
  }
}

async function tells (t: Test): Promise<void> {
  const id = await deposit('cli-3', 'H36.102')
  const waiting = await lienthong('ubnd-tinh', 'status', id, '--wait', '0')
  t.equal(waiting.code, 4)
  t.match(waiting.stdout, /H36\.102 {2}available · chờ nơi nhận lấy/)
  const [item] = await clientOf('xa-di-linh').inbox.peek()
  await clientOf('xa-di-linh').inbox.reject(item?.deliveryId ?? '', 'Không thuộc thẩm quyền.')
  const refused = await lienthong('ubnd-tinh', 'status', id, '--json')
  t.equal(refused.code, 1)
  t.match(refused.json(), { package: { id }, recipients: { summary: { refused: ['H36.102'] } } })
  const unknown = await lienthong('ubnd-tinh', 'status', '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e', '--json')
  t.equal(unknown.code, 1)
  t.match(unknown.json(), { error: { code: 'NOT_FOUND', status: 404, detail: { vi: String, en: String } } })
}

async function fetches (t: Test): Promise<void> {
  const folder = t.testdir({})
  await clientOf('so-noi-vu').inbox.drain(() => {})
  const message = documentMessage({ documentId: 'cli-4', to: ['H36.02'], attachments: [{ name: '../../tệp.pdf', content: Buffer.from('%PDF-1.7 a').toString('base64') }] })
  const { id } = await sender.send({ bytes: message })
  await sender.waitFor(id, 'available', { firstMs: 20 })
  const listed = await lienthong('so-noi-vu', 'inbox', '--json')
  t.match(listed.json(), { items: [{ package: { id } }] }, listed.stderr)
  const deliveryId = listed.json().items[0].deliveryId as string
  const saved = await eventually(async () => {
    const run = await lienthong('so-noi-vu', 'inbox', '--drain', folder, '--files', '--json', '--lock', '1')
    return run.json().saved.length === 1 && run
  })
  t.match(saved.json(), { saved: [deliveryId], acknowledged: [], failed: [] })
  t.equal((await sender.package(id)).deliveries[0]?.state, 'available')
  t.equal(await readFile(join(folder, deliveryId, 'content.xml'), 'utf8'), message)
  t.strictSame((await readdir(join(folder, deliveryId, 'files'))).map(name => name.normalize()), ['1-_.._tệp.pdf'])
  t.equal((JSON.parse(await readFile(join(folder, deliveryId, 'item.json'), 'utf8')) as { deliveryId: string }).deliveryId, deliveryId)
  await writeFile(join(folder, deliveryId, 'content.xml'), 'taken')
  const acknowledged = await eventually(async () => {
    const run = await lienthong('so-noi-vu', 'inbox', '--drain', folder, '--ack', '--json')
    return run.json().acknowledged.length === 1 && run
  })
  t.match(acknowledged.json(), { saved: [], known: [deliveryId], acknowledged: [deliveryId] })
  t.equal(await readFile(join(folder, deliveryId, 'content.xml'), 'utf8'), 'taken', 'what is there is not fetched again')
  t.equal((await sender.package(id)).deliveries[0]?.state, 'delivered')
  t.strictSame(await readdir(folder), [deliveryId], 'nothing half-made is left')
}

await t.test('a hub that is not there is told by the exit code', async t => {
  const run = await runNode({}, COMMANDS, 'status', 'x', '--url', 'http://127.0.0.1:9', '--key', 'k')
  t.equal(run.code, 3)
  t.match(run.stderr, /Không kết nối được với http:\/\/127\.0\.0\.1:9/)
})
