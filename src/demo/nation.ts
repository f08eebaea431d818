// The national axis as the demo plays it: documents that wait there for the province, and at the end a look into the simulators,
// whether each holds what it was sent, once.
import type { Answered } from './agencies.js'
import type { ApiClient } from './client.js'
import type { Province } from './province.js'
import type { Row } from './report.js'
import { dossierCode, type IncomingDocument } from './scenario.js'

type Simulators = Required<Pick<Province, 'axis' | 'portal'>>

interface PackagesAnswer { items: Array<{ id: string, envelope: { identifier: string } }> }

/** Puts a document into the queues of its receivers, as another system of the axis would. */
export async function offer ({ axis }: Simulators, { from, to, body }: IncomingDocument): Promise<void> {
  const answer = await fetch(`${axis.url}/simulator/offer?${new URLSearchParams({ from, to: to.join(), messagetype: 'edoc' }).toString()}`, { method: 'POST', body: new Uint8Array(body) })
  if (!answer.ok) throw new Error(`the simulated axis answered ${answer.status}`)
}

/** The incoming documents that the hub has accepted so far. */
export async function findArrived (operator: ApiClient, incoming: readonly IncomingDocument[]): Promise<Answered[]> {
  const arrived: Answered[] = []
  for (const { title, from, documentId, expect } of incoming) {
    const { body: { items } } = await operator.get<PackagesAnswer>(`/v1/packages?kind=document&from=${from}&limit=50`)
    const found = items.find(({ envelope }) => envelope.identifier.endsWith(`:${documentId}`))
    if (found !== undefined) arrived.push({ title, client: 'truc-quoc-gia', packageId: found.id, expect })
  }
  return arrived
}

/** Whether the axis has heard of everything that waited there. */
export function isAcknowledged ({ axis }: Simulators): boolean {
  return incomingItems(axis).every(({ item }) => item.status === 'done' || item.status === 'fail')
}

/** What the simulators know that is not as it should be. */
export function checkNation ({ axis, portal }: Simulators, { rows, run }: { rows: readonly Row[], run: string }): string[] {
  const sent = [...axis.tables.messages.values()].flatMap(({ deliveryId }) => deliveryId ?? [])
  const expected = rows.filter(({ adapter }) => adapter === 'vxp').length
  const code = dossierCode(run)
  return [
    ...(sent.length === expected && new Set(sent).size === sent.length ? [] : [`the axis holds ${sent.length} messages of ${new Set(sent).size} deliveries, not ${expected}`]),
    ...incomingItems(axis).flatMap(({ item }) => item.status === 'done' ? [] : [`the axis was told "${item.status}" of an item for ${item.to}: ${item.description}`]),
    ...(portal.state.dossiers.has(code) ? [] : [`the portal has no dossier ${code}`])
  ]
}

function incomingItems ({ tables }: Simulators['axis']): Array<{ item: { to: string, status: string, description: string } }> {
  return [...tables.queue.values()].filter(({ message }) => message.deliveryId === undefined)
}
