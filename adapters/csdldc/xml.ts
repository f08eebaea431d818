// Small XML answers of a system that is not to be trusted: parsed by xml2js after everything dangerous is refused. Namespaces of
// answers have changed over time, so elements are found by their local names.
import { Parser, processors } from 'xml2js'

/** An element as xml2js gives it with explicit arrays: text alone, or its children by name, attributes in `$`, text in `_`. */
export type Node = string | { readonly [name: string]: unknown }

const MOST_DEPTH = 12

/** The root of an answer. Undefined for what is no well-formed UTF-8 XML, or holds a DTD, an entity or a processing instruction. */
export async function parseXml (bytes: Buffer): Promise<Node | undefined> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/^\s*<\?xml\s[^?]*\?>/, '')
    if (/<\?|<!(?!--|\[CDATA\[)/.test(text)) return undefined
    const parsed: unknown = await new Parser({ strict: true, async: false, explicitArray: true, tagNameProcessors: [processors.stripPrefix], attrNameProcessors: [processors.stripPrefix] }).parseStringPromise(text)
    return isNode(parsed) ? parsed : undefined
  } catch {
    // The message of the parser quotes what it read.
    return undefined
  }
}

/** Children of this name. */
export function children (node: Node | undefined, name: string): Node[] {
  if (node === undefined || typeof node === 'string' || !Object.hasOwn(node, name)) return []
  return [node[name]].flat().filter(isNode)
}

/** The nearest elements of this name below. */
export function descendants (node: Node | undefined, name: string, depth = 0): Node[] {
  if (node === undefined || typeof node === 'string' || depth > MOST_DEPTH) return []
  const own = children(node, name)
  if (own.length > 0) return own
  return Object.keys(node).filter(key => key !== '$' && key !== '_').flatMap(key => children(node, key).flatMap(child => descendants(child, name, depth + 1)))
}

/** The text of an element; empty when it has none. */
export function textOf (node: Node | undefined): string {
  if (node === undefined) return ''
  const text = typeof node === 'string' ? node : node['_']
  return typeof text === 'string' ? text.trim() : ''
}

/** The value of an attribute. */
export function attribute (node: Node | undefined, name: string): string {
  const attributes = typeof node === 'object' ? node['$'] : undefined
  const value = typeof attributes === 'object' && attributes !== null ? (attributes as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value.trim() : ''
}

function isNode (value: unknown): value is Node {
  return typeof value === 'string' || (typeof value === 'object' && value !== null && !Array.isArray(value))
}
