// route: every recipient gets its endpoint and the reasons why. Part of acceptance, so an unknown recipient is told at once.
import { fault, HubError } from '../errors.js'
import { newId } from '../ids.js'
import type { PlannedDelivery } from '../model/delivery.js'
import type { Agency, Envelope } from '../model/generated.js'
import type { Fault, Problem } from '../model/problem.js'
import { normalizeCode } from '../model/agency-code.js'
import { startsStream, streamsOf } from '../model/stream.js'
import { text } from '../model/text.js'
import type { Directory, Resolution } from '../ports/directory.js'
import { carries } from '../formats/carries.js'
import { placesOf } from '../formats/pointers.js'
import { checkWishes, deadlinesOf, type DeadlinePolicy } from './deadlines.js'
import { planReports } from './reports.js'
import type { Routed, Targeted, Validated } from './types.js'

export interface RouteOptions {
  directory: Directory
  deadlines: DeadlinePolicy
  /** A status waits for its document this long. */
  parkMs: number
}

/**
 * Plans the deliveries. Throws a `HubError` with all faults found so far when the package has any, or when no recipient
 * at all can be served. A recipient that cannot be served beside others that can becomes a refused delivery.
 */
export function route (validated: Targeted, { directory, parkMs, deadlines: policy }: RouteOptions): Routed {
  const { received, at, sender } = validated
  checkWishes(received.arrival, { at, policy })
  const { deliveries, unserved, repeated, elsewhere, unnamed } = planDeliveries(validated, directory)
  if (unnamed.length > 0) throw refusal([...validated.faults, ...unnamed])
  const hopeless = unserved.length < deliveries.length ? [] : [...unserved, ...elsewhere]
  const faults = [...validated.faults, ...hopeless]
  if (faults.length > 0 || sender === undefined) throw refusal(validated.faults.length > 0 ? [...validated.faults, ...unserved] : faults)
  const { arrival, decoded, format, mediaType, original, spooled } = received
  const { envelope, content } = decoded
  const nameOf = (code: string): string => directory.find(code, at)?.code ?? normalizeCode(code)
  // A document that its issuer's successor changes keeps the order of its first days.
  const reportsOf = planReports(validated, directory)
  const planned = deliveries.map(delivery => {
    const reports = reportsOf(delivery)
    return { ...delivery, ...deadlinesOf(envelope, delivery.axis, { at, wishes: arrival, policy }), ...(reports === undefined ? {} : { reports }) }
  })
  const line = startsStream(envelope) ? [] : directory.lineage(sender, at)
  const [correlationId, ...more] = new Set([sender.code, ...line].flatMap(from => streamsOf(content, { from, nameOf })))
  return {
    received,
    package: {
      id: newId(),
      acceptedBy: arrival.caller.id,
      ...(arrival.idempotencyKey === undefined ? {} : { idempotencyKey: arrival.idempotencyKey }),
      traceId: arrival.traceId,
      acceptedAt: at,
      expiresAt: Math.max(...planned.map(({ expiresAt }) => expiresAt)),
      format,
      mediaType,
      // Named by main codes, so that a document and its statuses meet however their senders write the issuer.
      envelope: { ...envelope, ...(correlationId === undefined ? {} : { correlationId }) },
      fromAgency: sender.code,
      content,
      attachments: decoded.attachments,
      warnings: [...decoded.warnings, ...validated.remarks, ...repeated, ...elsewhere, ...unserved],
      ...(decoded.translation === undefined ? {} : { translation: decoded.translation }),
      ...(validated.evidence === undefined ? {} : { evidence: validated.evidence }),
      original,
      inline: spooled.inline(),
      deliveries: planned,
      ...(more.length > 0 && correlationId !== undefined ? { streams: [correlationId, ...more] } : {}),
      ...(envelope.kind === 'status' ? { parkedUntil: at + parkMs } : {})
    }
  }
}

interface Plan { deliveries: PlannedDelivery[], unserved: Fault[], repeated: Fault[], elsewhere: Fault[], unnamed: Fault[] }

function planDeliveries ({ received, at }: Validated, directory: Directory): Plan {
  const { arrival: { only = [], servedBy, direction }, decoded: { envelope } } = received
  const mainCode = (code: string): string => directory.find(code, at)?.code ?? normalizeCode(code)
  const named = new Set(only.length === 0 ? [] : envelope.to.map(({ code }) => mainCode(code)))
  const unknown = only.filter(code => !named.has(mainCode(code)))
  // An axis may know a recipient by a code of its own: better brought to everyone than to no one. What each has is not brought again.
  const isOpen = only.length === 0 || (direction === 'inbound' && unknown.length === only.length)
  const chosen = isOpen ? undefined : new Set(only.map(mainCode))
  const places = placesOf(received)
  const deliveries: PlannedDelivery[] = []
  const unserved: Fault[] = []
  const repeated: Fault[] = []
  const elsewhere: Fault[] = []
  for (const [index, { code }] of envelope.to.entries()) {
    if (chosen?.has(mainCode(code)) === false) continue
    const pointer = places.recipient(index)
    const planned = toDelivery(code, envelope.kind, directory.resolve(code, { kind: envelope.kind, at }))
    // Sent back to an axis, it would reach its agencies there a second time.
    if (planned.endpoint !== undefined && planned.endpoint === servedBy) {
      elsewhere.push(fault('RECIPIENT_ELSEWHERE', pointer,
        text(`"${code}" do phía đã chuyển gói tin đến phục vụ; không gửi ngược lại.`, `"${code}" is served by the side that brought the package; not sent back.`), { found: code }))
      continue
    }
    const twin = deliveries.find(other => planned.agency === undefined ? other.to === code : other.agency === planned.agency)
    if (twin !== undefined) {
      repeated.push(fault('RECIPIENT_REPEATED', pointer,
        text(`"${code}" trùng cơ quan nhận với "${twin.to}"; chỉ gửi một lần.`, `"${code}" is the same recipient as "${twin.to}"; sent once.`), { found: code }))
      continue
    }
    deliveries.push(planned)
    if (planned.problem !== undefined) unserved.push({ code: planned.problem.code, pointer, detail: planned.problem.detail, found: code })
  }
  return { deliveries, unserved, repeated, elsewhere, unnamed: direction === 'inbound' ? [] : unknown.map(unnamedRecipient) }
}

function unnamedRecipient (code: string): Fault {
  return fault('RECIPIENT_UNKNOWN', '/to', text(`Văn bản không ghi "${code}" trong nơi nhận.`, `The document does not name "${code}" as a recipient.`), { found: code })
}

function toDelivery (to: string, kind: Envelope['kind'], resolution: Resolution): PlannedDelivery {
  const base = { id: newId(), to, reasons: resolution.reasons }
  if (resolution.kind === 'refused') {
    return { ...base, format: 'original', problem: resolution.problem, ...(resolution.agency === undefined ? {} : { agency: resolution.agency.code }) }
  }
  const { agency, endpoint } = resolution
  const problem = carries(endpoint.format, kind) ? {} : { problem: unsuitable(agency, endpoint.format, kind) }
  return { ...base, agency: agency.code, endpoint: endpoint.id, axis: endpoint.axis, adapter: endpoint.adapter, format: endpoint.format, ...problem }
}

/** Better said at once than by a delivery that is dead hours later. */
function unsuitable ({ code, name }: Agency, format: string, kind: Envelope['kind']): Problem {
  return {
    code: 'RECIPIENT_FORMAT',
    detail: text(`${name} (${code}) nhận định dạng ${format}, không chuyển được gói loại ${KINDS[kind].vi}.`,
      `${name} (${code}) takes the format ${format}, which cannot carry a ${KINDS[kind].en}.`)
  }
}

const KINDS = { document: text('văn bản', 'document'), dossier: text('hồ sơ', 'dossier'), status: text('trạng thái văn bản', 'status message') } as const

/** One error for all faults: the code they share, else PACKAGE_INVALID; a forbidden sender goes before everything. */
export function refusal (faults: readonly Fault[]): HubError {
  const [first] = faults
  if (first === undefined) return new HubError('PACKAGE_INVALID', text('Gói tin không dùng được.', 'The package cannot be used.'))
  const lead = faults.find(({ code }) => code === 'SENDER_NOT_ALLOWED') ?? first
  const shared = lead.code === 'SENDER_NOT_ALLOWED' || faults.every(({ code }) => code === first.code)
  const code = shared ? lead.code as HubError['code'] : 'PACKAGE_INVALID'
  const detail = faults.length === 1
    ? lead.detail
    : text(`${lead.detail.vi} (tổng cộng ${faults.length} lỗi)`, `${lead.detail.en} (${faults.length} faults in all)`)
  return new HubError(code, detail, { errors: [...faults] })
}
