// Finds the message in what arrived: edXML itself, edXML in a SOAP envelope, or the schema of e-doc.vn that came before it.
import { HubError } from '../../errors.js'
import { text } from '../../model/text.js'
import { toFault } from '../findings.js'
import { childOf, descendantOf, OLD_NAMESPACE, pointerOf, pointerTo, type XmlElement } from './element.js'
import type { Notes } from './notes.js'

export interface Located {
  /** `edXML`, or what stands for it. */
  readonly root: XmlElement
  /** `MessageHeader`. */
  readonly header: XmlElement
  readonly traces: XmlElement | undefined
  readonly old: boolean
}

const DEEPEST = 8

/** Notes a wrapper and the old schema. Throws EDXML_STRUCTURE when there is no header. */
export function locate (document: XmlElement, notes: Notes): Located {
  const wrapped = document.name === 'soap:Envelope'
  if (wrapped) notes.note('soap-wrapper', { code: 'EDXML_STRUCTURE', pointer: pointerOf(document), detail: text('Thông điệp bọc trong SOAP; đã bóc ra.', 'The message is wrapped in SOAP; it was taken out.'), expected: 'edXML', found: 'soap:Envelope' })
  const root = wrapped ? messageIn(childOf(document, 'soap:Body')) : document
  const edxmlHeader = descendantOf(root, 'edXMLEnvelope', 'edXMLHeader')
  const header = childOf(edxmlHeader, 'MessageHeader')
  if (root !== undefined && header !== undefined) return { root, header, traces: childOf(edxmlHeader, 'TraceHeaderList'), old: false }
  const old = find(document, 'MessageHeader', 0)
  if (old === undefined) throw structureError(root ?? document)
  notes.note('old-schema', { code: 'EDXML_STRUCTURE', pointer: pointerOf(old), detail: text('Thông điệp theo lược đồ e-doc.vn cũ; chỉ đọc.', 'The message follows the old schema of e-doc.vn; it is only read.'), expected: 'QCVN 102:2016', found: OLD_NAMESPACE })
  return { root: document, header: old, traces: find(document, 'TraceHeaderList', 0), old: true }
}

/** Directly in the body, or in the element of the operation that is called. */
function messageIn (body: XmlElement | undefined): XmlElement | undefined {
  return childOf(body, 'edXML') ?? childOf(body?.children[0], 'edXML')
}

function find (element: XmlElement, name: string, depth: number): XmlElement | undefined {
  if (element.uri === OLD_NAMESPACE && element.name === name) return element
  if (depth >= DEEPEST) return undefined
  for (const child of element.children) {
    const found = child.uri === OLD_NAMESPACE || child.name.startsWith('soap:') || child.name === 'edXML' ? find(child, name, depth + 1) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function structureError (root: XmlElement): HubError {
  const detail = text('Thiếu edXMLEnvelope/edXMLHeader/MessageHeader', 'edXMLEnvelope/edXMLHeader/MessageHeader is missing')
  return new HubError('EDXML_STRUCTURE', detail, {
    errors: [toFault({ code: 'EDXML_STRUCTURE', pointer: pointerTo(root, 'edXMLEnvelope/edXMLHeader/MessageHeader'), detail, expected: 'MessageHeader' })]
  })
}
