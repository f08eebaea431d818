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

/** The same kind of document in canonical JSON, its file inside. */
export const PACKAGE_EXAMPLE = {
  envelope: { from: { code: 'H36', name: 'UBND tỉnh Lâm Đồng' }, to: [{ code: '000.00.11.H36', name: 'Sở Tư pháp' }] },
  document: {
    documentId: 'H36,2026/11/20,16/UBND-VP',
    docType: 'new',
    code: { number: '16', notation: 'UBND-VP' },
    promulgation: { place: 'Lâm Đồng', date: '2026-11-20' },
    documentType: { type: '2', typeName: 'Công văn' },
    subject: 'V/v báo cáo ngân sách quý IV',
    signer: { fullName: 'Nguyễn Văn An' }
  },
  attachments: [{ name: 'cong-van-16.pdf', base64: Buffer.from('%PDF-1.4\n%âãÏÓ\n', 'latin1').toString('base64') }]
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

/** The same with its file beside it, as another document. */
export const RELATED_EXAMPLE = [
  '--b', 'Content-Type: text/xml; charset=utf-8', 'Content-ID: <Start>', '',
  EDXML_EXAMPLE.replace('15/UBND-VP<', '18/UBND-VP<').replace('<CodeNumber>15<', '<CodeNumber>18<').replace(/ {2}<AttachmentEncoded>[^]*<\/AttachmentEncoded>\n/, ''),
  '--b', 'Content-Type: application/pdf; name="cv-18.pdf"', 'Content-Transfer-Encoding: base64', 'Content-ID: <1>', '', 'JVBERi0xLjQK', '--b--', ''
].join('\r\n')

const dead = {
  ...delivery, endpoint: 'so-nganh', state: 'dead', attempts: 100, settledAt: '2026-11-24T01:00:00.000Z',
  problem: { code: 'ATTEMPTS_EXHAUSTED', detail: 'Đã gửi 100 lần không thành; lần cuối: Hệ thống nhận không trả lời.' }
}

const batch = {
  id: '0199f0a1-8000-7d42-9a51-3f6f1c2b4d5e', operation: 'retry', filter: { state: 'dead', endpoint: 'so-nganh', code: 'ATTEMPTS_EXHAUSTED' },
  reason: 'Sở đã sửa máy chủ.', actor: 'operator:van-hanh', state: 'frozen', createdAt: '2026-11-24T02:00:00.000Z', total: 128,
  progress: { done: 0, skipped: 0, failed: 0, pending: 128 }
}

const endpoint = {
  id: 'so-nganh', configured: true, axis: 'province', adapter: 'webhook', format: 'edxml', state: 'paused', reason: 'Điểm kết nối tạm nghỉ: quản trị viên đã tạm dừng (Sở chuyển máy chủ.)',
  pause: { actor: 'client:van-hanh', reason: 'Sở chuyển máy chủ.', at: '2026-11-24T01:30:00.000Z' }, circuit: { state: 'closed' },
  counts: { underway: 12, delivered: 48211 }, oldest: { deliveryId: DELIVERY_ID, acceptedAt: ACCEPTED_AT, ageSeconds: 347_400 }, concurrency: 4, rateLimit: { perSecond: 20, burst: 5 },
  maintenance: [{ days: ['sun'], from: '01:00', to: '03:00' }]
}

const action = {
  id: 12, at: '2026-11-24T01:30:00.000Z', actor: 'client:van-hanh', action: 'endpoint.paused', subject: 'endpoint:so-nganh', reason: 'Sở chuyển máy chủ.', detail: {}
}

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
    links: { content: `/v1/packages/${PACKAGE_ID}/content`, recipients: `/v1/packages/${PACKAGE_ID}/recipients`, timeline: `/v1/packages/${PACKAGE_ID}/timeline` }
  },
  Recipients: {
    packageId: PACKAGE_ID,
    summary: {
      recipients: 1, has: ['H36.102'], refused: [], waiting: [], failed: [], counts: { delivery: { delivered: 1 }, business: { CHANGE_PENDING: 1 } }
    },
    items: [{
      to: 'H36.102',
      agency: 'H36.102',
      delivery: { id: DELIVERY_ID, state: 'delivered', attempts: 1, settledAt: '2026-11-20T01:00:02.000Z', expiresAt: '2026-11-27T01:00:00.000Z' },
      business: {
        state: 'CHANGE_PENDING',
        since: '2026-11-20T04:00:00.000Z',
        pending: { change: '13', behind: 'ACCEPTED', answerBy: '2026-11-25', overdue: false },
        history: [
          { at: '2026-11-20T02:00:00.000Z', packageId: '0199f0d8-6a3e-7d42-9a51-3f6f1c2b4d60', code: '03', fromAgency: 'H36.102', effect: 'applied', description: 'Số đến 1021' },
          { at: '2026-11-20T04:00:00.000Z', packageId: '0199f146-473e-7d42-9a51-3f6f1c2b4d61', code: '13', fromAgency: 'H36.03', effect: 'applied', description: 'Gửi nhầm' }
        ]
      }
    }],
    others: [],
    truncated: false
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
  DeliveryPage: { items: [{ ...dead, package: { id: PACKAGE_ID, acceptedAt: ACCEPTED_AT, fromAgency: 'H36.03', envelope } }] },
  OperatedDelivery: { ...dead, package: { id: PACKAGE_ID, acceptedAt: ACCEPTED_AT, fromAgency: 'H36.03', envelope } },
  Causes: {
    items: [{
      state: 'dead', endpoint: 'so-nganh', code: 'ATTEMPTS_EXHAUSTED', title: 'Đã hết số lần gửi', faultOf: 'partner', count: 128, firstAt: ACCEPTED_AT,
      lastAt: '2026-11-20T09:30:00.000Z', sampleId: DELIVERY_ID
    }]
  },
  Counts: {
    at: ACCEPTED_AT,
    total: { underway: 12, delivered: 48211, dead: 128 },
    items: [{ endpoint: 'so-nganh', axis: 'province', counts: { underway: 12, delivered: 48211, dead: 128 } }]
  },
  Operated: { changed: true, delivery: { ...delivery, endpoint: 'so-nganh', state: 'queued', attempts: 100, retriedAfter: 100, dueAt: '2026-11-24T02:00:00.000Z' } },
  Word: { reason: 'Sở đã sửa máy chủ.' },
  Redirection: { reason: 'Xã nhận tạm qua hộp thư.', endpoint: 'xa-di-linh' },
  Resending: { reason: 'Xã báo mất tệp, xin gửi lại.', acceptDuplicate: true },
  NewBatch: { operation: batch.operation, filter: batch.filter, reason: batch.reason },
  Batch: batch,
  BatchPage: { items: [batch] },
  BatchItems: { items: [{ n: 1, deliveryId: DELIVERY_ID, packageId: PACKAGE_ID, frozen: 'dead', outcome: 'done', at: '2026-11-24T02:00:05.000Z' }] },
  Services: {
    items: [{
      service: 'xac-thuc-cong-dan', operation: 'citizen-exists', title: 'Xác thực thông tin công dân', agencies: ['H36.101'], purposes: ['TIEP-NHAN', 'CAP-KET-QUA'], dossier: 'participant',
      mandatory: ['/officer/id', '/officer/unit', '/purpose/code', '/purpose/text', '/dossier', '/query/hoVaTen'],
      query: {
        type: 'object', required: ['hoVaTen'], anyOf: [{ required: ['soDinhDanh'] }, { required: ['soCMND'] }],
        properties: { soDinhDanh: { type: 'string', pattern: '^\\d{12}$' }, soCMND: { type: 'string' }, hoVaTen: { type: 'string' } }
      }
    }]
  },
  ServiceRequest: {
    officer: { id: 'CB-0142', name: 'Lê Thị Cúc', unit: 'H36.101' },
    purpose: { code: 'TIEP-NHAN', text: 'Kiểm tra người nộp hồ sơ khai tử.' },
    dossier: '000.00.11.H36-261120-0007',
    query: { soDinhDanh: '001099000001', hoVaTen: 'Nguyễn Văn Mẫu' }
  },
  ServiceAnswer: { requestId: PACKAGE_ID, service: 'xac-thuc-cong-dan', operation: 'citizen-exists', answeredAt: ACCEPTED_AT, result: { exists: true } },
  ServiceCallPage: {
    items: [{
      requestId: PACKAGE_ID, service: 'xac-thuc-cong-dan', operation: 'citizen-exists', endpoint: 'csdldc', client: 'client:mot-cua', agency: 'H36.101',
      officer: { id: 'CB-0142', name: 'Lê Thị Cúc', unit: 'H36.101' }, purpose: { code: 'TIEP-NHAN', text: 'Kiểm tra người nộp hồ sơ khai tử.' },
      dossier: '000.00.11.H36-261120-0007', subject: 'hmac-sha256:7b1c7f0bd4a55d3ab0f3d2f1a5dd31b3f1e2a4d0c7d28c1c5b6b0d9b8e7f6a5d', state: 'answered',
      requestedAt: ACCEPTED_AT, settledAt: ACCEPTED_AT, durationMs: 212, traceId: '4bf92f3577b34da6a3ce929d0e0e4736'
    }]
  },
  EndpointWord: { reason: 'Sở chuyển máy chủ.' },
  Endpoint: endpoint,
  Endpoints: { items: [endpoint] },
  OperatorActionPage: { items: [action] },
  Live: { ok: true },
  Readiness: { ok: true, roles: ['api', 'delivery', 'pollers'], checks: [{ name: 'store', ok: true }, { name: 'broker', ok: true }] }
} as const
