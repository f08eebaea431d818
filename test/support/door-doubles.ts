// A server on doubles with every door open, and calls of the axis as a careful client signs them.
import { loadConfig } from '../../src/config.js'
import { signVxp } from '../../src/formats/vxp/signature.js'
import type { DoorsConfig } from '../../src/model/generated.js'
import { createSystems, type Systems } from '../../src/security/systems.js'
import type { QueueFilter, Slice } from '../../src/ports/queue-store.js'
import { AT, createHttpDouble, type Double, PACKAGE } from './http-doubles.js'

export const SECRET = 'secret-of-the-recipient'

/** The clients `sender` and `recipient` of the doubles, with credentials. */
export function makeSystems (): Systems {
  const client = (id: string, agency: string): Parameters<typeof createSystems>[0][number] =>
    ({ id, agencies: [agency], role: 'agency', systems: [{ systemId: `SYS-${id}`, secret: `secret-of-the-${id}`, username: id, password: `password-of-${id}` }] })
  return createSystems([client('sender', 'H36.11'), client('recipient', 'H36.99.3'), { id: 'plain', agencies: ['H36.50'], role: 'agency' }])
}

export interface DoorDouble extends Double {
  /** Inbox lists that were asked for. */
  lists: Array<QueueFilter & Slice>
}

export async function createDoorDouble (change: (doors: DoorsConfig) => DoorsConfig = same => same): Promise<DoorDouble> {
  const { doors } = await loadConfig({ environment: {} })
  const lists: DoorDouble['lists'] = []
  const opened: DoorsConfig = { axis: { ...doors.axis, enabled: true }, facade: { ...doors.facade, enabled: true }, xroad: { ...doors.xroad, enabled: true } }
  const { deliveries: [delivery], ...row } = PACKAGE
  const double = await createHttpDouble(dependencies => ({
    ...dependencies,
    store: {
      ...dependencies.store,
      listInbox: async (filter, slice) => { lists.push({ ...filter, ...slice }); return delivery === undefined ? [] : [{ delivery, package: row }] },
      countInbox: async () => 7,
      lockInbox: async ({ deliveryId }) => deliveryId === delivery?.id ? 'locked' : 'not-found',
      listSent: async () => [PACKAGE]
    },
    doors: { settings: change(opened), systems: makeSystems() }
  }))
  return Object.assign(double, { lists })
}

/** Headers of a signed call of the axis. */
export function signed (parameters: Record<string, string> = {}, { as = 'recipient', at = AT, contentType = 'application/json' } = {}): Record<string, string> {
  const headers = signVxp(parameters, { systemId: `SYS-${as}`, secret: `secret-of-the-${as}`, at, contentType })
  // As Node hands over what came as UTF-8.
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]))
}
