// The tree of an edXML message without its attachments: names are local names, prefixes are forgotten.
// Plain objects with fixed keys, children in arrays: an element called __proto__ is only a string here.
import type { XmlAttribute } from './xml-events.js'

import { EDXML_NAMESPACE } from './namespaces.js'
/** The schema before QCVN 102:2016 (công văn 512 and 2803). */
export const OLD_NAMESPACE = 'http://www.e-doc.vn/Schema/'
const SOAP_NAMESPACES: ReadonlySet<string> = new Set(['http://schemas.xmlsoap.org/soap/envelope/', 'http://www.w3.org/2003/05/soap-envelope'])

export interface XmlElement {
  /** The standard's spelling of the local name; `{uri}local` when it is of a foreign namespace, so that it never passes for one of ours. */
  readonly name: string
  /** Local name as written; pointers show it, so that the sender finds the place. */
  readonly written: string
  readonly uri: string
  readonly attributes: readonly XmlAttribute[]
  readonly parent: XmlElement | undefined
  readonly children: XmlElement[]
  /** Own character data as one string, across comments and CDATA sections. */
  text: string
  /** Position among the siblings of the same name from 1; 0 until it is asked for. */
  position: number
  /** How many siblings have this name; known with `position`. */
  count: number
}

/** Spellings of other products (single-s Bussiness of Bkav, ID for Id) and what they mean. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['Business', 'Bussiness'],
  ['BusinessDocType', 'BussinessDocType'],
  ['BusinessDocReason', 'BussinessDocReason'],
  ['BusinessDocumentInfo', 'BussinessDocumentInfo'],
  ['OrganInCharge', 'OrganizationInCharge'],
  ['OrganID', 'OrganId'],
  ['DocumentID', 'DocumentId'],
  ['ContentID', 'ContentId'],
  ['TimeStamp', 'Timestamp']
])

/** Names whose letter case varies between generators. */
const CASELESS: ReadonlyMap<string, string> = new Map(
  ['edXML', 'edXMLEnvelope', 'edXMLHeader', 'edXMLBody', 'edXMLManifest'].map(name => [name.toLowerCase(), name]))

/** True for a namespace whose elements are the message's own. */
export function isOwn (uri: string): boolean {
  return uri === '' || uri === EDXML_NAMESPACE || uri === OLD_NAMESPACE
}

function canonicalName (written: string, uri: string, parent: XmlElement | undefined): string {
  if (!isOwn(uri)) return SOAP_NAMESPACES.has(uri) ? `soap:${written}` : `{${uri}}${written}`
  if (written === 'Signer' && parent?.name === 'SignerInfo') return 'FullName'
  const first = written.charCodeAt(0) | 0x20
  return ALIASES.get(written) ?? (first === 0x65 ? CASELESS.get(written.toLowerCase()) : undefined) ?? written
}

const NO_ATTRIBUTES: readonly XmlAttribute[] = []

/** Makes an element and hangs it under its parent. */
export function createElement ({ written, uri, attributes = NO_ATTRIBUTES, parent }: { written: string, uri: string, attributes?: readonly XmlAttribute[], parent: XmlElement | undefined }): XmlElement {
  const element: XmlElement = { name: canonicalName(written, uri, parent), written, uri, attributes, parent, children: [], text: '', position: 0, count: 0 }
  parent?.children.push(element)
  return element
}

export function childrenOf (element: XmlElement | undefined, name: string): XmlElement[] {
  return element === undefined ? [] : element.children.filter(child => child.name === name)
}

/** The first child of that name. */
export function childOf (element: XmlElement | undefined, name: string): XmlElement | undefined {
  if (element === undefined) return undefined
  for (const child of element.children) if (child.name === name) return child
  return undefined
}

/** The first element at the end of a path of names. */
export function descendantOf (element: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  let at = element
  for (const name of path) at = childOf(at, name)
  return at
}

/** Trimmed text of an element; undefined when it is absent or empty. */
export function textOf (element: XmlElement | undefined): string | undefined {
  if (element === undefined || element.text === '') return undefined
  const trimmed = element.text.trim()
  return trimmed === '' ? undefined : trimmed
}

/** Numbers all children of an element at once: asking each alone would cost the square of their number. */
function number (parent: XmlElement): void {
  const counts = new Map<string, number>()
  for (const child of parent.children) {
    child.position = (counts.get(child.name) ?? 0) + 1
    counts.set(child.name, child.position)
  }
  for (const child of parent.children) child.count = counts.get(child.name) ?? 1
}

function step (element: XmlElement, name: string): string {
  if (element.parent !== undefined && element.position === 0) number(element.parent)
  return element.count > 1 ? `${name}[${element.position}]` : name
}

/** XPath of an element by local names: /edXML/edXMLEnvelope/edXMLHeader/MessageHeader/To[2]. */
export function pointerOf (element: XmlElement): string {
  const own = `/${step(element, element.written)}`
  return element.parent === undefined ? own : pointerOf(element.parent) + own
}

/** Path of an element below the message's root in the standard's spelling: edXMLEnvelope/edXMLHeader/MessageHeader/To[2]. */
export function pathOf (element: XmlElement, root: XmlElement): string {
  if (element === root) return ''
  const above = element.parent === undefined ? '' : pathOf(element.parent, root)
  return `${above === '' ? '' : `${above}/`}${step(element, element.name)}`
}

/** XPath of a child that may be absent. */
export function pointerTo (parent: XmlElement, path: string): string {
  const [first, ...rest] = path.split('/')
  const child = first === undefined ? undefined : childOf(parent, first)
  if (child === undefined) return `${pointerOf(parent)}/${path}`
  return rest.length === 0 ? pointerOf(child) : pointerTo(child, rest.join('/'))
}
