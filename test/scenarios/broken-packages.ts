// One package for each check of the validation profile that breaks exactly it, so that no check is dead and each explains itself.
import type { CheckId } from '../../src/formats/check.js'
import { FORM, formBytes, JSON_BODY, XML } from '../support/wire.js'
import { documentMessage, fixture, statusMessage, traceList } from '../unit/formats/edxml-messages.js'

export interface Broken {
  check: CheckId
  /** What the answer must hold; any digits in brackets belong to it. */
  code: string
  pointer: string
  body: string | Buffer
  headers?: Record<string, string>
  /** Client that posts it; the people's committee of the province by default. */
  as?: string
  /** A fixture that deviates in other ways too. */
  beside?: true
}

/** The hub of the scenario holds this document of the people's committee. */
export const KNOWN = 'known'

const VALID = documentMessage()
const HEADER = '/edXML/edXMLEnvelope/edXMLHeader'
const MESSAGE = `${HEADER}/MessageHeader`
const TRACES = `${HEADER}/TraceHeaderList`
const FILE = '/edXML/AttachmentEncoded/Attachment'
const REASON = '<BussinessDocReason>Gửi nhầm</BussinessDocReason>'
const PDF = Buffer.from('%PDF-1.4 a').toString('base64')

const without = (name: string): string => VALID.replace(new RegExp(`<${name}>[^<]*</${name}>`), '')
const change = (type: 1 | 2 | 3, more = ''): string => documentMessage({ documentId: KNOWN, traces: traceList(`${more}<BussinessDocType>${type}</BussinessDocType>${REASON}`) })
const file = (name: string, content: string, type = 'application/pdf'): string => documentMessage({ attachments: [{ name, type, content }] })
const missing = (check: CheckId, path: string, body: string): Broken => ({ check, code: 'FIELD_MISSING', pointer: `${HEADER}/${path}`, body })
const invalid = (check: CheckId, path: string, body: string): Broken => ({ check, code: 'FIELD_INVALID', pointer: `${HEADER}/${path}`, body })
const status = (broken: Broken): Broken => ({ as: 'so-tu-phap', ...broken })
const variant = (check: CheckId, name: string, found: Pick<Broken, 'code' | 'pointer'>): Broken => ({ check, ...found, body: fixture(`edxml/variants/${name}.edxml`), beside: true })

/** A ZIP of stored entries; with `damaged` its directory says that they are deflated. */
function zip (names: readonly string[], damaged?: 'damaged'): string {
  const method = damaged === undefined ? 0 : 8
  const content = Buffer.from('%PDF-1.4 a')
  const head = (name: string): Buffer => {
    const bytes = Buffer.alloc(26)
    bytes.writeUInt16LE(20, 0)
    bytes.writeUInt16LE(method, 4)
    bytes.writeUInt32LE(content.length, 14)
    bytes.writeUInt32LE(content.length, 18)
    bytes.writeUInt16LE(name.length, 22)
    return bytes
  }
  const entries = names.map(name => Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head(name), Buffer.from(name), content]))
  const directory = names.map((name, index) => {
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(entries.slice(0, index).reduce((sum, { length }) => sum + length, 0), 10)
    return Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), head(name), rest, Buffer.from(name)])
  })
  const end = Buffer.alloc(18)
  end.writeUInt16LE(names.length, 4)
  end.writeUInt16LE(names.length, 6)
  end.writeUInt32LE(Buffer.concat(directory).length, 8)
  end.writeUInt32LE(Buffer.concat(entries).length, 12)
  return Buffer.concat([...entries, ...directory, Buffer.from('PK\x05\x06', 'latin1'), end]).toString('base64')
}

const DOCUMENTS: Broken[] = [
  missing('sender-code', 'MessageHeader/From/OrganId', documentMessage({ from: '' })),
  { check: 'recipient', code: 'RECIPIENT_MISSING', pointer: `${MESSAGE}/To`, body: documentMessage({ to: [] }) },
  missing('recipient-name', 'MessageHeader/To/OrganName', change(1)),
  missing('document-id', 'MessageHeader/DocumentId', documentMessage({ documentId: '' })),
  missing('code-number', 'MessageHeader/Code/CodeNumber', without('CodeNumber')),
  missing('code-notation', 'MessageHeader/Code/CodeNotation', without('CodeNotation')),
  missing('place', 'MessageHeader/PromulgationInfo/Place', without('Place')),
  missing('promulgation-date', 'MessageHeader/PromulgationInfo/PromulgationDate', without('PromulgationDate')),
  missing('type-name', 'MessageHeader/DocumentType/TypeName', without('TypeName')),
  invalid('type-known', 'MessageHeader/DocumentType/TypeName', VALID.replace('Công văn', 'Bài thơ')),
  missing('subject', 'MessageHeader/Subject', without('Subject')),
  missing('signer-name', 'MessageHeader/SignerInfo/FullName', without('FullName')),
  missing('trace', 'TraceHeaderList/TraceHeader/Timestamp', VALID.replace(/<TraceHeader>.*<\/TraceHeader>/, '')),
  invalid('trace-code', 'TraceHeaderList/TraceHeader/OrganId', VALID.replace('<TraceHeader><OrganId>H36', '<TraceHeader><OrganId>null')),
  invalid('business-type', 'TraceHeaderList/Bussiness/BussinessDocType', VALID.replace('Type>0<', 'Type>7<')),
  missing('business-type-given', 'TraceHeaderList/Bussiness/BussinessDocType', VALID.replace(/<Bussiness>.*<\/Bussiness>/, '')),
  missing('reason', 'TraceHeaderList/Bussiness/BussinessDocReason', documentMessage({ documentId: KNOWN, traces: traceList(`<DocumentId>${KNOWN}</DocumentId><BussinessDocType>2</BussinessDocType>`) })),
  missing('update-target', 'TraceHeaderList/Bussiness/DocumentId', change(2)),
  missing('replacement-target', 'TraceHeaderList/Bussiness/ReplacementInfoList/ReplacementInfo', change(3)),
  { check: 'target-known', code: 'TARGET_UNKNOWN', pointer: `${TRACES}/Bussiness/DocumentId`, body: change(2, '<DocumentId>none</DocumentId>') },
  { check: 'target-known', code: 'TARGET_UNKNOWN', pointer: `${TRACES}/Bussiness/ReplacementInfoList/ReplacementInfo[1]/DocumentId`, body: change(3, '<ReplacementInfoList><ReplacementInfo><DocumentId>none</DocumentId></ReplacementInfo></ReplacementInfoList>') },
  invalid('receiver-change', 'TraceHeaderList/Bussiness/BussinessDocumentInfo/ReceiverList/Receiver/ReceiverType',
    change(2, `<DocumentId>${KNOWN}</DocumentId><BussinessDocumentInfo><ReceiverList><Receiver><OrganId>H36.11</OrganId><ReceiverType>5</ReceiverType></Receiver></ReceiverList></BussinessDocumentInfo>`)),
  invalid('flag', 'TraceHeaderList/Bussiness/Paper', VALID.replace('</Bussiness>', '<Paper>2</Paper></Bussiness>')),
  missing('response-empty', 'MessageHeader/ResponseFor', documentMessage({ more: '<ResponseFor/>' })),
  { check: 'attachment-present', code: 'ATTACHMENT_MISSING', pointer: FILE, body: documentMessage({ attachments: [] }) },
  { check: 'attachment-listed', code: 'ATTACHMENT_INVALID', pointer: `${FILE}/ContentId`, body: documentMessage({ references: '' }) },
  { check: 'content-id-case', code: 'ATTACHMENT_INVALID', pointer: '/edXML/edXMLEnvelope/edXMLBody/edXMLManifest/Reference/ContentId', body: VALID.replace('cid:f0', 'cid:F0') },
  { check: 'attachment-name', code: 'FIELD_MISSING', pointer: `${FILE}/AttachmentName`, body: file('', PDF) },
  { check: 'attachment-content', code: 'ATTACHMENT_INVALID', pointer: `${FILE}/ContentTransferEncoded`, body: file('a.txt', '!!!!', 'text/plain') },
  { check: 'attachment-padding', code: 'ATTACHMENT_INVALID', pointer: `${FILE}/ContentTransferEncoded`, body: file('a.pdf', PDF.replaceAll('=', '')) },
  { check: 'attachment-archive', code: 'ATTACHMENT_INVALID', pointer: `${FILE}/ContentTransferEncoded`, body: file('a.pdf', zip(['a.pdf'], 'damaged'), 'application/zip') },
  { check: 'attachment-archive-kept', code: 'ATTACHMENT_INVALID', pointer: `${FILE}/ContentTransferEncoded`, body: file('a.pdf', zip(['a.pdf', 'b.pdf']), 'application/zip') },
  { check: 'attachment-type', code: 'ATTACHMENT_INVALID', pointer: `${FILE}/ContentType`, body: file('a.pdf', zip(['a.pdf'])) },
  { check: 'other-parts', code: 'ATTACHMENT_INVALID', pointer: '', headers: FORM, body: formBytes([{ name: 'file_doc', content: VALID }, { name: 'file', filename: 'b.pdf', content: 'x' }]) },
  invalid('date-valid', 'MessageHeader/PromulgationInfo/PromulgationDate', VALID.replace('2026/03/16</Promul', '2014/02/30</Promul')),
  invalid('date-form', 'MessageHeader/PromulgationInfo/PromulgationDate', VALID.replace('2026/03/16</Promul', '16/03/2026</Promul')),
  invalid('date-default', 'MessageHeader/DueDate', documentMessage({ more: '<DueDate>0001-01-01T00:00:00</DueDate>' })),
  invalid('date-order', 'MessageHeader/DueDate', documentMessage({ more: '<DueDate>2026/01/01</DueDate>' })),
  invalid('urgency', 'MessageHeader/OtherInfo/Priority', documentMessage({ more: '<OtherInfo><Priority>9</Priority></OtherInfo>' })),
  { check: 'state-secret', code: 'STATE_SECRET', pointer: `${MESSAGE}/Subject`, body: VALID.replace('V/v thử', '[MẬT] V/v thử') },
  invalid('length', 'MessageHeader/Subject', VALID.replace('V/v thử', 'x'.repeat(501))),
  invalid('length-limit', 'MessageHeader/Subject', VALID.replace('V/v thử', 'x'.repeat(1001))),
  { check: 'encoding-declared', code: 'ENCODING_INVALID', pointer: '', body: VALID.replace('UTF-8', 'utf-16') },
  { check: 'stray-bytes', code: 'XML_MALFORMED', pointer: '', body: `1212${VALID}` },
  variant('prefix-declared', 'unbound-xlink', { code: 'XML_MALFORMED', pointer: '/edXML/edXMLEnvelope/edXMLBody/edXMLManifest' }),
  { check: 'namespace', code: 'EDXML_STRUCTURE', pointer: '/edXML', body: VALID.replace(/ xmlns="[^"]+"/, '') },
  { check: 'spelling', code: 'EDXML_STRUCTURE', pointer: `${MESSAGE}/SignerInfo/Signer`, body: VALID.replaceAll('FullName', 'Signer') },
  { check: 'element-repeated', code: 'EDXML_STRUCTURE', pointer: `${MESSAGE}/Subject[2]`, body: documentMessage({ more: '<Subject>hai</Subject>' }) },
  { check: 'element-known', code: 'FIELD_UNKNOWN', pointer: `${MESSAGE}/GhiChuRieng`, body: documentMessage({ more: '<GhiChuRieng>x</GhiChuRieng>' }) },
  { check: 'digital-signature', code: 'EDXML_STRUCTURE', pointer: `${HEADER}/DigitalSignature`, body: documentMessage({ afterTraces: '<DigitalSignature>x</DigitalSignature>' }) },
  variant('flat-manifest', 'flat-manifest', { code: 'EDXML_STRUCTURE', pointer: '/edXML/edXMLEnvelope/edXMLBody/Manifest/Attachment' }),
  variant('old-schema', 'e-doc', { code: 'EDXML_STRUCTURE', pointer: '/Envelope/Header/MessageHeader' }),
  variant('soap-wrapper', 'soap', { code: 'EDXML_STRUCTURE', pointer: '/Envelope' })
]

const STATUSES: Broken[] = [
  missing('response-organ', 'MessageHeader/ResponseFor/OrganId', statusMessage('03').replace('<ResponseFor><OrganId>H36</OrganId>', '<ResponseFor>')),
  missing('response-document', 'MessageHeader/ResponseFor/DocumentId', statusMessage('03').replace('<DocumentId>D1</DocumentId>', '')),
  missing('reason', 'MessageHeader/Description', statusMessage('02')),
  invalid('status-code', 'MessageHeader/StatusCode', statusMessage('ab')),
  invalid('status-code-form', 'MessageHeader/StatusCode', statusMessage('3')),
  invalid('status-code-known', 'MessageHeader/StatusCode', statusMessage('09')),
  missing('status-time', 'MessageHeader/Timestamp', statusMessage('03').replace(/<Timestamp>.*<\/Timestamp>/, '')),
  invalid('date-future', 'MessageHeader/Timestamp', statusMessage('03').replace('2026/03/16 10', '2199/03/16 10'))
].map(status)

type Fields = Record<string, unknown>

/** The submission of the fixtures without its files, changed. */
function dossier (hoSo: Fields, more: Fields = {}): string {
  const { ThanhPhanHoSo, HoSo, ...header } = JSON.parse(fixture('dossier/submit.json').toString()) as Fields & { HoSo: Fields }
  return JSON.stringify({ ...header, HoSo: { ...HoSo, ...hoSo }, ...more })
}

function bare (kind: string, more: Fields = {}): string {
  return JSON.stringify({ packageId: 'b-1', kind, from: 'H36.101', to: ['H36.11'], MaHoSo: '000.00.11.H36-260316-0007', ...more })
}

const step = (TrangThai: string): Fields => ({ NguoiXuLy: 'Lê Thị Cúc', ThoiDiemXuLy: '20260316093000', NoiDungXuLy: 'Xử lý', TrangThai })
const ENDED = { TrangThaiHoSo: '10', NgayKetThucXuLy: '20260318091000', NgayTra: '20260318100000', ThongTinTra: 'Trả tại một cửa' }

const DOSSIERS: Broken[] = ([
  ['progress-content', 'FIELD_MISSING', '/TienDo', bare('progress')],
  ['result-content', 'FIELD_MISSING', '/HoSo', bare('result')],
  ['answer-reference', 'FIELD_MISSING', '/inReplyTo', bare('ack')],
  ['withdraw-status', 'FIELD_INVALID', '/HoSo/TrangThaiHoSo', dossier({}, { kind: 'withdraw', reason: 'Công dân rút hồ sơ' })],
  ['transfer-role', 'FIELD_MISSING', '/role', dossier({}, { kind: 'transfer', role: undefined })],
  ['transfer-deadline', 'FIELD_MISSING', '/deadlineAt', dossier({}, { kind: 'transfer', deadlineAt: undefined })],
  ['code-form', 'FIELD_INVALID', '/MaHoSo', dossier({ MaHoSo: 'HS-1' }, { MaHoSo: 'HS-1' })],
  ['code-same', 'FIELD_INVALID', '/HoSo/MaHoSo', dossier({ MaHoSo: '000.00.11.H36-260316-0008' })],
  ['procedure-same', 'FIELD_INVALID', '/HoSo/MaTTHC', dossier({ MaTTHC: '2.000001' })],
  ['filled', 'FIELD_MISSING', '/HoSo/TenTTHC', dossier({ TenTTHC: '' })],
  ['portal-fields', 'FIELD_MISSING', '/HoSo/DonViXuLy', dossier({ DonViXuLy: '' })],
  ['online-account', 'FIELD_MISSING', '/HoSo/MaDoiTuong', dossier({ MaDoiTuong: '' })],
  ['accepted-date', 'FIELD_MISSING', '/HoSo/NgayTiepNhan', dossier({ NgayTiepNhan: '' })],
  ['status-2-due', 'FIELD_MISSING', '/HoSo/NgayHenTra', dossier({ TrangThaiHoSo: '2', NgayHenTra: '' })],
  ['status-3-date', 'FIELD_MISSING', '/HoSo/NgayTuChoi', dossier({ TrangThaiHoSo: '3', GhiChu: 'Không thuộc thẩm quyền' })],
  ['status-3-reason', 'FIELD_MISSING', '/reason', dossier({ TrangThaiHoSo: '3', NgayTuChoi: '20260316100000' })],
  ['status-5-supplements', 'FIELD_MISSING', '/HoSo/DanhSachHoSoBoSung', dossier({ TrangThaiHoSo: '5' })],
  ['status-6-fees', 'FIELD_MISSING', '/HoSo/DanhSachLePhi', dossier({ TrangThaiHoSo: '6', DanhSachLePhi: [] })],
  ['status-8-reason', 'FIELD_MISSING', '/reason', dossier({ TrangThaiHoSo: '8' })],
  ['status-9-ended', 'FIELD_MISSING', '/HoSo/NgayKetThucXuLy', dossier({ ...ENDED, NgayKetThucXuLy: '' })],
  ['status-9-results', 'FIELD_MISSING', '/HoSo/DanhSachGiayToKetQua', dossier({ ...ENDED, TrangThaiHoSo: '9' })],
  ['status-10-returned', 'FIELD_MISSING', '/HoSo/NgayTra', dossier({ ...ENDED, NgayTra: '' })],
  ['date-real', 'FIELD_INVALID', '/HoSo/NgayHenTra', dossier({ NgayHenTra: '20260431170000' })],
  ['date-order', 'FIELD_INVALID', '/HoSo/NgayHenTra', dossier({ NgayHenTra: '20260310170000' })],
  ['identity-form', 'FIELD_INVALID', '/HoSo/DinhDanhCHS/0/SoDinhDanh', dossier({ DinhDanhCHS: [{ LoaiDinhDanh: '1', SoDinhDanh: '123' }] })],
  ['status-steps', 'STATUS_TRANSITION', '/TienDo/1/TrangThai', bare('progress', { TienDo: [step('10'), step('4')] })]
] as const).map(([name, code, pointer, body]) => ({ check: `dossier.${name}`, code, pointer, body, headers: JSON_BODY, as: 'xa-duc-trong' }))

export const BROKEN: readonly Broken[] = [...DOCUMENTS.map(each => ({ headers: XML, ...each })), ...STATUSES.map(each => ({ headers: XML, ...each })), ...DOSSIERS]
