// The tree of an edXML message without its attachments: names are local names, prefixes are forgotten.
// Plain objects with fixed keys, children in arrays: an element called __proto__ is only a string here.

/** The one namespace of the format. */
export const EDXML_NAMESPACE = 'http://www.mic.gov.vn/TBT/QCVN_102_2016'

export interface XmlElement {
  /** Local name after {@link canonicalName}. */
  readonly name: string
  /** Local name as written; pointers show it, so that the sender finds the place. */
  readonly written: string
  readonly parent: XmlElement | undefined
  readonly children: XmlElement[]
  /** Own character data as one string, across comments and CDATA sections. */
  text: string
  /** Position among the siblings of the same name, from 1. */
  readonly position: number
  /** How many children of each name there are. Grows with {@link createElement} only. */
  counts: ReadonlyMap<string, number>
}

/** Spellings of other products (single-s Bussiness of Bkav, case variants of the root) and what they mean. */
const ALIASES = new Map([
  ['Business', 'Bussiness'],
  ['BusinessDocType', 'BussinessDocType'],
  ['BusinessDocReason', 'BussinessDocReason'],
  ['BusinessDocumentInfo', 'BussinessDocumentInfo'],
  ['OrganInCharge', 'OrganizationInCharge'],
  ['edxml', 'edXML'],
  ['EdXML', 'edXML'],
  ['EdXMLEnvelope', 'edXMLEnvelope'],
  ['EdXMLHeader', 'edXMLHeader'],
  ['EdXMLBody', 'edXMLBody'],
  ['EdXMLManifest', 'edXMLManifest']
])

/** The QCVN spelling of a local name. */
export function canonicalName (written: string, parent: XmlElement | undefined): string {
  if (written === 'Signer' && parent?.name === 'SignerInfo') return 'FullName'
  return ALIASES.get(written) ?? written
}

/** Most elements have no children, and a map each would be most of the garbage of a message. */
const NO_CHILDREN: ReadonlyMap<string, number> = new Map()

/** Makes an element and hangs it under its parent. */
export function createElement (written: string, parent: XmlElement | undefined): XmlElement {
  const name = canonicalName(written, parent)
  const position = (parent?.counts.get(name) ?? 0) + 1
  const element: XmlElement = { name, written, parent, children: [], text: '', position, counts: NO_CHILDREN }
  if (parent !== undefined) {
    const counts = parent.counts === NO_CHILDREN ? new Map<string, number>() : parent.counts as Map<string, number>
    parent.children.push(element)
    parent.counts = counts.set(name, position)
  }
  return element
}

export function childrenOf (element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.counts.has(name) === true ? element.children.filter(child => child.name === name) : []
}

/** The first child of that name. */
export function childOf (element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.counts.has(name) === true ? element.children.find(child => child.name === name) : undefined
}

/** Trimmed text of an element; undefined when it is absent or empty. */
export function textOf (element: XmlElement | undefined): string | undefined {
  const trimmed = element?.text.trim()
  return trimmed === undefined || trimmed === '' ? undefined : trimmed
}

/** XPath of an element by local names: /edXML/edXMLEnvelope/edXMLHeader/MessageHeader/To[2]. */
export function pointerOf (element: XmlElement): string {
  const several = element.position > 1 || (element.parent?.counts.get(element.name) ?? 1) > 1
  const step = `/${element.written}${several ? `[${element.position}]` : ''}`
  return element.parent === undefined ? step : pointerOf(element.parent) + step
}

/** XPath of a child that may be absent. */
export function pointerTo (parent: XmlElement, path: string): string {
  const [first, ...rest] = path.split('/')
  const child = first === undefined ? undefined : childOf(parent, first)
  if (child === undefined) return `${pointerOf(parent)}/${path}`
  return rest.length === 0 ? pointerOf(child) : pointerTo(child, rest.join('/'))
}
