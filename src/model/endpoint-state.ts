// What the processes of a hub know in common about an endpoint, and why deliveries to it rest.
import { CLOSED, type Circuit } from './circuit.js'
import type { Problem } from './problem.js'
import { text } from './text.js'

export interface EndpointState {
  endpoint: string
  circuit: Circuit
  /** Grows with every change of the circuit; 0 before the first. */
  version: number
  /** Set while an operator has paused it. */
  pause?: { actor: string, reason: string, at: number }
}

/** An endpoint nothing has ever been noted about. */
export function untouched (endpoint: string): EndpointState {
  return { endpoint, circuit: CLOSED, version: 0 }
}

/**
 * Whether deliveries are attempted, in one word. failing: its circuit is open. recovering: it answered a probe, and the next attempt
 * decides. unconfigured: deliveries wait for it, but this process's configuration does not know it.
 */
export const ENDPOINT_CONDITIONS = ['working', 'paused', 'maintenance', 'failing', 'recovering', 'unconfigured'] as const
export type EndpointCondition = typeof ENDPOINT_CONDITIONS[number]

/** What an operator is shown first; `until` is when it ends by itself, where that is known (epoch ms). */
export function conditionOf ({ circuit, pause }: EndpointState, { isConfigured, maintenanceUntil }: { isConfigured: boolean, maintenanceUntil?: number | undefined }): { state: EndpointCondition, until?: number } {
  if (pause !== undefined) return { state: 'paused' }
  if (!isConfigured) return { state: 'unconfigured' }
  if (maintenanceUntil !== undefined) return { state: 'maintenance', until: maintenanceUntil }
  if (circuit.state === 'open') return { state: 'failing', ...(circuit.openUntil === undefined ? {} : { until: circuit.openUntil }) }
  return { state: circuit.state === 'half-open' ? 'recovering' : 'working' }
}

/** Why no attempt may be made now, for the deliveries that rest; undefined: attempts may be made. */
export function restReason ({ circuit, pause }: EndpointState, maintenanceUntil?: number): Problem | undefined {
  if (pause !== undefined) return resting(`quản trị viên đã tạm dừng (${pause.reason})`, `an operator has paused it (${pause.reason})`)
  if (maintenanceUntil !== undefined) {
    const until = new Date(maintenanceUntil).toISOString()
    return resting(`đang trong giờ bảo trì đến ${until}`, `it is under maintenance until ${until}`)
  }
  if (circuit.state !== 'open') return undefined
  const { detail = text('', '') } = circuit.problem ?? {}
  return resting(`nhiều lần gửi liên tiếp không thành; lần cuối: ${detail.vi}`, `attempts failed in a row; the last: ${detail.en}`)
}

function resting (vi: string, en: string): Problem {
  return { code: 'ENDPOINT_RESTING', detail: text(`Điểm kết nối tạm nghỉ: ${vi}`, `The endpoint rests: ${en}`) }
}
