// Promise: memory does not grow with the size of a package. Measured on a hub process by the kernel's own peak counter.
import { createHash } from 'node:crypto'
import { access, readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { openProvince, spawnHub, type HubProcess, type TestProvince } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { call, FORM, XML } from '../support/wire.js'
import { documentMessage } from '../unit/formats/edxml-messages.js'

const MEBIBYTE = 2 ** 20
const FILE_BYTES = 50 * MEBIBYTE
const MOST_GROWTH_MIB = 80
/** Two webhook recipients, one that fetches. */
const RECIPIENTS = ['H36.11', 'H36.101', 'H36.02']
const MARK = 'Q09OVEVOVA=='

const isLinux = await access('/proc/self/clear_refs').then(() => true, () => false)

/** Bytes that no compression makes small, the same at every call, never all in memory: a PDF by its first bytes. */
function * fileBytes (): Generator<Buffer> {
  const block = createHash('sha512').update('lienthong').digest()
  for (let sent = 0; sent < FILE_BYTES; sent += 48 * 1024) {
    const size = Math.min(48 * 1024, FILE_BYTES - sent)
    const piece = Buffer.alloc(size, block)
    if (sent === 0) piece.write('%PDF-1.7\n')
    else piece.writeUInt32LE(sent)
    yield piece
  }
}

function * messageBytes (documentId: string): Generator<Buffer> {
  const [head = '', tail = ''] = documentMessage({ documentId, to: RECIPIENTS, attachments: [{ name: 'ban-do.pdf', content: MARK }] }).split(MARK)
  yield Buffer.from(head)
  // 48 KiB are whole groups of three bytes but for the last piece, so the pieces of base64 can be joined.
  for (const piece of fileBytes()) yield Buffer.from(piece.toString('base64'))
  yield Buffer.from(tail)
}

function * formOfMessage (documentId: string): Generator<Buffer> {
  yield Buffer.from('--b\r\nContent-Disposition: form-data; name="file_doc"; filename="a.edxml"\r\nContent-Type: application/xml\r\n\r\n')
  yield * messageBytes(documentId)
  yield Buffer.from('\r\n--b--\r\n')
}

function * formOfDossier (packageId: string): Generator<Buffer> {
  const file = { TenGiayTo: 'ban-do.pdf', HashTepTin: sha256(fileBytes()), size: FILE_BYTES }
  const dossier = {
    packageId, kind: 'result', from: 'H36', to: RECIPIENTS, MaHoSo: '000.00.11.H36-260316-0007',
    ThanhPhanHoSo: [{ MaThanhPhanHoSo: 'KQ.1', TenThanhPhanHoSo: 'Bản đồ', LoaiBan: '2', GiayToDinhKem: [file] }]
  }
  yield Buffer.from(`--b\r\nContent-Disposition: form-data; name="package"\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(dossier)}\r\n`)
  yield Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="ban-do.pdf"\r\nContent-Type: application/pdf\r\n\r\n')
  yield * fileBytes()
  yield Buffer.from('\r\n--b--\r\n')
}

function sha256 (pieces: Iterable<Buffer>): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

/** Hash of a download that is not kept. */
async function download (url: string, key: string): Promise<string> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } })
  if (!response.ok || response.body === null) return `${response.status}`
  const hash = createHash('sha256')
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) hash.update(piece)
  return hash.digest('hex')
}

async function memoryOf ({ child }: HubProcess, name: 'VmHWM' | 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024
}

/** Sends one package through the whole hub and downloads everything; returns its hashes as the receivers saw them. */
async function exchange (hub: HubProcess, province: TestProvince, { headers, body }: { headers: Record<string, string>, body: () => Iterable<Buffer> }): Promise<{ original: Set<string>, file: string }> {
  const keyOf = (id: string): string => province.keys.get(id) ?? ''
  const accepted = await call(`${hub.url}/v1/packages`, { key: keyOf('ubnd-tinh'), headers, body: ReadableStream.from(body()) as unknown as ReadableStream<Uint8Array> })
  if (accepted.status !== 202) throw new Error(JSON.stringify(accepted.json))
  const id = accepted.json['id'] as string
  const received = await eventually(() => {
    const all = ['so-tu-phap', 'xa-duc-trong'].flatMap(endpoint => province.receivers.get(endpoint)?.received().filter(({ packageId }) => packageId === id) ?? [])
    return all.length === 2 && all
  }, 60_000)
  const fetcher = keyOf('so-noi-vu')
  const item = await eventually(async () => (await call(`${hub.url}/v1/inbox`, { key: fetcher })).json['items'].find((each: { package: { id: string } }) => each.package.id === id) as { deliveryId: string } | undefined)
  const content = await download(`${hub.url}/v1/inbox/${item.deliveryId}/content`, fetcher)
  const original = await download(`${hub.url}/v1/packages/${id}/content`, keyOf('ubnd-tinh'))
  const file = await download(`${hub.url}/v1/packages/${id}/attachments/1`, fetcher)
  return { original: new Set([...received.map(each => each.sha256), content, original]), file }
}

await t.test('a package of 50 MB', { skip: isLinux ? false : 'the kernel has no resettable peak counter' }, async t => {
  const province = await openProvince(t, 'embedded', config => ({ ...config, inbox: { ...config.inbox, lockMs: 1000 } }))
  const hub = await spawnHub(t, province.config)
  for (let n = 0; n < 30; n++) {
    const small = documentMessage({ documentId: `small-${n}`, to: RECIPIENTS, attachments: [{ name: 'a.pdf', content: Buffer.alloc(300_000, '%PDF-').toString('base64') }] })
    await exchange(hub, province, { headers: XML, body: () => [Buffer.from(small)] })
  }
  const file = sha256(fileBytes())
  const ways: Array<[string, Record<string, string>, () => Iterable<Buffer>, string | undefined]> = [
    ['as XML', XML, () => messageBytes('large-1'), sha256(messageBytes('large-1'))],
    ['as XML in a form', FORM, () => formOfMessage('large-2'), sha256(messageBytes('large-2'))],
    ['as a dossier with its file', FORM, () => formOfDossier('large-3'), undefined]
  ]
  for (const [name, headers, body, expected] of ways) {
    await writeFile(`/proc/${hub.child.pid}/clear_refs`, '5')
    const before = await memoryOf(hub, 'VmHWM')
    const startedAt = performance.now()
    const hashes = await exchange(hub, province, { headers, body })
    const tookMs = performance.now() - startedAt
    const growth = await memoryOf(hub, 'VmHWM') - before
    t.comment(`${name}: ${before.toFixed(0)} MiB before, peak +${growth.toFixed(0)} MiB, ${tookMs.toFixed(0)} ms`)
    t.equal(hashes.original.size, 1, `${name}: every recipient has the same bytes`)
    if (expected !== undefined) t.ok(hashes.original.has(expected), `${name}: they are the bytes that were sent`)
    t.equal(hashes.file, file, `${name}: the file is the file`)
    t.ok(growth < MOST_GROWTH_MIB, `${name}: grew by ${growth.toFixed(0)} MiB, less than ${MOST_GROWTH_MIB}`)
  }
})
