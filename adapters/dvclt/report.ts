// Outbound: the status of a dossier goes back to the linked services, one message a step; a dossier goes to the sector system;
// an acknowledgement confirms receipt. Files are streamed into the requests as base64.
import { Readable } from 'node:stream'
import { type AdapterKit, delivered, type Dossier, fileStandIn, openProgress, type OutboundDelivery, type Outcome, problem, refused, text, type WireCall } from 'lienthong/adapter'
import type { Records } from './records.js'
import type { Side, ServiceSettings } from './services.js'

const PUSH = 'chuyennganh'
const CONFIRM = 'xacnhan'
const JSON_TYPE = 'application/json'
/** trangThai: a supplement is asked for. */
const SUPPLEMENT = 2

export interface Reporting { main: Side, status: Side, kit: AdapterKit, records: Records, settings: Pick<ServiceSettings, 'paths'> }

/** One attempt. Rejects as the kit does when there is no answer, a file cannot be read, or the memory is away. */
export async function reportDossier (delivery: OutboundDelivery, reporting: Reporting, signal: AbortSignal): Promise<Outcome> {
  const { content } = delivery
  if (content.kind !== 'dossier') return refused(problem('TRANSFORM_FAILED', text('Dịch vụ liên thông chỉ nhận hồ sơ.', 'The linked services take dossiers only.')))
  if (content.dossier.kind === 'ack') return await confirm(content.dossier, { delivery, reporting, signal })
  const dossier = await withLinkedCode(content.dossier, reporting.records)
  const { calls, faults } = reporting.kit.codecs.dossier.wires.dvclt.toWire(dossier, { party: 'sector' })
  const [wrong] = faults
  if (wrong !== undefined) return refused(problem('TRANSFORM_FAILED', wrong.detail))
  if (calls[0]?.service === PUSH && reporting.settings.paths.push === '') {
    return refused(problem('TRANSFORM_FAILED', text('Điểm kết nối này không gửi hồ sơ sang hệ thống chuyên ngành (thiếu paths.push).', 'This endpoint hands no dossiers to a sector system (paths.push is not set).')))
  }
  const progress = await openProgress(delivery.deliveryId, reporting.kit)
  for (const [index, call] of calls.entries()) {
    if (index < progress.done) continue
    const failed = await send(call, { delivery, reporting, signal })
    if (failed !== undefined) return failed
    if (calls.length > 1) await progress.note(index + 1)
  }
  await remember(dossier, calls, reporting.records)
  return delivered()
}

/** The linked services know a dossier by their own code; who answers may not know it, or may go by it alone. */
async function withLinkedCode (dossier: Dossier, records: Records): Promise<Dossier> {
  if (dossier.MaHoSoKhac !== undefined && dossier.MaHoSoKhac !== '') return dossier
  const MaHoSoKhac = await records.linkedCode(dossier.MaHoSo)
  return MaHoSoKhac === undefined ? dossier : { ...dossier, MaHoSoKhac }
}

async function remember ({ MaHoSo, MaHoSoKhac = '' }: Dossier, calls: readonly WireCall[], records: Records): Promise<void> {
  if (MaHoSoKhac === '') return
  await records.join(MaHoSo, MaHoSoKhac)
  const offer = await records.offer(MaHoSoKhac)
  const awaits = (calls.at(-1)?.body as { trangThai?: unknown } | undefined)?.trangThai === SUPPLEMENT
  // Written in any case: it is remembered from its last report on.
  if (offer !== undefined) await records.write(MaHoSoKhac, { ...offer, awaits })
}

async function confirm ({ MaHoSo, MaHoSoKhac }: Dossier, { delivery, reporting: { main, records, kit, settings }, signal }: Sending): Promise<Outcome> {
  const code = MaHoSoKhac ?? await records.linkedCode(MaHoSo)
  const offer = code === undefined ? undefined : await records.offer(code)
  if (code === undefined || offer === undefined) {
    return refused(problem('ENDPOINT_REFUSED', text(`Hồ sơ ${MaHoSo} không đến từ dịch vụ liên thông.`, `The dossier ${MaHoSo} did not come from the linked services.`)))
  }
  if (offer.fate === 'stored') {
    const failed = await main.send(confirmation(offer.id, settings, { signal, noteSent: delivery.noteSent }))
    if (failed !== undefined) return failed
    await records.write(code, { ...offer, fate: 'confirmed', at: kit.now() })
  }
  return delivered(offer.id)
}

/** Receipt of the dossier with that identifier. */
export function confirmation (id: string, { paths }: Reporting['settings'], { signal, noteSent }: { signal: AbortSignal, noteSent?: OutboundDelivery['noteSent'] }): Parameters<Side['send']>[0] {
  const bytes = Buffer.from(JSON.stringify({ id }))
  return {
    method: 'POST', path: paths.confirm.replaceAll('{id}', encodeURIComponent(id)), signal,
    headers: { 'content-type': JSON_TYPE, 'content-length': String(bytes.length) }, body: () => bytes,
    note: () => { noteSent?.({ call: CONFIRM, mediaType: JSON_TYPE, body: bytes }) }
  }
}

interface Sending { delivery: OutboundDelivery, reporting: Reporting, signal: AbortSignal }

async function send (call: WireCall, { delivery, reporting, signal }: Sending): Promise<Outcome | undefined> {
  const { main, status, kit, settings } = reporting
  const { attachments, deliveryId, traceparent } = delivery
  const fileOf = (sha256: string): OutboundDelivery['attachments'][number] => {
    const found = attachments.find(attachment => attachment.sha256 === sha256)
    if (found === undefined) throw new Error('the package has no file that its dossier names')
    return found
  }
  const isPush = call.service === PUSH
  // Known beforehand, so that nobody has to understand chunks: a marker has the length of its characters, base64 that of its file.
  const size = call.files.reduce((sum, { marker, sha256 }) => sum - marker.length + 4 * Math.ceil(fileOf(sha256).size / 3), Buffer.byteLength(JSON.stringify(call.body)))
  return await (isPush ? main : status).send({
    method: 'POST',
    path: isPush ? settings.paths.push : settings.paths.status,
    signal,
    headers: { 'content-type': JSON_TYPE, 'content-length': String(size), 'idempotency-key': deliveryId, traceparent },
    note: () => { delivery.noteSent({ call: call.service, mediaType: JSON_TYPE, body: withoutFiles(call) }) },
    body: () => Readable.from(kit.codecs.dossier.writeBody(call, async sha256 => await delivery.openAttachment(fileOf(sha256).n)), { objectMode: false })
  })
}

/** The body with the hash of each file where its base64 goes. */
function withoutFiles ({ body, files }: WireCall): Buffer {
  return Buffer.from(files.reduce((json, { marker, sha256 }) => json.replace(marker, fileStandIn(sha256)), JSON.stringify(body)))
}
