// Generated elements without a field in the canonical model, at every level of a message that an encoder writes.
import type { Document, Extension, ExtensionElement } from '../../src/model/generated.js'
import type { Content } from '../../src/model/package.js'
import { defined, nonEmpty } from '../../src/model/defined.js'
import fc from './property.js'

const HEADER = 'edXMLEnvelope/edXMLHeader'
const MESSAGE = `${HEADER}/MessageHeader`
const TRACES = `${HEADER}/TraceHeaderList`
const BUSINESS = `${TRACES}/Bussiness`
const MANIFEST = 'edXMLEnvelope/edXMLBody/edXMLManifest'

/** Places that are always written, and groups that are written for what is put in them. */
const DOCUMENT_PATHS = ['', 'edXMLEnvelope', HEADER, MESSAGE, ...['From', 'Code', 'PromulgationInfo', 'DocumentType', 'SignerInfo', 'OtherInfo', 'OtherInfo/Appendixes', 'ToPlaces'].map(name => `${MESSAGE}/${name}`),
  TRACES, BUSINESS, ...['BussinessDocumentInfo', 'BussinessDocumentInfo/ReceiverList', 'ReplacementInfoList'].map(name => `${BUSINESS}/${name}`), 'edXMLEnvelope/edXMLBody', MANIFEST]
const STATUS_PATHS = ['', 'edXMLEnvelope', HEADER, MESSAGE, ...['From', 'ResponseFor', 'StaffInfo'].map(name => `${MESSAGE}/${name}`)]

/** As a reader names the items of a list: with their number when there are several. */
function items (path: string, list: readonly unknown[] | undefined): string[] {
  return (list ?? []).map((_item, index) => (list ?? []).length > 1 ? `${path}[${index + 1}]` : path)
}

function pathsOf (content: Content, recipients: number): string[] {
  if (content.kind !== 'document') return STATUS_PATHS
  const { business, responseFor, trace, attachments }: Document = content.document
  const replacements = items(`${BUSINESS}/ReplacementInfoList/ReplacementInfo`, business?.replacements)
  return [
    ...DOCUMENT_PATHS, ...items(`${MESSAGE}/To`, Array.from({ length: recipients })), ...items(`${MESSAGE}/ResponseFor`, responseFor), ...items(`${TRACES}/TraceHeader`, trace),
    ...items(`${BUSINESS}/StaffInfo`, business?.staff), ...items(`${BUSINESS}/BussinessDocumentInfo/ReceiverList/Receiver`, business?.receivers), ...replacements, ...replacements.map(path => `${path}/OrganIdList`),
    ...items(`${MANIFEST}/Reference`, attachments), ...attachments.length > 0 ? ['AttachmentEncoded', ...items('AttachmentEncoded/Attachment', attachments)] : []
  ]
}

const PLAIN = { noNullPrototype: true } as const
const NO_CHILDREN: fc.Arbitrary<ExtensionElement[]> = fc.constant<ExtensionElement[]>([])

type Attributes = NonNullable<ExtensionElement['attributes']>

/** `text` makes trimmed values. */
function element (text: fc.Arbitrary<string>, depth: number): fc.Arbitrary<ExtensionElement> {
  const attributes: fc.Arbitrary<Attributes> = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'lang'), namespace: fc.constantFrom(undefined, 'urn:a', 'urn:b?x="&', 'http://www.w3.org/XML/1998/namespace'), value: fc.oneof(text, fc.constantFrom('', ' \t\r\n ')) }, PLAIN), { maxLength: 3, selector: ({ name, namespace }) => `${name} ${namespace ?? ''}` })
    .map(all => all.map(each => defined(each)))
  return fc.record({
    name: fc.constantFrom('La', 'LaHon', 'Con', 'ConĐường', 'La.2-x'),
    namespace: fc.constantFrom(undefined, undefined, 'urn:x', 'urn:"<&>', ''),
    attributes,
    text: fc.option(text, { nil: undefined }),
    children: depth === 0 ? NO_CHILDREN : fc.array(element(text, depth - 1), { maxLength: 2 })
  }, PLAIN).map(({ attributes: some, children, ...rest }) => defined({ ...rest, attributes: nonEmpty(some), children: nonEmpty(children) }) as ExtensionElement)
}

/** Extensions for `content`, in the order of their paths; often none. */
export function extensionsOf (content: Content, recipients: number, text: fc.Arbitrary<string>): fc.Arbitrary<Extension[] | undefined> {
  return fc.array(fc.record({ path: fc.constantFrom(...pathsOf(content, recipients)), element: element(text, 2) }, PLAIN), { maxLength: 5 }).map(found => nonEmpty(byPath(found)))
}

/** Sorted by path: the order of places is that of the message, not of the list. */
export function byPath (extensions: readonly Extension[]): Extension[] {
  return [...extensions].sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
}
