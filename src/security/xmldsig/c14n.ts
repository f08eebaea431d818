// Canonical XML, streaming: events of one parse in, canonical text out. Exclusive (xml-exc-c14n) and inclusive (c14n 1.0),
// both without comments. Kept apart from signatures, so that it can be compared with libxml2 on generated documents.
import type { SaxesAttributeNS, SaxesTagNS } from 'saxes'

export type C14nKind = 'exclusive' | 'inclusive'

/** Namespaces and `xml:` attributes around an element that is the top of what is canonicalised. */
export interface C14nContext {
  readonly namespaces: ReadonlyMap<string, string>
  readonly xmlAttributes: ReadonlyMap<string, SaxesAttributeNS>
}

export interface Canonicalizer {
  open (tag: SaxesTagNS, context?: C14nContext): void
  close (name: string): void
  text (characters: string): void
}

const XMLNS = 'http://www.w3.org/2000/xmlns/'

/** Canonicalises one document or one subtree; `write` gets the text in order, in small pieces. */
export function createCanonicalizer (kind: C14nKind, write: (canonical: string) => void): Canonicalizer {
  /** For each open element the declarations that its output and that of its ancestors have in effect. */
  const rendered: Array<ReadonlyMap<string, string>> = [new Map()]
  return {
    open (tag, context) {
      const around = rendered.at(-1) ?? new Map<string, string>()
      const attributes: SaxesAttributeNS[] = context === undefined || kind === 'exclusive' ? [] : inheritedAttributes(tag, context)
      for (const name in tag.attributes) {
        const attribute = tag.attributes[name]
        if (attribute !== undefined && attribute.uri !== XMLNS) attributes.push(attribute)
      }
      const needed = kind === 'exclusive' ? usedNamespaces(tag, attributes) : declaredNamespaces(tag, context)
      const declarations: Array<[string, string]> = []
      for (const [prefix, uri] of needed) {
        if (prefix !== 'xml' && (around.get(prefix) ?? (prefix === '' ? '' : undefined)) !== uri) declarations.push([prefix, uri])
      }
      let out = `<${tag.name}`
      let now = around
      if (declarations.length > 0) {
        const next = new Map(around)
        if (declarations.length > 1) declarations.sort(([a], [b]) => compare(a, b))
        for (const [prefix, uri] of declarations) {
          next.set(prefix, uri)
          out += `${prefix === '' ? ' xmlns' : ` xmlns:${prefix}`}="${escapeAttribute(uri)}"`
        }
        now = next
      }
      if (attributes.length > 1) attributes.sort((a, b) => compare(a.uri, b.uri) || compare(a.local, b.local))
      for (const { name, value } of attributes) out += ` ${name}="${escapeAttribute(value)}"`
      rendered.push(now)
      write(`${out}>`)
    },
    close (name) {
      rendered.pop()
      write(`</${name}>`)
    },
    text (characters) { write(escapeText(characters)) }
  }
}

/** Exclusive XML Canonicalization §3: what the element and its attributes visibly use. */
function usedNamespaces (tag: SaxesTagNS, attributes: readonly SaxesAttributeNS[]): Map<string, string> {
  const used = new Map([[tag.prefix, tag.uri]])
  for (const { prefix, uri } of attributes) if (prefix !== '') used.set(prefix, uri)
  return used
}

/** Canonical XML 1.0 §2.3: all declarations; on the top of a subtree those around it, too. */
function declaredNamespaces (tag: SaxesTagNS, context: C14nContext | undefined): Map<string, string> {
  const declared = new Map(context?.namespaces ?? [])
  for (const prefix in tag.ns) declared.set(prefix, tag.ns[prefix] ?? '')
  return declared
}

function inheritedAttributes (tag: SaxesTagNS, { xmlAttributes }: C14nContext): SaxesAttributeNS[] {
  return [...xmlAttributes.values()].filter(({ name }) => tag.attributes[name] === undefined)
}

/** By code points, as the standard sorts; UTF-16 units would put characters beyond the first plane too early. */
function compare (a: string, b: string): number {
  if (a === b) return 0
  return SURROGATE.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : 1
}

const SURROGATE = /[\ud800-\udfff]/
const IN_TEXT: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' }
const IN_ATTRIBUTE: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;', '\t': '&#x9;', '\n': '&#xA;', '\r': '&#xD;' }

function escapeText (characters: string): string {
  return /[&<>\r]/.test(characters) ? characters.replace(/[&<>\r]/g, character => IN_TEXT[character] ?? character) : characters
}

function escapeAttribute (value: string): string {
  return /[&<"\t\n\r]/.test(value) ? value.replace(/[&<"\t\n\r]/g, character => IN_ATTRIBUTE[character] ?? character) : value
}
