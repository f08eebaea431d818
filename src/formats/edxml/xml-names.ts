// What XML 1.0 and Namespaces in XML 1.0 allow in names, characters and references; shared by the scanner's steps.

export const XML_URI = 'http://www.w3.org/XML/1998/namespace'
export const XMLNS_URI = 'http://www.w3.org/2000/xmlns/'

/** A qualified name, taken apart once. */
export interface XmlName {
  /** As written. */
  readonly raw: string
  /** Empty when there is none. */
  readonly prefix: string
  readonly local: string
}

/** Names by how they are written, taken apart beforehand: each of `locals` alone and behind each of `prefixes`. */
export function nameTable (locals: Iterable<string>, prefixes: readonly string[]): ReadonlyMap<string, XmlName> {
  const names = [...locals].flatMap(local => [{ raw: local, prefix: '', local }, ...prefixes.map(prefix => ({ raw: `${prefix}:${local}`, prefix, local }))])
  return new Map(names.map(name => [name.raw, name]))
}

/** Characters that may not stand anywhere (XML 1.0 §2.2); lone surrogates cannot come out of UTF-8. */
export const FORBIDDEN_CHARACTER = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/

const START = 'A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C-\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}'
const PART = `${START}\\-.0-9\\xB7\\u0300-\\u036F\\u203F-\\u2040`
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?$/
const NAME = new RegExp(`^[${START}][${PART}]*(?::[${START}][${PART}]*)?$`, 'u')

/** Undefined when `raw` is no qualified name (Namespaces in XML §4). */
export function parseName (raw: string): XmlName | undefined {
  if (!PLAIN_NAME.test(raw) && !NAME.test(raw)) return undefined
  const colon = raw.indexOf(':')
  return colon < 0 ? { raw, prefix: '', local: raw } : { raw, prefix: raw.slice(0, colon), local: raw.slice(colon + 1) }
}

const REFERENCE = /&(?:#([0-9]+)|#x([0-9a-fA-F]+)|(amp|lt|gt|quot|apos));|&/g
const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'' }

/** Text with its references replaced; undefined when one is none of the predefined, or names no character. */
export function decodeReferences (raw: string): string | undefined {
  let wrong = false
  const decoded = raw.replace(REFERENCE, (_all, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? ''
    const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : 0
    if (isCharacter(code)) return String.fromCodePoint(code)
    wrong = true
    return ''
  })
  return wrong ? undefined : decoded
}

function isCharacter (code: number): boolean {
  return code === 9 || code === 10 || code === 13 || (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff)
}
