// Elements that the canonical model has no field for, written back into the parent they came from, behind what is known there.
import { HubError } from '../../errors.js'
import type { Extension, ExtensionElement } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { escapeXml, escapeXmlAttribute } from '../xml-text.js'
import { EDXML_NAMESPACE } from './namespaces.js'

/** The extensions of the element at `path` (below edXML), as markup. */
export type Placed = (path: string) => string

/** What each element has once at most: a second one, kept from a message that repeated it, would replace the first in a strict reader. */
const ORGANIZATION = 'OrganId OrganizationInCharge OrganName OrganAdd Email Telephone Fax Website'
const SINGLE: Readonly<Record<string, ReadonlySet<string>>> = Object.fromEntries(Object.entries({
  edXML: 'edXMLEnvelope edXMLBody AttachmentEncoded',
  edXMLEnvelope: 'edXMLHeader edXMLBody AttachmentEncoded',
  edXMLHeader: 'MessageHeader TraceHeaderList Signature',
  MessageHeader: 'From DocumentId Code PromulgationInfo DocumentType Subject Content SignerInfo DueDate OtherInfo SteeringType ToPlaces StaffInfo StatusCode Description Timestamp',
  From: ORGANIZATION,
  To: ORGANIZATION,
  Code: 'CodeNumber CodeNotation',
  PromulgationInfo: 'Place PromulgationDate',
  DocumentType: 'Type TypeDetail TypeName',
  SignerInfo: 'Competence Position FullName',
  OtherInfo: 'Priority SphereOfPromulgation TyperNotation PromulgationAmount PageAmount Appendixes',
  ResponseFor: 'OrganId Code PromulgationDate DocumentId',
  StaffInfo: 'Department Staff Email Mobile',
  TraceHeaderList: 'Bussiness Paper',
  TraceHeader: 'OrganId Timestamp',
  Bussiness: 'DocumentId BussinessDocType BussinessDocReason Paper BussinessDocumentInfo ReplacementInfoList',
  Reference: 'ContentId ContentType Description AttachmentName',
  Attachment: 'ContentId AttachmentName Description ContentType ContentTransferEncoded'
}).map(([parent, names]) => [parent, new Set(names.split(' '))]))

const NAME = /^[\p{L}_][\p{L}\p{N}_.\-·]*$/u
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace'
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/'
const MOST_DEPTH = 32

/** Throws TRANSFORM_FAILED for names and characters that XML cannot carry. Left out: an extension of a place that is gone, and a repetition of what the standard has once. */
export function placeExtensions (extensions: readonly Extension[] | undefined): Placed {
  if (extensions === undefined || extensions.length === 0) return () => ''
  const byPath = new Map<string, string>()
  for (const { path, element } of extensions) {
    // Some generators put the files inside the envelope; we write them outside.
    const place = path.replace(/\[1\]/g, '').replace(/^edXMLEnvelope\/AttachmentEncoded/, 'AttachmentEncoded')
    const parent = place === '' ? 'edXML' : place.split('/').at(-1)?.replace(/\[\d+\]$/, '') ?? ''
    if (element.namespace === undefined && SINGLE[parent]?.has(element.name) === true) continue
    const prefix = place.startsWith('edXMLEnvelope') ? 'edXML:' : ''
    byPath.set(place, (byPath.get(place) ?? '') + writeElement(element, { prefix, inherited: EDXML_NAMESPACE, depth: 1 }))
  }
  return path => byPath.get(path) ?? ''
}

/** Path step of the item at `index` (from 0) among its like. */
export function nth (name: string, index: number): string {
  return index === 0 ? name : `${name}[${index + 1}]`
}

interface Surroundings { prefix: string, inherited: string, depth: number }

function writeElement (element: ExtensionElement, { prefix, inherited, depth }: Surroundings): string {
  const { name, namespace = EDXML_NAMESPACE, attributes = [], children = [] } = element
  if (!NAME.test(name) || namespace === XML_NAMESPACE || namespace === XMLNS_NAMESPACE || depth > MOST_DEPTH) throw unwritable(name)
  const own = namespace === EDXML_NAMESPACE && prefix !== ''
  const tag = own ? prefix + name : name
  const declaration = own || namespace === inherited ? '' : ` xmlns="${escapeXmlAttribute(namespace, name)}"`
  const inside = { prefix, inherited: own ? inherited : namespace, depth: depth + 1 }
  const content = (element.text === undefined ? '' : escapeXml(element.text, name)) + children.map(child => writeElement(child, inside)).join('')
  return `<${tag}${declaration}${attributes.map((attribute, index) => writeAttribute(attribute, index)).join('')}${content === '' ? '/>' : `>${content}</${tag}>`}`
}

function writeAttribute ({ name, namespace, value }: NonNullable<ExtensionElement['attributes']>[number], index: number): string {
  if (!NAME.test(name) || name === 'xmlns' || namespace === XMLNS_NAMESPACE) throw unwritable(name)
  const written = `"${escapeXmlAttribute(value, `@${name}`)}"`
  if (namespace === undefined) return ` ${name}=${written}`
  return namespace === XML_NAMESPACE ? ` xml:${name}=${written}` : ` a${index}:${name}=${written} xmlns:a${index}="${escapeXmlAttribute(namespace, `@${name}`)}"`
}

function unwritable (name: string): HubError {
  return new HubError('TRANSFORM_FAILED', text(`Phần tử mở rộng "${name.slice(0, 60)}" không viết thành XML được.`, `The extension "${name.slice(0, 60)}" cannot be written as XML.`))
}
