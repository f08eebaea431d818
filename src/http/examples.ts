// Synthetic examples for the OpenAPI document; a test validates each against the schema it illustrates.
const PACKAGE_ID = '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e'
const DELIVERY_ID = '0199f0a1-7c3f-7b11-8e20-6a9d0c4f7e21'
const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
const ACCEPTED_AT = '2026-11-20T01:00:00.000Z'

const envelope = {
  kind: 'document',
  action: 'new',
  identifier: 'H36.11/2026/0001',
  correlationId: 'H36.11/0001',
  from: { code: '000.00.11.H36', name: 'Sở Tài chính' },
  to: [{ code: '000.03.99.H36', name: 'UBND xã Đông' }],
  priority: 0,
  notation: '15/STC-VP',
  title: 'V/v báo cáo ngân sách quý IV'
}

const reasons = [{ rule: 'endpoint.own', detail: 'Cơ quan này có hệ thống kết nối riêng.' }]

const planned = { to: '000.03.99.H36', agency: 'H36.99.3', endpoint: 'xa-dong', axis: 'commune', adapter: 'inbox', reasons }

const delivery = {
  id: DELIVERY_ID, packageId: PACKAGE_ID, ...planned, format: 'original', state: 'available', attempts: 1, expiresAt: '2026-12-20T01:00:00.000Z'
}

const attachment = { n: 1, name: 'Công văn 15.pdf', contentType: 'application/pdf', declaredType: 'application/pdf', size: 20480, sha256: SHA256 }

const document = { documentId: '0001', docType: 'new', attachments: [attachment] }

const summary = { id: PACKAGE_ID, acceptedAt: ACCEPTED_AT, fromAgency: 'H36.11', envelope, deliveries: [delivery] }

const agency = {
  code: 'H36.11', name: 'Sở Tài chính', level: 'so_nganh', axis: 'province', codes: [{ scheme: 'qcvn102', code: '000.00.11.H36' }],
  status: 'active', successors: [], servedBy: 'so-tai-chinh'
}

/** What a dossier sender posts. */
export const DOSSIER_EXAMPLE = {
  packageId: 'mc-2026-000123',
  kind: 'withdraw',
  from: 'H36.99.3',
  to: ['H36.11'],
  MaHoSo: '000.03.99.H36-261120-0001',
  reason: 'Người nộp xin rút hồ sơ.'
}

/** What a document sender posts, cut down to its frame. */
export const EDXML_EXAMPLE = '<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">\n' +
  '  <edXML:edXMLEnvelope xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016">…</edXML:edXMLEnvelope>\n  <AttachmentEncoded>…</AttachmentEncoded>\n</edXML>\n'

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
      package: { id: PACKAGE_ID, acceptedAt: ACCEPTED_AT, fromAgency: 'H36.11', envelope, document },
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
