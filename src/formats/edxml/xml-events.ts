// What the XML scanner tells: tags, text, and the reason when it stops.
import type { XmlName } from './xml-names.js'

export interface XmlAttribute {
  readonly name: XmlName
  readonly uri: string
  readonly value: string
}

/** `code` is an error of the catalogue; line and column count from 1 and 0. */
export interface XmlFault {
  readonly code: 'XML_MALFORMED' | 'XML_FORBIDDEN' | 'XML_LIMIT'
  readonly vi: string
  readonly en: string
  readonly found?: string
  readonly line: number
  readonly column: number
}

export interface XmlEvents {
  opened (name: XmlName, uri: string, attributes: readonly XmlAttribute[]): void
  /** The innermost open element closed; the scanner no longer counts it. */
  closed (): void
  /** A run of character data; several may follow one another. */
  text (characters: string): void
  /** A tag, comment or CDATA section ended. */
  ended (): void
  /** UTF-16 is declared although the characters came out of UTF-8. */
  misdeclared (encoding: string): void
  /** A prefix is used without a declaration and was bound to what it usually means. */
  rescue (prefix: string): void
  fail (fault: XmlFault): never
}
