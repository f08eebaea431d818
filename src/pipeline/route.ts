// route: every recipient gets its endpoint and the reasons why. Part of acceptance, so an unknown recipient is told at once.
import { fault, HubError } from '../errors.js'
import { newId } from '../ids.js'
import type { PlannedDelivery } from '../model/delivery.js'
import type { Fault } from '../model/problem.js'
import { text } from '../model/text.js'
import type { Directory, Resolution } from '../ports/directory.js'
import { recipientPointer } from '../formats/pointers.js'
import type { Routed, Validated, Verified } from './types.js'

export interface RouteOptions { directory: Directory, expiresAfterMs: number }

/**
 * Plans the deliveries. Throws a `HubError` with all faults found so far when the package has any, or when no recipient
 * at all can be served. A recipient that cannot be served beside others that can becomes a refused delivery.
 */
export function route (validated: Verified, { directory, expiresAfterMs }: RouteOptions): Routed {
  const { received, at, sender } = validated
  const { deliveries, unserved, repeated } = planDeliveries(validated, directory)
  const faults = [...validated.faults, ...(unserved.length === deliveries.length ? unserved : [])]
  if (faults.length > 0 || sender === undefined) throw refusal(validated.faults.length > 0 ? [...validated.faults, ...unserved] : faults)
  const { arrival, decoded, format, mediaType, original, spooled } = received
  return {
    received,
    package: {
      id: newId(),
      acceptedBy: arrival.caller.id,
      ...(arrival.idempotencyKey === undefined ? {} : { idempotencyKey: arrival.idempotencyKey }),
      traceId: arrival.traceId,
      acceptedAt: at,
      expiresAt: at + expiresAfterMs,
      format,
      mediaType,
      envelope: decoded.envelope,
      fromAgency: sender.code,
      content: decoded.content,
      attachments: decoded.attachments,
      warnings: [...decoded.warnings, ...repeated, ...unserved],
      ...(validated.evidence === undefined ? {} : { evidence: validated.evidence }),
      original,
      inline: spooled.inline(),
      deliveries
    }
  }
}

function planDeliveries ({ received, at }: Validated, directory: Directory): { deliveries: PlannedDelivery[], unserved: Fault[], repeated: Fault[] } {
  const { envelope } = received.decoded
  const deliveries: PlannedDelivery[] = []
  const unserved: Fault[] = []
  const repeated: Fault[] = []
  for (const [index, { code }] of envelope.to.entries()) {
    const pointer = recipientPointer(received.format, envelope.kind, index)
    const planned = toDelivery(code, directory.resolve(code, { kind: envelope.kind, at }))
    const twin = deliveries.find(other => planned.agency === undefined ? other.to === code : other.agency === planned.agency)
    if (twin !== undefined) {
      repeated.push(fault('RECIPIENT_REPEATED', pointer,
        text(`"${code}" trùng cơ quan nhận với "${twin.to}"; chỉ gửi một lần.`, `"${code}" is the same recipient as "${twin.to}"; sent once.`), { found: code }))
      continue
    }
    deliveries.push(planned)
    if (planned.problem !== undefined) unserved.push({ code: planned.problem.code, pointer, detail: planned.problem.detail, found: code })
  }
  return { deliveries, unserved, repeated }
}

function toDelivery (to: string, resolution: Resolution): PlannedDelivery {
  const base = { id: newId(), to, reasons: resolution.reasons }
  if (resolution.kind === 'refused') {
    return { ...base, format: 'original', problem: resolution.problem, ...(resolution.agency === undefined ? {} : { agency: resolution.agency.code }) }
  }
  const { agency, endpoint } = resolution
  return { ...base, agency: agency.code, endpoint: endpoint.id, axis: endpoint.axis, adapter: endpoint.adapter, format: endpoint.format }
}

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
