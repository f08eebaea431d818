// What the hub says became of each accepted package, asked with an operator's key over the same API that everybody uses.
import { call, read } from './client.js'
import type { Sent, ToldDelivery } from './judge.js'
import type { Surroundings } from './surroundings.js'

export interface Told {
  /** Looks again; true when nothing more will happen to any accepted package by itself. */
  allClosed (): Promise<boolean>
  /** Those of every package that the hub knows, or could not be asked about: then in state `not told`. */
  deliveries (): ToldDelivery[]
  /** The history of one package as the hub tells it, a line per event; empty when it does not. */
  timeline (packageId: string): Promise<string[]>
}

interface PackageView { id: string, deliveries: Array<{ id: string, agency?: string, to: string, state: string, problem?: { code: string } }> }
interface Page { items: PackageView[], nextCursor?: string }
interface Timeline { items: Array<{ at: string, type: string, actor: string, deliveryId?: string, data: object }> }

/** `held` waits for a person, and whether it may is for the judge to say. */
const CLOSED: ReadonlySet<string> = new Set(['delivered', 'refused', 'dead', 'expired', 'cancelled', 'held'])
/** With more open packages than this, whole pages are cheaper. */
const FEW = 40

export function createTold ({ book, hubs, operatorKey }: Pick<Surroundings, 'book' | 'hubs' | 'operatorKey'>): Told {
  const known = new Map<string, PackageView>()
  /** The hub answered that it does not know them. */
  const unknown = new Set<string>()
  let turn = 0
  const next = (): string => hubs[turn++ % hubs.length]?.url ?? ''
  const open = (): string[] => book.sent.flatMap(({ packageId }) => {
    if (packageId === undefined || unknown.has(packageId)) return []
    return known.get(packageId)?.deliveries.every(({ state }) => CLOSED.has(state)) === true ? [] : [packageId]
  })

  async function lookAtPages (): Promise<void> {
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page: Page = await read(`${next()}/v1/packages?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`, operatorKey)
      for (const item of page.items) known.set(item.id, item)
      cursor = page.nextCursor
    }
  }

  async function lookAt (id: string): Promise<void> {
    const { status, bytes } = await call(`${next()}/v1/packages/${id}`, { key: operatorKey })
    if (status === 404) unknown.add(id)
    if (status === 200) known.set(id, JSON.parse(bytes.toString()) as PackageView)
  }

  return {
    async allClosed () {
      try {
        if (open().length > FEW) await lookAtPages()
        for (const id of open().slice(0, FEW)) await lookAt(id)
        return open().length === 0
      } catch {
        // A hub that does not answer is asked again.
        return false
      }
    },
    deliveries: () => [
      ...[...known.values()].flatMap(({ id: packageId, deliveries }) => deliveries.map(({ id, agency, to, state, problem }) => (
        { id, packageId, agency: agency ?? to, state, ...(problem === undefined ? {} : { code: problem.code }) }))),
      ...book.sent.flatMap(each => each.packageId === undefined || unknown.has(each.packageId) || known.has(each.packageId) ? [] : notTold(each, each.packageId))
    ],
    async timeline (packageId) {
      const { items } = await read<Timeline>(`${next()}/v1/packages/${packageId}/timeline`, operatorKey).catch(() => ({ items: [] }))
      return items.map(({ at, type, actor, deliveryId, data }) => [at, type, actor, deliveryId ?? '', JSON.stringify(data)].join(' ').slice(0, 300))
    }
  }
}

function notTold ({ to }: Sent, packageId: string): ToldDelivery[] {
  return to.map(agency => ({ id: '', packageId, agency, state: 'not told' }))
}
