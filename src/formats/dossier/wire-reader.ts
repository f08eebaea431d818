// Reads parsed JSON of a partner without trusting it: every access is to an own property, every wrong type a fault with
// its place, every odd but readable value a warning, every field without a home a loss.
import { createHash } from 'node:crypto'
import type { Dossier } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { escapePointer, faultsOf } from '../../schema.js'
import { createFindings, type Findings } from '../findings.js'
import { isJsonObject as isObject, type JsonObject, own } from '../json-object.js'
import type { Loss, Read, ReadFile, WireContext, WirePlaces } from '../../ports/dossier-wire.js'

export { isObject, type JsonObject, own }

const MAX_DEPTH = 64
const MAX_LOSSES = 200
/** Names that change the object itself where they are copied carelessly. */
const HARMFUL_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

export interface WireReader extends Findings {
  readonly lossy: Loss[]
  lose (pointer: string, vi: string, en: string): void
  refuse (pointer: string, expected: string, found: unknown): void
  /** Undefined, with a fault, when `value` is no object. */
  object (value: unknown, pointer: string): JsonObject | undefined
  /** Empty for an absent or null list; a fault for anything else that is none. */
  list (value: unknown, pointer: string): readonly unknown[]
  /** The text of a field; numbers and booleans are read with a warning. Absent, null and empty are undefined. */
  text (from: JsonObject, name: string, pointer: string): string | undefined
  /** As `text`, for fields whose natural form is a number: no warning. */
  code (from: JsonObject, name: string, pointer: string): string | undefined
  /** As `text`, and a fault when there is none. */
  required (from: JsonObject, name: string, pointer: string): string | undefined
  /** An instant in the partner's form as yyyyMMddHHmmss; a fault when it is none. */
  stamp (from: JsonObject, name: string, place: { pointer: string, parse: (written: string) => string | undefined, expected: string }): string | undefined
  /** Names that are not in `known` are losses, with a warning. */
  others (from: JsonObject, known: readonly string[], pointer: string): void
  /** Faults for names in free-form content that harm careless readers, and for content that nests too deep. */
  free (value: unknown, pointer: string): void
}

/** The way to a step below. */
export function below (pointer: string, step: string | number): string {
  return `${pointer}/${escapePointer(String(step))}`
}

export function createWireReader (): WireReader {
  const findings = createFindings()
  const lossy: Loss[] = []
  const reader: WireReader = {
    ...findings,
    lossy,
    lose (pointer, vi, en) {
      if (lossy.length < MAX_LOSSES) lossy.push({ pointer, reason: text(vi, en) })
    },
    refuse (pointer, expected, found) {
      findings.add('reject', { code: 'FIELD_INVALID', pointer, detail: text(`Giá trị không hợp lệ, cần: ${expected}.`, `The value is not valid; expected: ${expected}.`), expected, found: shown(found) })
    },
    object (value, pointer) {
      if (isObject(value)) return value
      reader.refuse(pointer, 'an object', value)
      return undefined
    },
    list (value, pointer) {
      if (value === undefined || value === null) return []
      if (Array.isArray(value)) return value as unknown[]
      reader.refuse(pointer, 'a list', value)
      return []
    },
    text: (from, name, pointer) => readText(reader, own(from, name), below(pointer, name)),
    code (from, name, pointer) {
      const value = own(from, name)
      return Number.isSafeInteger(value) ? String(value) : readText(reader, value, below(pointer, name))
    },
    required (from, name, pointer) {
      const value = reader.code(from, name, pointer)
      if (value === undefined && typeof own(from, name) !== 'object') addMissing(reader, below(pointer, name))
      return value
    },
    stamp (from, name, { pointer, parse, expected }) {
      const written = reader.text(from, name, pointer)
      const stamp = written === undefined ? undefined : parse(written)
      if (written !== undefined && stamp === undefined) reader.refuse(below(pointer, name), expected, written)
      return stamp
    },
    others: (from, known, pointer) => { readOthers(reader, from, { known, pointer }) },
    free (value, pointer) { walk(reader, { value, pointer, depth: 0 }) }
  }
  return reader
}

export function addMissing (findings: Findings, pointer: string): void {
  findings.add('reject', { code: 'FIELD_MISSING', pointer, detail: text('Thiếu trường bắt buộc này.', 'This required field is missing.') })
}

function readText (reader: WireReader, value: unknown, pointer: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) {
    reader.add('warn', { code: 'FIELD_INVALID', pointer, detail: text('Giá trị phải là chuỗi; đọc như chuỗi.', 'The value should be a text; read as one.'), expected: 'a text', found: String(value) })
    return value === true ? 'True' : value === false ? 'False' : String(value)
  }
  reader.refuse(pointer, 'a text', value)
  return undefined
}

function readOthers (reader: WireReader, from: JsonObject, { known, pointer }: { known: readonly string[], pointer: string }): void {
  for (const name of Object.keys(from)) {
    if (known.includes(name)) continue
    const at = below(pointer, name)
    if (HARMFUL_NAMES.has(name)) {
      addHarmful(reader, at)
    } else {
      reader.lose(at, 'Trường này không có chỗ trong gói hồ sơ.', 'The dossier package has no place for this field.')
      reader.add('warn', { code: 'FIELD_UNKNOWN', pointer: at, detail: text('Trường này không có trong định nghĩa; bỏ qua.', 'This field is not defined; left out.') })
    }
  }
}

function addHarmful (reader: WireReader, pointer: string): void {
  reader.add('reject', { code: 'FIELD_UNKNOWN', pointer, detail: text('Tên trường này không được phép.', 'This name of a field is not allowed.') })
}

function walk (reader: WireReader, { value, pointer, depth }: { value: unknown, pointer: string, depth: number }): void {
  if (typeof value !== 'object' || value === null) return
  if (depth >= MAX_DEPTH) { reader.refuse(pointer, `at most ${MAX_DEPTH} levels`, value); return }
  for (const name of Object.keys(value)) {
    const at = below(pointer, name)
    if (HARMFUL_NAMES.has(name)) addHarmful(reader, at)
    else walk(reader, { value: (value as JsonObject)[name], pointer: at, depth: depth + 1 })
  }
}

function shown (value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'string' ? value : String(value)
}

/** A dossier that was read, and where its parts stood in the message: [pointer in the dossier, pointer in the message]. */
export interface Sourced { readonly dossier: Dossier, readonly places: WirePlaces }

/** The result of reading: every dossier is held against the schema, what fails is told in terms of the message. */
export function finishRead (reader: WireReader, sourced: readonly Sourced[], files: readonly ReadFile[] = []): Read {
  // What is known to be wrong already would only be told again.
  const sound = reader.faults.length === 0
  for (const { dossier, places } of sound ? sourced : []) {
    for (const found of faultsOf('dossier', dossier)) if (reader.faults.length < MAX_LOSSES) reader.faults.push({ ...found, pointer: placeOf(found.pointer, places) })
  }
  const whole = reader.faults.length === 0
  return { dossiers: whole ? sourced.map(({ dossier }) => dossier) : [], places: sourced.map(({ places }) => places), files: whole ? files : [], lossy: reader.lossy, warnings: reader.warnings, faults: reader.faults }
}

/** A pointer into the dossier as one into the message; unchanged when the message has no such place. */
export function placeOf (pointer: string, places: WirePlaces): string {
  const known = places.filter(([canonical]) => canonical === '' || pointer === canonical || pointer.startsWith(`${canonical}/`)).sort(([a], [b]) => b.length - a.length)[0]
  return known === undefined ? pointer : `${known[1]}${pointer.slice(known[0].length)}`
}

/** The routing facts of a package that was read. The identifier is the same for the same content. */
export function headerOf (context: WireContext, kind: Dossier['kind'], content: { code: string, parts: unknown, to?: readonly string[] }): Pick<Dossier, 'packageId' | 'kind' | 'from' | 'to' | 'MaHoSo' | 'MaHoSoKhac' | 'sentAt'> {
  const { code, parts } = content
  const ownCode = context.ownCodeOf?.(code)
  const digest = (): string => createHash('sha256').update(JSON.stringify([kind, code, parts])).digest('hex').slice(0, 32)
  return {
    packageId: context.packageId ?? `${code}/${digest()}`,
    kind,
    from: context.from ?? '',
    to: [...content.to ?? context.to ?? []],
    MaHoSo: ownCode ?? code,
    ...(ownCode === undefined || ownCode === code ? {} : { MaHoSoKhac: code }),
    ...(context.sentAt === undefined ? {} : { sentAt: context.sentAt })
  }
}
