// What the database said, as a canonical result: named fields and nothing else. An answer that cannot be read is no answer; it
// must never look like "there is no such person".
import { answered, plain, problem, type ServiceOutcome, text } from 'lienthong/adapter'
import type { Settings, SoapOperation } from './settings.js'
import { attribute, children, descendants, type Node, textOf } from './xml.js'

/** A parent, as far as the database tells. */
export interface Relative { soDinhDanh?: string, soCMND?: string, hoVaTen?: string }

export interface Person extends Relative {
  /** yyyy-MM-dd, or the year alone. */
  ngaySinh?: string
  cha?: Relative
  me?: Relative
}

const MOST_PERSONS = 100
const MOST_CHARACTERS = 500

/** Reads the envelope of an answer. */
export function readSoap (operation: SoapOperation, envelope: Node | undefined, settings: Settings): ServiceOutcome {
  const body = children(typeof envelope === 'object' ? children(envelope, 'Envelope')[0] : undefined, 'Body')[0]
  const fault = children(body, 'Fault')[0]
  if (fault !== undefined) return readFault(fault)
  if (operation === 'exists') {
    const found = descendants(body, 'TonTai').map(textOf)
    const exists = found.length === 1 ? TRUTHS[found[0] ?? ''] : undefined
    return exists === undefined ? unreadable() : answered({ exists })
  }
  const [collection] = descendants(body, 'CongdanCollection')
  const persons = descendants(collection ?? body, 'CongDan')
  if (collection === undefined && persons.length === 0) return unreadable()
  const asOf = line(attribute(collection, 'ThoiDiemDuLieu'))
  return answered({ count: persons.length, persons: persons.slice(0, MOST_PERSONS).map(each => personOf(each, settings)), ...(asOf === '' ? {} : { dataAsOf: asOf }) })
}

/** Reads the answer of the JSON proxy: the persons themselves, or under one of the usual names. */
export function readProxy (value: unknown, settings: Settings): ServiceOutcome {
  const found = personsIn(value)
  return found === undefined ? unreadable() : answered({ count: found.length, persons: found.slice(0, MOST_PERSONS).map(each => personOf(each, settings)) })
}

/** The answer proves neither. */
export function unreadable (): ServiceOutcome {
  return { kind: 'unavailable', problem: problem('ENDPOINT_UNAVAILABLE', text('Cơ sở dữ liệu dân cư trả lời nội dung không đọc được.', 'The answer of the population database cannot be read.')) }
}

const TRUTHS: Readonly<Record<string, boolean | undefined>> = { true: true, 1: true, false: false, 0: false }

/** SOAP 1.1 §4.4.1: Client, the question is at fault; anything else passes. Its words are not repeated: they may quote the citizen. */
function readFault (fault: Node): ServiceOutcome {
  const written = textOf(children(fault, 'faultcode')[0])
  const code = /^(?:[\w.-]{1,40}:)?([A-Za-z][\w.-]{0,60})$/.exec(written)?.[1]
  // A code is a word of the protocol; what holds a number may be about somebody.
  const shown = code === undefined || /\d{4}/.test(code) ? '?' : code
  if (code !== undefined && /^Client(\.|$)/i.test(code)) {
    return { kind: 'refused', problem: problem('ENDPOINT_REFUSED', text(`Cơ sở dữ liệu dân cư từ chối câu hỏi (${shown}).`, `The population database refused the question (${shown}).`)) }
  }
  return { kind: 'unavailable', problem: problem('ENDPOINT_UNAVAILABLE', text(`Cơ sở dữ liệu dân cư báo lỗi (${shown}).`, `The population database answered with a fault (${shown}).`)) }
}

function personOf (node: Node, { fields, moreFields }: Settings): Person & Record<string, unknown> {
  const birth = children(node, 'NgayThangNamSinh')[0]
  const [cha, me] = [relativeOf(children(node, 'Cha')[0]), relativeOf(children(node, 'Me')[0])]
  const all: Person = { ...relativeOf(node), ...given('ngaySinh', birthOf(birth)), ...(cha === undefined ? {} : { cha }), ...(me === undefined ? {} : { me }) }
  const wanted = Object.fromEntries(fields.flatMap(name => all[name] === undefined ? [] : [[name, all[name]]]))
  const more = Object.entries(moreFields).map(([name, element]) => [name, line(textOf(children(node, element)[0]))] as const).filter(([, value]) => value !== '')
  return { ...Object.fromEntries(more), ...wanted }
}

function relativeOf (node: Node | undefined): Relative | undefined {
  if (node === undefined) return undefined
  const field = (name: string): string => line(textOf(children(node, name)[0]))
  const found = { ...given('soDinhDanh', field('SoDinhDanh')), ...given('soCMND', field('SoCMND')), ...given('hoVaTen', nameOf(children(node, 'HoVaTen')[0])) }
  return Object.keys(found).length === 0 ? undefined : found
}

/** Ho, ChuDem, Ten; or the name in one piece. */
function nameOf (node: Node | undefined): string {
  const parts = ['Ho', 'ChuDem', 'Ten'].map(name => textOf(children(node, name)[0])).filter(part => part !== '')
  return line(parts.length === 0 ? textOf(node) : parts.join(' ')).normalize('NFC')
}

function birthOf (node: Node | undefined): string {
  const day = /^(\d{4})(\d\d)(\d\d)$/.exec(textOf(children(node, 'NgayThangNam')[0]) || textOf(node))
  if (day !== null) return `${day[1]}-${day[2]}-${day[3]}`
  const year = textOf(children(node, 'Nam')[0]) || textOf(node)
  return /^\d{4}$/.test(year) ? year : ''
}

function given<Name extends string> (name: Name, value: string): { [Key in Name]?: string } {
  return value === '' ? {} : { [name]: value } as { [Key in Name]?: string }
}

function line (value: string): string {
  return plain(value, { maxLength: MOST_CHARACTERS })
}

function personsIn (value: unknown): Node[] | undefined {
  if (Array.isArray(value)) return value.every(isPerson) ? value : undefined
  if (isPerson(value)) return [value]
  if (typeof value !== 'object' || value === null) return undefined
  for (const name of ['data', 'result', 'CongdanCollection', 'CongDan']) {
    const inner: unknown = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
    const found = typeof inner === 'object' && inner !== null ? personsIn(inner) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function isPerson (value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && ['SoDinhDanh', 'SoCMND', 'HoVaTen'].some(name => Object.hasOwn(value, name))
}
