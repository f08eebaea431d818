// What a process does: all of it, or a part, so that a site can give each part machines of its own.
import type { HubConfig } from './generated.js'

/** api: the HTTP door. delivery: deliveries, and what keeps the store in order. pollers: fetching from outside systems. */
export type Role = HubConfig['roles'][number]

export const ROLES = ['api', 'delivery', 'pollers'] as const satisfies readonly Role[]
