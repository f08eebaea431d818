// Text on its way into XML: escaped so that every reader gets the same characters back, or refused when XML 1.0 has no way
// to carry it. Whatever writes XML writes through here.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import { toFault } from './findings.js'

/** Anything that cannot stand as it is (XML 1.0 §2.2, §2.4); surrogates are looked at more closely. */
const NOT_PLAIN = /[^\t\n\x20-\x25\x27-\x3b\x3d\x3f-\ud7ff\ue000-\ufffd]/
const ILLEGAL = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
const MARKUP = /[&<>\r]/g
const REFERENCES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;', '"': '&quot;', '\t': '&#x9;', '\n': '&#xA;' }

/** True when {@link escapeXml} would change and refuse nothing. */
export function isPlainXml (value: string): boolean {
  return !NOT_PLAIN.test(value)
}

/**
 * `value` as element content; a carriage return is written as a reference, so that it survives. Throws TRANSFORM_FAILED
 * naming `field` for control characters, lone surrogates, U+FFFE and U+FFFF.
 */
export function escapeXml (value: string, field: string): string {
  if (!NOT_PLAIN.test(value)) return value
  refuseIllegal(value, field)
  return value.replace(MARKUP, character => REFERENCES[character] ?? character)
}

/** As {@link escapeXml}, for a value between double quotes. */
export function escapeXmlAttribute (value: string, field: string): string {
  refuseIllegal(value, field)
  return value.replace(/[&<>\r\n\t"]/g, character => REFERENCES[character] ?? character)
}

function refuseIllegal (value: string, field: string): void {
  const at = value.search(ILLEGAL)
  if (at < 0) return
  const found = `U+${(value.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  const detail = text(`Trường ${field} có ký tự ${found} mà XML không chở được.`, `The field ${field} holds the character ${found}, which XML cannot carry.`)
  throw new HubError('TRANSFORM_FAILED', detail, {
    errors: [toFault({ code: 'TRANSFORM_FAILED', pointer: field, detail, expected: 'characters of XML 1.0', found: `${found} at ${at}` })]
  })
}
