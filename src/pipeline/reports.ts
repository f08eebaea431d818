// reports: what the sender of a package will be told of its deliveries, planned while it is routed: as its own endpoint is set,
// and that it has arrived where the recipient's system does not say so itself.
import type { PlannedDelivery } from '../model/delivery.js'
import type { Envelope, Reportable } from '../model/generated.js'
import { carries } from '../formats/carries.js'
import type { Directory, Endpoint } from '../ports/directory.js'
import type { Targeted } from './types.js'

/** What is itself news of a package: told of it, two hubs would thank each other for ever. */
const ANSWERS: ReadonlySet<string> = new Set(['ack', 'error'])
/** What arrives is a document; of a change the answer (15, 16) is told. */
const ARRIVING: ReadonlySet<string> = new Set(['new', 'replacement'])

/** What is to be told of each delivery of a package; undefined: nothing. */
export function planReports ({ received, sender, at }: Targeted, directory: Pick<Directory, 'resolve' | 'endpoints'>): (delivery: Pick<PlannedDelivery, 'endpoint'>) => Reportable[] | undefined {
  const { arrival, decoded: { envelope } } = received
  const told = sender === undefined || arrival.caller.role === 'hub' || isAnswer(envelope) ? undefined : endpointFor(sender.code, envelope.kind, { directory, at })
  if (told === undefined) return () => undefined
  const { receipts = [] } = told
  const withArrival = [...new Set<Reportable>([...receipts, 'delivered'])]
  const arrives = envelope.kind === 'document' && ARRIVING.has(envelope.action)
  const silent = new Set(arrives ? directory.endpoints().filter(({ arrivalStatus }) => arrivalStatus === 'hub').map(({ id }) => id) : [])
  return ({ endpoint }) => {
    const reports = endpoint !== undefined && silent.has(endpoint) ? withArrival : [...receipts]
    return reports.length === 0 ? undefined : reports
  }
}

function isAnswer ({ kind, action }: Envelope): boolean {
  return kind === 'status' || (kind === 'dossier' && ANSWERS.has(action))
}

/** Where the sender gets its mail; undefined when a receipt would not reach it. */
function endpointFor (code: string, kind: Envelope['kind'], { directory, at }: { directory: Pick<Directory, 'resolve'>, at: number }): Endpoint | undefined {
  const as = kind === 'dossier' ? 'dossier' : 'status'
  const resolution = directory.resolve(code, { kind: as, at })
  return resolution.kind === 'found' && carries(resolution.endpoint.format, as) ? resolution.endpoint : undefined
}
