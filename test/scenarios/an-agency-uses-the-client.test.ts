// Promise: an agency's program needs lienthong/client and nothing else: files stream, nothing is lost
// when a reader dies, and a webhook is told from a forgery. A whole hub over real HTTP.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { ApiError, createClient, dossierFile, Rejection, SignatureError, verifyWebhook, type Client } from '../../src/client/index.js'
import { openProvince, runHub } from '../support/hub.js'
import { runNode } from '../support/shell.js'
import { eventually } from '../support/time.js'
import { documentMessage } from '../unit/formats/edxml-messages.js'

const MEBIBYTE = 2 ** 20
const FILE_BYTES = 60 * MEBIBYTE
const MOST_GROWTH_MIB = 60
const isLinux = await access('/proc/self/clear_refs').then(() => true, () => false)

const province = await openProvince(t, 'embedded', config => ({ ...config, inbox: { ...config.inbox, lockMs: 1000 } }))
const hub = await runHub(t, province.config)
const keyOf = (id: string): string => province.keys.get(id) ?? ''
const clientOf = (id: string): Client => createClient({ url: hub.url, key: keyOf(id) })
const sender = clientOf('ubnd-tinh')

/** Sends to an agency that fetches, and waits until it can. */
async function deposit (documentId: string, to: string): Promise<string> {
  const { id } = await sender.send({ bytes: documentMessage({ documentId, to: [to] }) })
  await sender.waitFor(id, 'available', { firstMs: 20 })
  return id
}

await t.test('a document is sent, followed to its end, and told once more when it is sent again', async t => {
  const message = documentMessage({ documentId: 'client-1', to: ['H36.11', 'H36.999'] })
  const plan = await sender.validate({ bytes: message })
  t.strictSame([plan.valid, plan.deliveries.map(({ endpoint }) => endpoint)], [true, ['so-tu-phap', undefined]])
  const accepted = await sender.send({ bytes: message }, { idempotencyKey: 'client-1' })
  t.match(accepted, { repeated: false, deliveries: [{ to: 'H36.11', agency: 'H36.11' }, { to: 'H36.999', problem: { code: 'RECIPIENT_UNKNOWN' } }] })
  const seen = await sender.waitFor(accepted.id, 'ended', { firstMs: 20 })
  t.strictSame(seen.deliveries.map(({ state }) => state).sort(), ['delivered', 'refused'])
  await t.rejects(sender.waitFor(accepted.id, 'delivered'), { name: 'WaitError', why: 'ended' })
  t.match(await sender.recipients(accepted.id), { summary: { has: ['H36.11'], recipients: 2 } })
  const types: string[] = []
  for await (const { type } of sender.events(accepted.id)) types.push(type)
  t.ok(types[0] === 'package.accepted' && types.includes('delivery.delivered'), types.join())
  t.equal((await sender.send({ bytes: message }, { idempotencyKey: 'client-1' })).repeated, true)
  t.equal(await text(sender.content(accepted.id)), message)
  await t.rejects(sender.send({ bytes: '<other/>' }, { idempotencyKey: 'client-1' }), ApiError)
})

await t.test('a refusal says everything in both languages', async t => {
  const error = await clientOf('so-tai-chinh').validate({ bytes: documentMessage({ documentId: 'client-2', to: ['H36.11'] }).replace(/<edXML:Subject>[^<]*<\/edXML:Subject>|<Subject>[^<]*<\/Subject>/, '') }).catch((error: unknown) => error)
  if (!(error instanceof ApiError)) return t.fail('it was taken')
  t.match(error, { name: 'ApiError', status: 403, traceId: /^[0-9a-f]{32}$/ })
  t.ok(error.errors.length > 1, 'all faults at once')
  for (const { detail } of [error, ...error.errors]) t.ok(detail.vi !== detail.en && detail.vi !== '' && detail.en !== '', detail.vi)
  await t.rejects(createClient({ url: hub.url, key: 'wrong' }).package('0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e'), { code: 'UNAUTHENTICATED', status: 401 })
})

await t.test('a file of 60 MB is sent and fetched without being in memory', { skip: isLinux ? false : 'the kernel has no resettable peak counter' }, async t => {
  const folder = t.testdir({})
  const file = join(folder, 'ban-do.pdf')
  const piece = Buffer.alloc(MEBIBYTE, createHash('sha512').update('map').digest())
  await writeFile(file, (function * () { for (let n = 0; n < FILE_BYTES / MEBIBYTE; n++) { piece.write(`%PDF-${n}`); yield piece } })())
  const { HashTepTin, size } = await dossierFile(file)
  const dossier = {
    packageId: 'client-large', kind: 'result', from: 'H36', to: ['H36.02'], MaHoSo: '000.00.11.H36-260316-0007',
    ThanhPhanHoSo: [{ MaThanhPhanHoSo: 'KQ.1', TenThanhPhanHoSo: 'Bản đồ', LoaiBan: '2', GiayToDinhKem: [{ TenGiayTo: 'ban-do.pdf', HashTepTin, size }] }]
  }
  // A process of its own, so that the hub's memory is not counted; it sends, waits, and fetches again.
  const program = `
    import { createHash } from 'node:crypto'
    import { readFile, writeFile } from 'node:fs/promises'
    import { createClient } from 'lienthong/client'
    const memory = async name => Number(new RegExp(name + ':\\\\s+(\\\\d+)').exec(await readFile('/proc/self/status', 'utf8'))[1]) / 1024
    const [url, senderKey, fetcherKey, file] = process.argv.slice(2)
    const sender = createClient({ url, key: senderKey })
    for await (const each of sender.packages()) { await sender.package(each.id); break }
    await writeFile('/proc/self/clear_refs', '5')
    const before = await memory('VmHWM')
    const { id } = await sender.send({ parts: [{ json: ${JSON.stringify(dossier)} }, { file }] })
    await sender.waitFor(id, 'available', { firstMs: 50 })
    const hash = createHash('sha256')
    for await (const chunk of createClient({ url, key: fetcherKey }).attachment(id, 1)) hash.update(chunk)
    console.log(JSON.stringify({ before, growth: await memory('VmHWM') - before, sha256: hash.digest('hex') }))`
  await writeFile(join(folder, 'program.mjs'), program)
  const { stdout, stderr } = await runNode({}, join(folder, 'program.mjs'), hub.url, keyOf('ubnd-tinh'), keyOf('so-noi-vu'), file)
  t.equal(stderr, '')
  const { before, growth, sha256 } = JSON.parse(stdout) as { before: number, growth: number, sha256: string }
  t.comment(`${before.toFixed(0)} MiB before, peak +${growth.toFixed(0)} MiB`)
  t.equal(sha256, HashTepTin)
  t.ok(growth < MOST_GROWTH_MIB, `grew by ${growth.toFixed(0)} MiB, less than ${MOST_GROWTH_MIB}`)
  await t.rejects(createClient({ url: hub.url, key: 'wrong', retries: { attempts: 1 } }).send({ parts: [{ json: dossier }, { file }] }), { code: 'UNAUTHENTICATED' }, 'an early refusal is read, though most of the body has not gone')
  await clientOf('so-noi-vu').inbox.drain(() => {})
})

await t.test('a reader that dies in the middle loses nothing: what it had not acknowledged comes again', async t => {
  const ids = [await deposit('client-3a', 'H36.02'), await deposit('client-3b', 'H36.02'), await deposit('client-3c', 'H36.02')]
  const folder = t.testdir({
    'reader.mjs': `
      import { appendFile } from 'node:fs/promises'
      import { text } from 'node:stream/consumers'
      import { createClient } from 'lienthong/client'
      const [url, key, diary] = process.argv.slice(2)
      await createClient({ url, key }).inbox.drain(async ({ package: { id } }, content) => {
        await text(content)
        await appendFile(diary, id + '\\n')
        if ((await import('node:fs')).readFileSync(diary, 'utf8').split('\\n').length === 3) process.kill(process.pid, 'SIGKILL')
      }, { lockSeconds: 1 })`
  })
  const diary = join(folder, 'diary.txt')
  const reader = spawn(process.execPath, [join(folder, 'reader.mjs'), hub.url, keyOf('so-noi-vu'), diary], { stdio: 'ignore' })
  await new Promise(resolve => { reader.once('exit', resolve) })
  t.equal(reader.signalCode, 'SIGKILL')
  t.strictSame((await readFile(diary, 'utf8')).trim().split('\n'), ids.slice(0, 2), 'it had taken two, and acknowledged one')
  t.strictSame(await Promise.all(ids.map(async id => (await sender.package(id)).deliveries[0]?.state)), ['delivered', 'available', 'available'])
  const again: string[] = []
  await eventually(async () => {
    await clientOf('so-noi-vu').inbox.drain(({ package: { id } }) => { again.push(id) })
    return again.length >= 2
  })
  t.strictSame(again, ids.slice(1), 'the second came twice, the third once')
  for (const id of ids) t.equal((await sender.package(id)).deliveries[0]?.state, 'delivered')
})

await t.test('a rejection reaches the sender with its reason', async t => {
  const id = await deposit('client-4', 'H36.02')
  await clientOf('so-noi-vu').inbox.drain(() => { throw new Rejection('Gửi nhầm cơ quan nhận.') })
  t.match((await sender.package(id)).deliveries[0], { state: 'refused', problem: { code: 'RECIPIENT_REFUSED', detail: 'Gửi nhầm cơ quan nhận.' } })
})

await t.test('a real webhook is verified, a changed one is not', async t => {
  const received = await eventually(() => province.receivers.get('so-tu-phap')?.received().find(({ body }) => body !== undefined))
  const secret = String(province.config.endpoints.find(({ id }) => id === 'so-tu-phap')?.settings['secret'])
  const body = received.body ?? Buffer.alloc(0)
  t.match(verifyWebhook(received.headers, body, ['another-secret-of-the-receiver', secret]), { deliveryId: received.headers['idempotency-key'], sha256: received.sha256 })
  t.throws(() => verifyWebhook(received.headers, Buffer.concat([body, Buffer.from(' ')]), secret), SignatureError)
  t.throws(() => verifyWebhook({ ...received.headers, 'webhook-id': 'x' }, body, secret), SignatureError)
  t.throws(() => verifyWebhook(received.headers, body, secret, { now: Date.now() + 400_000 }), { name: 'SignatureError', why: 'expired' })
})
