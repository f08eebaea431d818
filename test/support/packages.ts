// Packages for tests: complete, valid and made up. What a test is about it says in `more`; the rest is ordinary.
import { createHash } from 'node:crypto'
import { newId } from '../../src/ids.js'
import type { PlannedDelivery } from '../../src/model/delivery.js'
import type { Envelope } from '../../src/model/generated.js'
import type { AcceptedPackage } from '../../src/model/package.js'

export interface PackageWish {
  at?: number
  expiresAt?: number
  from?: string
  /** One delivery each. */
  to?: readonly string[]
  identifier?: string
  /** The original bytes. */
  bytes?: Buffer
  envelope?: Partial<Envelope>
  idempotencyKey?: string
  acceptedBy?: string
  deliveries?: PlannedDelivery[]
}

/** 1 December 2026, 08:00 in Hà Nội. */
export const START = Date.UTC(2026, 11, 1, 1)

export function planDelivery (agency: string, more: Partial<PlannedDelivery> = {}): PlannedDelivery {
  return {
    id: newId(), to: agency, agency, endpoint: `endpoint-${agency}`, axis: 'commune', adapter: 'mailbox', format: 'original', reasons: [{ rule: 'endpoint.own', detail: { vi: 'Điểm kết nối riêng', en: 'Own endpoint' } }], ...more
  }
}

export function makePackage (wish: PackageWish = {}): AcceptedPackage {
  const id = newId()
  const { at = START, expiresAt = at + 86_400_000, from = 'H36', to = ['H36.11'], identifier = `${from}/${id}`, bytes = Buffer.from(`<edXML>${identifier}</edXML>`) } = wish
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return {
    id,
    acceptedBy: wish.acceptedBy ?? 'client:test',
    ...(wish.idempotencyKey === undefined ? {} : { idempotencyKey: wish.idempotencyKey }),
    traceId: '0af7651916cd43dd8448eb211c80319c',
    acceptedAt: at,
    expiresAt,
    format: 'edxml',
    mediaType: 'application/xml',
    envelope: {
      kind: 'document', action: 'new', identifier, correlationId: identifier, from: { code: from, name: 'Sở Thử Nghiệm' }, to: to.map(code => ({ code })), priority: 0, title: 'Về việc thử nghiệm', ...wish.envelope
    },
    fromAgency: from,
    content: { kind: 'document', document: { documentId: identifier, docType: 'new', subject: 'Về việc thử nghiệm', attachments: [] } },
    attachments: [],
    warnings: [],
    original: { sha256, size: bytes.length },
    inline: [{ sha256, size: bytes.length, bytes }],
    deliveries: wish.deliveries ?? to.map(agency => planDelivery(agency))
  }
}
