// What strangers, broken programs and attackers post, and the only right answer to each: status, code and place.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { FORM, formBytes, JSON_BODY, XML, type CallOptions } from '../support/wire.js'
import { documentMessage, NAMESPACE } from '../unit/formats/edxml-messages.js'

export interface Hostile {
  name: string
  headers?: Record<string, string>
  body: Exclude<CallOptions['body'], undefined> | (() => ReadableStream<Uint8Array>)
  status: number
  code: string
  /** Of the first fault; absent where there is no place to point at. */
  pointer?: string
  /** Code of the first fault, when it differs. */
  fault?: string
}

/** The hub of this scenario takes no more. */
export const MOST_BYTES = 1_500_000

const HEADER = '/edXML/edXMLEnvelope/edXMLHeader/MessageHeader'
const VALID = documentMessage()
/** The beginning of a message up to its first attachment's content. */
const LONG = VALID.slice(0, VALID.indexOf('<ContentTransferEncoded>') + '<ContentTransferEncoded>'.length)
const PDF = Buffer.from('%PDF-1.4\nđơn')
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** A valid dossier of the province's people's committee, changed by the test. */
export function dossier (more: Record<string, unknown> = {}): string {
  return JSON.stringify({ packageId: 'h-1', kind: 'withdraw', from: 'H36', to: ['H36.11'], MaHoSo: '000.00.11.H36-260316-0007', reason: 'Rút hồ sơ.', ...more })
}

export function dossierWithFile (more: Record<string, unknown> = {}): string {
  return dossier({ ThanhPhanHoSo: [{ MaThanhPhanHoSo: 'KQ.G15.000008', TenThanhPhanHoSo: 'Giấy báo tử', LoaiBan: '2', GiayToDinhKem: [{ TenGiayTo: 'don.pdf', HashTepTin: sha256(PDF), size: PDF.length }] }], ...more })
}

const PACKAGE = { name: 'package', type: 'application/json', content: dossierWithFile() }
const FILE = { name: 'file', filename: 'don.pdf', type: 'application/pdf', content: PDF }

function chunked (pieces: readonly Buffer[]): () => ReadableStream<Uint8Array> {
  return () => ReadableStream.from(pieces) as unknown as ReadableStream<Uint8Array>
}

const DTD = (subset: string): string => VALID.replace('?><edXML', `?><!DOCTYPE edXML ${subset}><edXML`)
const withSubject = (inner: string): string => VALID.replace('V/v thử', inner)

const TRANSPORT: Hostile[] = [
  { name: 'nothing', headers: XML, body: '', status: 400, code: 'BODY_EMPTY' },
  { name: 'only blanks', headers: XML, body: ' \r\n\t', status: 400, code: 'BODY_EMPTY' },
  { name: 'a chunked body without a byte', headers: XML, body: chunked([]), status: 400, code: 'BODY_EMPTY' },
  { name: 'a type that is no package', headers: { 'content-type': 'text/html' }, body: VALID, status: 415, code: 'CONTENT_TYPE_UNSUPPORTED', pointer: '/headers/content-type' },
  { name: 'no type', body: Buffer.from(VALID), status: 415, code: 'CONTENT_TYPE_UNSUPPORTED', pointer: '/headers/content-type' },
  { name: 'a compressed body', headers: { ...XML, 'content-encoding': 'gzip' }, body: gzipSync(VALID), status: 415, code: 'CONTENT_TYPE_UNSUPPORTED', pointer: '/headers/content-encoding' },
  { name: 'too many bytes, announced', headers: XML, body: Buffer.alloc(MOST_BYTES + 1, ' '), status: 413, code: 'BODY_TOO_LARGE' },
  { name: 'too many bytes, chunked', headers: XML, body: chunked(Array.from({ length: 40 }, (_, n) => n === 0 ? Buffer.from(LONG) : Buffer.alloc(65_536, 'eHh4'))), status: 413, code: 'BODY_TOO_LARGE' },
  { name: 'a form with too many bytes, chunked', headers: FORM, body: chunked([formBytes([PACKAGE, { ...FILE, content: Buffer.alloc(MOST_BYTES) }])]), status: 413, code: 'BODY_TOO_LARGE' },
  { name: 'an Idempotency-Key with blanks', headers: { ...XML, 'idempotency-key': 'two words' }, body: VALID, status: 400, code: 'REQUEST_INVALID', pointer: '/headers/idempotency-key', fault: 'FIELD_INVALID' }
]

const MARKUP: Hostile[] = [
  { name: 'XML cut off', body: VALID.slice(0, -200), status: 400, code: 'BODY_TRUNCATED', pointer: '/edXML/AttachmentEncoded/Attachment/ContentId' },
  { name: 'a DTD', body: DTD('[]'), status: 400, code: 'XML_FORBIDDEN', pointer: '' },
  { name: 'a billion laughs', body: DTD(`[<!ENTITY a "ha">${Array.from({ length: 9 }, (_, n) => `<!ENTITY a${n} "${`&a${n === 0 ? '' : n - 1};`.repeat(10)}">`).join('')}]`), status: 400, code: 'XML_FORBIDDEN', pointer: '' },
  { name: 'an external entity', body: DTD('[<!ENTITY file SYSTEM "file:///etc/passwd">]').replace('V/v thử', '&file;'), status: 400, code: 'XML_FORBIDDEN', pointer: '' },
  { name: 'an external DTD', body: DTD('SYSTEM "http://127.0.0.1:1/x.dtd"'), status: 400, code: 'XML_FORBIDDEN', pointer: '' },
  { name: 'an entity nobody declared', body: withSubject('&secret;'), status: 400, code: 'XML_MALFORMED', pointer: `${HEADER}/Subject` },
  { name: 'a processing instruction', body: withSubject('<?php exec("id") ?>'), status: 400, code: 'XML_FORBIDDEN', pointer: `${HEADER}/Subject` },
  { name: 'ten thousand levels', body: withSubject('<a>'.repeat(10_000) + '</a>'.repeat(10_000)), status: 400, code: 'XML_LIMIT' },
  { name: 'a hundred thousand attributes', body: withSubject(`<a ${Array.from({ length: 100_000 }, (_, n) => `a${n}=""`).join(' ')}/>`), status: 400, code: 'XML_LIMIT' },
  { name: 'thirty thousand elements', body: withSubject('<a/>'.repeat(30_000)), status: 400, code: 'XML_LIMIT' },
  { name: 'bytes that are no UTF-8', body: Buffer.concat([Buffer.from(VALID.slice(0, 400)), Buffer.from([0xc3, 0x28]), Buffer.from(VALID.slice(400))]), status: 400, code: 'ENCODING_INVALID' },
  { name: 'UTF-16 with its mark', body: Buffer.from(`\ufeff${VALID}`, 'utf16le'), status: 400, code: 'ENCODING_INVALID' },
  { name: 'UTF-16 without its mark', body: Buffer.from(VALID, 'utf16le'), status: 400, code: 'ENCODING_INVALID' },
  { name: 'another declared encoding', body: VALID.replace('UTF-8', 'windows-1258'), status: 400, code: 'XML_FORBIDDEN', pointer: '' },
  { name: 'NUL in XML', body: withSubject('a\u0000b'), status: 400, code: 'XML_MALFORMED', pointer: `${HEADER}/Subject` },
  { name: 'NUL as a reference', body: withSubject('a&#0;b'), status: 400, code: 'XML_MALFORMED', pointer: `${HEADER}/Subject` },
  { name: 'two roots', body: `${VALID}<edXML/>`, status: 400, code: 'XML_MALFORMED' },
  { name: 'HTML', body: '<!DOCTYPE html><html><body>login</body></html>', status: 400, code: 'XML_FORBIDDEN', pointer: '' },
  { name: 'no XML at all', body: 'hello, is this the hub?', status: 400, code: 'XML_MALFORMED', pointer: '' },
  { name: 'a root called __proto__', body: '<__proto__><constructor/></__proto__>', status: 422, code: 'EDXML_STRUCTURE', pointer: '' },
  { name: 'the root of something else', body: `<edXML xmlns="${NAMESPACE}"/>`, status: 422, code: 'EDXML_STRUCTURE', pointer: '/edXML/edXMLEnvelope/edXMLHeader/MessageHeader' },
  { name: 'an attachment that is no base64', body: documentMessage({ attachments: [{ name: 'a.pdf', content: '!!!!' }] }), status: 422, code: 'ATTACHMENT_INVALID', pointer: '/edXML/AttachmentEncoded/Attachment/ContentTransferEncoded' },
  { name: 'no attachment', body: documentMessage({ attachments: [] }), status: 422, code: 'ATTACHMENT_MISSING', pointer: '/edXML/AttachmentEncoded/Attachment' },
  { name: 'no recipient', body: documentMessage({ to: [] }), status: 422, code: 'RECIPIENT_MISSING', pointer: `${HEADER}/To` },
  { name: 'a sender nobody knows', body: documentMessage({ from: 'H36.999' }), status: 422, code: 'SENDER_UNKNOWN', pointer: `${HEADER}/From/OrganId` },
  { name: 'somebody else as sender', body: documentMessage({ from: 'H36.03' }), status: 403, code: 'SENDER_NOT_ALLOWED', pointer: `${HEADER}/From/OrganId` },
  { name: 'somebody else as sender, and no recipient', body: documentMessage({ from: 'H36.03', to: [] }), status: 403, code: 'SENDER_NOT_ALLOWED', pointer: `${HEADER}/To`, fault: 'RECIPIENT_MISSING' },
  { name: 'a recipient nobody knows', body: documentMessage({ to: ['H36.999'] }), status: 422, code: 'RECIPIENT_UNKNOWN', pointer: `${HEADER}/To[1]/OrganId` },
  ...["H36'; DROP TABLE package;--", '../../etc/passwd', '\u202e63H.11', '🏛️', '%00', '${7*7}', 'H36\u200b.11'].map(code => (
    { name: `the code ${JSON.stringify(code)}`, body: documentMessage({ to: [code] }), status: 422, code: 'RECIPIENT_UNKNOWN', pointer: `${HEADER}/To[1]/OrganId` })),
  { name: 'a code of 10 kB', body: documentMessage({ to: ['H'.repeat(10_240)] }), status: 422, code: 'PACKAGE_INVALID', pointer: `${HEADER}/To/OrganId`, fault: 'FIELD_INVALID' }
].map(each => ({ ...each, headers: XML }))

const VALUES: Hostile[] = [
  { name: 'JSON cut off', body: dossier().slice(0, -3), status: 400, code: 'JSON_MALFORMED' },
  { name: 'JSON with a comment', body: `/* hi */${dossier()}`, status: 400, code: 'JSON_MALFORMED', pointer: '' },
  { name: 'an array', body: '[]', status: 422, code: 'PACKAGE_INVALID', pointer: '', fault: 'FIELD_INVALID' },
  { name: 'null', body: 'null', status: 422, code: 'PACKAGE_INVALID', pointer: '', fault: 'FIELD_INVALID' },
  // Each of these once cost seconds to minutes: a fault was made for every item.
  { name: 'a hundred thousand unknown fields', body: dossier().replace('{', `{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":1,`).join('')}`), status: 422, code: 'FIELD_UNKNOWN' },
  { name: 'a key two hundred thousand times', body: dossier().replace('{', `{${'"a":1,'.repeat(200_000)}`), status: 422, code: 'FIELD_INVALID', pointer: '/a' },
  { name: 'fifty thousand empty papers', body: dossier({ ThanhPhanHoSo: Array.from({ length: 50_000 }, () => ({ GiayToDinhKem: [{}] })) }), status: 422, code: 'FIELD_INVALID', pointer: '/ThanhPhanHoSo' },
  { name: 'fifteen hundred empty papers', body: dossier({ ThanhPhanHoSo: Array.from({ length: 1500 }, () => ({ GiayToDinhKem: [{}] })) }), status: 422, code: 'PACKAGE_INVALID', fault: 'FIELD_INVALID' },
  { name: 'JSON that nests deeply', body: `{"HoSo":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, status: 400, code: 'JSON_MALFORMED' },
  { name: 'the key __proto__', body: dossier().replace('{', '{"__proto__":{"role":"operator"},'), status: 422, code: 'FIELD_UNKNOWN', pointer: '/__proto__' },
  { name: 'the key constructor', body: dossier({ constructor: { prototype: {} } }), status: 422, code: 'FIELD_UNKNOWN', pointer: '/constructor' },
  { name: 'an unknown field', body: dossier({ kindd: 'submit' }), status: 422, code: 'FIELD_UNKNOWN', pointer: '/kindd' },
  { name: 'a string for a list', body: dossier({ to: 'H36.11' }), status: 422, code: 'FIELD_INVALID', pointer: '/to' },
  { name: 'a number for a string', body: dossier({ MaHoSo: 7 }), status: 422, code: 'FIELD_INVALID', pointer: '/MaHoSo' },
  { name: 'a priority as text', body: dossier({ priority: '1' }), status: 422, code: 'FIELD_INVALID', pointer: '/priority' },
  { name: 'a key twice', body: dossier().replace('{', '{"packageId":"other",'), status: 422, code: 'FIELD_INVALID', pointer: '/packageId' },
  { name: 'NUL in JSON', body: dossier({ reason: 'a\u0000b' }), status: 422, code: 'FIELD_INVALID', pointer: '/reason' },
  { name: 'half a character', body: dossier().replace('Rút', '\\ud800'), status: 422, code: 'FIELD_INVALID', pointer: '/reason' },
  { name: 'NUL in a key', body: dossier().replace('{', '{"a\\u0000":1,'), status: 422, code: 'PACKAGE_INVALID', fault: 'FIELD_INVALID' },
  { name: 'JSON that is no UTF-8', body: Buffer.concat([Buffer.from('{"packageId":"'), Buffer.from([0xff]), Buffer.from('"}')]), status: 400, code: 'ENCODING_INVALID' },
  { name: 'no recipient in JSON', body: dossier({ to: [] }), status: 422, code: 'FIELD_INVALID', pointer: '/to' },
  { name: 'an unknown recipient in JSON', body: dossier({ to: ['__proto__'] }), status: 422, code: 'RECIPIENT_UNKNOWN', pointer: '/to/0' },
  { name: 'an unknown sender in JSON', body: dossier({ from: 'constructor' }), status: 422, code: 'SENDER_UNKNOWN', pointer: '/from' },
  { name: 'a file that is named and not sent', body: dossierWithFile(), status: 422, code: 'ATTACHMENT_MISSING', pointer: '/ThanhPhanHoSo/0/GiayToDinhKem/0/HashTepTin' }
].map(each => ({ ...each, headers: JSON_BODY }))

const FORMS: Hostile[] = [
  { name: 'a form without a boundary', headers: { 'content-type': 'multipart/form-data' }, body: formBytes([PACKAGE, FILE]), status: 400, code: 'REQUEST_INVALID' },
  { name: 'a form with another boundary', headers: { 'content-type': 'multipart/form-data; boundary=c' }, body: formBytes([PACKAGE, FILE]), status: 400, code: 'BODY_TRUNCATED' },
  { name: 'a form without parts', body: '--b--\r\n', status: 400, code: 'BODY_EMPTY' },
  { name: 'a form that does not end', body: formBytes([PACKAGE, FILE]).subarray(0, -8), status: 400, code: 'BODY_TRUNCATED' },
  { name: 'a form cut in the head of a part', body: formBytes([PACKAGE, FILE]).subarray(0, 40), status: 400, code: 'BODY_TRUNCATED' },
  { name: 'a first part that is no package', body: formBytes([{ ...FILE, name: 'a' }]), status: 415, code: 'CONTENT_TYPE_UNSUPPORTED' },
  { name: 'the file before the package', body: formBytes([FILE, PACKAGE]), status: 415, code: 'CONTENT_TYPE_UNSUPPORTED' },
  { name: 'a part called __proto__', body: formBytes([{ ...PACKAGE, name: '__proto__' }]), status: 400, code: 'REQUEST_INVALID' },
  { name: 'a missing file', body: formBytes([PACKAGE]), status: 422, code: 'ATTACHMENT_MISSING', pointer: '/ThanhPhanHoSo/0/GiayToDinhKem/0/HashTepTin' },
  { name: 'another file', body: formBytes([PACKAGE, { ...FILE, content: 'other' }]), status: 422, code: 'PACKAGE_INVALID', pointer: '/ThanhPhanHoSo/0/GiayToDinhKem/0/HashTepTin', fault: 'ATTACHMENT_MISSING' },
  { name: 'a file too many', body: formBytes([PACKAGE, FILE, { ...FILE, filename: '../../x.sh', content: '#!/bin/sh' }]), status: 422, code: 'ATTACHMENT_INVALID', pointer: '/ThanhPhanHoSo' },
  { name: 'two packages in a form', body: formBytes([PACKAGE, PACKAGE, FILE]), status: 422, code: 'ATTACHMENT_INVALID', pointer: '/ThanhPhanHoSo' },
  { name: 'a hundred files too many', body: formBytes([PACKAGE, ...Array.from({ length: 120 }, (_, n) => ({ ...FILE, content: String(n) }))]), status: 413, code: 'BODY_TOO_LARGE' },
  { name: 'a large file nobody names', body: formBytes([{ ...PACKAGE, content: dossier() }, { ...FILE, content: Buffer.alloc(300_000, 'x') }]), status: 422, code: 'ATTACHMENT_INVALID', pointer: '/ThanhPhanHoSo' },
  { name: 'edXML with a part beside it', body: formBytes([{ name: 'file_doc', content: VALID }, FILE]), status: 422, code: 'ATTACHMENT_INVALID', pointer: '' },
  { name: 'a broken part header', body: '--b\r\nContent-Disposition\r\n\r\n{}\r\n--b--\r\n', status: 400, code: 'BODY_EMPTY' }
].map(each => ({ headers: FORM, ...each }))

export const HOSTILE: readonly Hostile[] = [...TRANSPORT, ...MARKUP, ...VALUES, ...FORMS]

/** Odd, but nothing is wrong with them. */
export const HARMLESS: ReadonlyArray<{ name: string, headers: Record<string, string>, body: string | Buffer }> = [
  { name: 'elements called __proto__ and constructor', headers: XML, body: documentMessage({ documentId: 'odd-1', more: '<__proto__><x/></__proto__><constructor>a</constructor><toString/>' }) },
  { name: 'garbage before the first boundary', headers: FORM, body: Buffer.concat([Buffer.from('this is a preamble\r\n'), formBytes([{ ...PACKAGE, content: dossierWithFile({ packageId: 'odd-2' }) }, FILE])]) },
  { name: 'a byte order mark', headers: JSON_BODY, body: `\ufeff${dossier({ packageId: 'odd-3' })}` },
  { name: 'markup and quotes in every text', headers: JSON_BODY, body: dossier({ packageId: '<script>"\'`; DROP TABLE package;--', reason: '</script>\u202e\u2028🏛️\\' }) }
]
