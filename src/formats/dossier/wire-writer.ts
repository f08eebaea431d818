// Writes what a partner gets: losses and faults collected, files as markers that become base64 while the body is streamed.
import type { Dossier } from '../../model/generated.js'
import { text, type Text } from '../../model/text.js'
import type { Consequence } from '../check.js'
import { createFindings, type Finding } from '../findings.js'
import type { Loss, WireCall, Written } from '../../ports/dossier-wire.js'

export interface WireWriter {
  /** Notes what the format has no place for; nothing when the value is absent or empty. */
  lose (pointer: string, value: unknown, reason?: Text): void
  add (consequence: Consequence, finding: Finding): void
  call (service: string, body: unknown): void
  /** The text that stands for the content of a file in the body of the next call. */
  marker (sha256: string): string
  finish (): Written
}

const NO_PLACE = text('Định dạng này không có chỗ cho trường này.', 'This format has no place for the field.')

/** A writer for one dossier; its markers are texts that occur nowhere in it. */
export function createWireWriter (dossier: Dossier): WireWriter {
  const findings = createFindings()
  const lossy: Loss[] = []
  const calls: WireCall[] = []
  let files: Array<{ marker: string, sha256: string }> = []
  let stem: string | undefined
  return {
    lose (pointer, value, reason = NO_PLACE) {
      if (value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)) lossy.push({ pointer, reason })
    },
    add: findings.add,
    call (service, body) {
      calls.push({ service, body, files })
      files = []
    },
    marker (sha256) {
      stem ??= unusedStem(JSON.stringify(dossier))
      const marker = `${stem}${files.length}~`
      files.push({ marker, sha256 })
      return marker
    },
    finish: () => ({ calls: findings.faults.length === 0 ? calls : [], lossy, warnings: findings.warnings, faults: findings.faults })
  }
}

/** Letters, digits and `~` only: JSON writes them unchanged, however often it is nested in itself. */
function unusedStem (json: string): string {
  let number = 0
  while (json.includes(`~file${number}~`)) number++
  return `~file${number}~`
}

/** Header facts that no partner's format carries: the way a message goes says who sent it, and when. */
export function loseHeader (writer: WireWriter, dossier: Dossier, carried: ReadonlyArray<keyof Dossier>): void {
  const header = ['packageId', 'from', 'to', 'MaHoSoKhac', 'MaTTHC', 'inReplyTo', 'sentAt', 'deadlineAt', 'role', 'priority', 'reason', 'HoSo', 'TienDo', 'ThanhPhanHoSo', 'ThoiHan', 'NguoiNop', 'BieuMau'] as const
  for (const name of header) if (!carried.includes(name)) writer.lose(`/${name}`, dossier[name])
}

/** Why a dossier cannot be written at all. */
export function refuseKind (writer: WireWriter, { kind }: Dossier, format: string): void {
  writer.add('reject', { code: 'FIELD_INVALID', pointer: '/kind', detail: text(`Định dạng ${format} không chuyển được gói loại "${kind}" với nội dung này.`, `The format ${format} cannot carry a package of kind "${kind}" with this content.`), found: kind })
}

/**
 * The bytes of a request. Each marker is replaced by the base64 of its file, streamed; memory does not grow with the files.
 * Rejects as `open` does.
 */
export async function * writeBody ({ body, files }: WireCall, open: (sha256: string) => Promise<AsyncIterable<Uint8Array>>): AsyncGenerator<Buffer> {
  let rest = JSON.stringify(body)
  for (const { marker, sha256 } of files) {
    const at = rest.indexOf(marker)
    if (at < 0) continue
    yield Buffer.from(rest.slice(0, at))
    yield * toBase64(await open(sha256))
    rest = rest.slice(at + marker.length)
  }
  yield Buffer.from(rest)
}

async function * toBase64 (bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0)
  for await (const chunk of bytes) {
    const all = held.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([held, chunk])
    // Only whole groups of three: padding belongs at the end.
    const whole = all.length - all.length % 3
    held = Buffer.from(all.subarray(whole))
    if (whole > 0) yield Buffer.from(all.toString('base64', 0, whole), 'latin1')
  }
  if (held.length > 0) yield Buffer.from(held.toString('base64'), 'latin1')
}
