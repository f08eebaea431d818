// A dossier that came in a partner's format (dvcqg, noihoso, dvclt) → canonical model. The message is read by the codec of
// the format; what a dossier must hold is the same as for every other.
import { createHash } from 'node:crypto'
import type { Dossier } from '../../model/generated.js'
import type { Fault } from '../../model/problem.js'
import { text } from '../../model/text.js'
import type { KnownFile, Read, ReadFile, WireContext, WireName } from '../../ports/dossier-wire.js'
import type { Codec, DecodeContext, Decoded } from '../codec.js'
import { DVCLT_FILE_FIELDS } from '../dossier/dvclt-stream.js'
import { receiveFiles, type ReceivedFile } from '../dossier/files.js'
import { dossierEnvelope, settleDossier } from '../dossier/settle.js'
import { placeOf } from '../dossier/wire-reader.js'
import { DOSSIER_WIRES } from '../dossier/wire.js'
import { toFault } from '../findings.js'
import { type CutFiles, restoreFiles } from '../inline-files.js'
import { isJsonObject, own } from '../json-object.js'
import { readJsonWithFiles } from '../json-files.js'
import { createPayloadWriter, settlePlain } from '../payload.js'

const MEDIA_TYPE = 'application/json'
const NO_FIELDS: ReadonlySet<string> = new Set()
const MOST_LOSSES = 200

/** What the message itself may leave open. */
export interface WireFacts {
  /** Code of the agency that it comes from, where it is settled. */
  from?: string
  to?: readonly string[]
  /** Code of the agency that a unit of the message stands for, when it is one that the sender may speak for. */
  senderOf: (unit: string) => string | undefined
}

export function wireCodec (name: WireName, facts: WireFacts): Codec {
  return {
    format: 'translated',
    mediaType: MEDIA_TYPE,
    accepts: () => true,
    async decode (content, files, context) {
      const { value, faults, files: cut } = await readJsonWithFiles(content, name === 'dvclt' ? DVCLT_FILE_FIELDS : NO_FIELDS, context)
      const received = await receiveFiles(files, context)
      const wireContext = contextOf(value, received, facts)
      const read = DOSSIER_WIRES[name].fromWire(restoreFiles(value, cut), wireContext)
      const translation = { name, ...(read.lossy.length === 0 ? {} : { lossy: read.lossy.slice(0, MOST_LOSSES).map(({ pointer }) => pointer) }) }
      const refused = [...faults, ...read.faults.map(explained), ...manyFaults(read)]
      const [dossier] = read.dossiers
      if (refused.length > 0 || dossier === undefined) return { ...emptyDossier(wireContext), warnings: [...read.warnings], faults: refused, translation }
      const all = [...received, ...await filesOf(read.files, cut, context)]
      const settled = settleDossier({ ...dossier, packageId: identifierOf(dossier) }, { faults: [], valueCount: 0, received: all }, context)
      const placed = (each: Fault): Fault => ({ ...each, pointer: placeOf(each.pointer, read.places[0] ?? []) })
      return {
        ...settled,
        warnings: [...read.warnings, ...settled.warnings.map(placed)],
        faults: settled.faults.map(placed),
        places: { sender: placeOf('/from', read.places[0] ?? []), recipient: index => placeOf(`/to/${index}`, read.places[0] ?? []), attachment: n => `/attachments/${n - 1}`, edxml: xpath => xpath },
        translation
      }
    }
  }
}

function contextOf (value: unknown, received: readonly ReceivedFile[], { from, to, senderOf }: WireFacts): WireContext {
  const unit = isJsonObject(value) ? own(value, 'madonvi') : undefined
  const sender = from ?? (typeof unit === 'string' ? senderOf(unit) : undefined) ?? senderOf('')
  const files = new Map<string, KnownFile>(received.flatMap(file => [[file.label, file], [file.sha256, file]]))
  return { ...(sender === undefined ? {} : { from: sender }), ...(to === undefined ? {} : { to }), files }
}

/** The dossier schema would only say that a field is empty that the message has not got. */
function explained (each: Fault): Fault {
  if (each.pointer === '/from') return { ...each, detail: text('Thông điệp không nêu cơ quan gửi; hãy khai báo translation.from hoặc thêm ?from=mã.', 'The message does not name its sender; set translation.from or add ?from=code.') }
  if (each.pointer === '/to') return { ...each, detail: text('Thông điệp không nêu cơ quan nhận; hãy khai báo translation.to hoặc thêm ?to=mã.', 'The message does not name its recipients; set translation.to or add ?to=code.') }
  return each
}

function manyFaults ({ dossiers }: Read): Fault[] {
  if (dossiers.length < 2) return []
  return [toFault({ code: 'FIELD_INVALID', pointer: '/data', detail: text('Mỗi lần gửi chỉ nhận một hồ sơ; hãy gửi từng hồ sơ.', 'One dossier is taken at a time; send each by itself.'), expected: '1', found: String(dossiers.length) })]
}

/** The same content to other recipients is another package. */
function identifierOf ({ packageId, MaHoSo, from, to }: Dossier): string {
  return `${MaHoSo}/${createHash('sha256').update(JSON.stringify([packageId, from, to])).digest('hex').slice(0, 32)}`
}

function emptyDossier ({ from, to }: WireContext): Pick<Decoded, 'envelope' | 'content' | 'attachments'> {
  const dossier = { from: from ?? '', to: [...to ?? []] }
  return { envelope: dossierEnvelope(dossier), content: { kind: 'dossier', dossier: dossier as unknown as Dossier }, attachments: [] }
}

/** Files of the message: most were cut out of it; one inside a text of JSON is in memory still. */
async function filesOf (files: readonly ReadFile[], cut: CutFiles, context: DecodeContext): Promise<ReceivedFile[]> {
  const spooled = [...cut.values()].flatMap(({ file }) => file ?? [])
  const taken: ReceivedFile[] = []
  for (const { name, sha256, bytes } of files) {
    const file = spooled.find(other => other.sha256 === sha256)
    if (file !== undefined) {
      taken.push({ ...file, label: name, declaredType: '' })
    } else if (bytes !== undefined) {
      const writer = await createPayloadWriter(context)
      await writer.write(bytes)
      taken.push({ ...await settlePlain(writer, name), spool: writer.spool, label: name, declaredType: '' })
    }
  }
  return taken
}
