// Which kinds of packages an endpoint takes: one agency may be reached by one endpoint for each kind.
import type { EndpointConfig, Envelope } from './generated.js'

type Taking = Pick<EndpointConfig, 'kinds'>

/** Every endpoint takes a package of no particular kind, and one that names no kinds takes all. */
export function takesKind ({ kinds }: Taking, kind: Envelope['kind'] | undefined): boolean {
  return kind === undefined || kinds === undefined || kinds.includes(kind)
}

/** Whether there is a kind that both take. */
export function shareKinds ({ kinds: one }: Taking, other: Taking): boolean {
  return one === undefined || one.some(kind => takesKind(other, kind))
}
