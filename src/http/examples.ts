// Synthetic examples for the OpenAPI document, with the agencies of the sample province. Tests validate each against the
// schema it illustrates, and post the request bodies as they stand.
import { createHash } from 'node:crypto'

const PACKAGE_ID = '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e'
const DELIVERY_ID = '0199f0a1-7c3f-7b11-8e20-6a9d0c4f7e21'
const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
const ACCEPTED_AT = '2026-11-20T01:00:00.000Z'

const envelope = {
  kind: 'document',
  action: 'new',
  identifier: 'edxml:0:000.00.03.H36,2026/11/20,15/STC-VP',
  correlationId: 'document:000.00.03.H36:000.00.03.H36,2026/11/20,15/STC-VP',
  from: { code: '000.00.03.H36', name: 'Sở Tài chính' },
  to: [{ code: 'H36.102', name: 'UBND xã Di Linh' }],
  priority: 0,
  notation: '15/STC-VP',
  title: 'V/v báo cáo ngân sách quý IV'
}

const reasons = [{ rule: 'endpoint.gateway', detail: 'Cơ quan này nhận qua điểm chung của cấp xã.' }]

const planned = { to: 'H36.102', agency: 'H36.102', endpoint: 'xa-phuong', axis: 'commune', adapter: 'inbox', reasons }

const delivery = {
  id: DELIVERY_ID, packageId: PACKAGE_ID, ...planned, format: 'original', state: 'available', attempts: 1, expiresAt: '2026-12-20T01:00:00.000Z'
}

const attachment = { n: 1, name: 'Công văn 15.pdf', contentType: 'application/pdf', declaredType: 'application/pdf', size: 20480, sha256: SHA256 }

const document = { documentId: '000.00.03.H36,2026/11/20,15/STC-VP', docType: 'new', attachments: [attachment] }

const summary = { id: PACKAGE_ID, acceptedAt: ACCEPTED_AT, fromAgency: 'H36.03', envelope, deliveries: [delivery] }

const agency = {
  code: 'H36.03', name: 'Sở Tài chính', level: 'so_nganh', axis: 'province', codes: [{ scheme: 'qcvn102', code: '000.00.03.H36' }],
  status: 'active', successors: [], servedBy: 'so-nganh'
}

/** What a dossier sender posts. */
export const DOSSIER_EXAMPLE = {
  packageId: 'mc-2026-000123',
  kind: 'withdraw',
  from: 'H36.101',
  to: ['H36.11'],
  MaHoSo: '000.00.11.H36-261120-0001',
  reason: 'Người nộp xin rút hồ sơ.'
}

/** Stands for the bytes of a file. */
const FILE_EXAMPLE = '(bytes of don-xin-rut.pdf)'

/** A form: the dossier first, then the file that it names by its hash. */
export const FORM_EXAMPLE = {
  package: JSON.stringify({
    ...DOSSIER_EXAMPLE,
    packageId: 'mc-2026-000124',
    ThanhPhanHoSo: [{
      MaThanhPhanHoSo: 'KQ.G15.000008',
      TenThanhPhanHoSo: 'Đơn xin rút hồ sơ',
      LoaiBan: '2',
      GiayToDinhKem: [{ TenGiayTo: 'don-xin-rut.pdf', HashTepTin: createHash('sha256').update(FILE_EXAMPLE).digest('hex'), size: FILE_EXAMPLE.length }]
    }]
  }),
  file: FILE_EXAMPLE
}

/** What a document sender posts: the smallest complete document. */
export const EDXML_EXAMPLE = `<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">
  <edXMLEnvelope>
    <edXMLHeader>
      <MessageHeader>
        <From><OrganId>H36</OrganId><OrganName>UBND tỉnh Lâm Đồng</OrganName></From>
        <To><OrganId>000.00.11.H36</OrganId><OrganName>Sở Tư pháp</OrganName></To>
        <DocumentId>H36,2026/11/20,15/UBND-VP</DocumentId>
        <Code><CodeNumber>15</CodeNumber><CodeNotation>UBND-VP</CodeNotation></Code>
        <PromulgationInfo><Place>Lâm Đồng</Place><PromulgationDate>2026/11/20</PromulgationDate></PromulgationInfo>
        <DocumentType><Type>2</Type><TypeName>Công văn</TypeName></DocumentType>
        <Subject>V/v báo cáo quý IV</Subject>
        <SignerInfo><FullName>Nguyễn Văn An</FullName></SignerInfo>
      </MessageHeader>
      <TraceHeaderList>
        <TraceHeader><OrganId>H36</OrganId><Timestamp>2026/11/20 08:00:00</Timestamp></TraceHeader>
        <Bussiness><BussinessDocType>0</BussinessDocType></Bussiness>
      </TraceHeaderList>
    </edXMLHeader>
    <edXMLBody>
      <edXMLManifest version="1.0"><Reference><ContentId>cid:1</ContentId><AttachmentName>cv-15.pdf</AttachmentName></Reference></edXMLManifest>
    </edXMLBody>
  </edXMLEnvelope>
  <AttachmentEncoded>
    <Attachment>
      <ContentId>1</ContentId>
      <AttachmentName>cv-15.pdf</AttachmentName>
      <ContentType>application/pdf</ContentType>
      <ContentTransferEncoded>JVBERi0xLjQK</ContentTransferEncoded>
    </Attachment>
  </AttachmentEncoded>
</edXML>
`

export const EXAMPLES = {
  Accepted: { id: PACKAGE_ID, acceptedAt: ACCEPTED_AT, repeated: false, deliveries: [{ id: DELIVERY_ID, ...planned }], warnings: [] },
  Plan: { valid: true, envelope, deliveries: [planned], warnings: [] },
  PackagePage: { items: [summary], nextCursor: 'MDE5OWYwYTEtN2MzZS03ZDQyLTlhNTEtM2Y2ZjFjMmI0ZDVl' },
  Package: {
    ...summary,
    expiresAt: '2026-12-20T01:00:00.000Z',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    contentType: 'application/xml',
    size: 30211,
    sha256: SHA256,
    document,
    attachments: [attachment],
    warnings: [],
    links: { content: `/v1/packages/${PACKAGE_ID}/content`, timeline: `/v1/packages/${PACKAGE_ID}/timeline` }
  },
  Timeline: { items: [{ seq: 41, at: ACCEPTED_AT, type: 'package.accepted', actor: 'client:so-tai-chinh', data: {} }] },
  Inbox: {
    items: [{
      deliveryId: DELIVERY_ID,
      to: 'H36.99.3',
      lockedUntil: '2026-11-20T01:01:00.000Z',
      expiresAt: '2026-12-20T01:00:00.000Z',
      package: { id: PACKAGE_ID, acceptedAt: ACCEPTED_AT, fromAgency: 'H36.03', envelope, document },
      attachments: [attachment],
      contentType: 'application/xml',
      size: 30211,
      sha256: SHA256,
      links: {
        content: `/v1/inbox/${DELIVERY_ID}/content`,
        ack: `/v1/inbox/${DELIVERY_ID}/ack`,
        reject: `/v1/inbox/${DELIVERY_ID}/reject`,
        package: `/v1/packages/${PACKAGE_ID}`
      }
    }]
  },
  Rejection: { reason: 'Gửi nhầm cơ quan nhận.' },
  Agency: agency,
  AgencyPage: { items: [agency] },
  Live: { ok: true },
  Readiness: { ok: true, checks: [{ name: 'store', ok: true }, { name: 'broker', ok: true }] }
} as const
