// rest: a package that came before, now with recipients that it did not have then, because its sender chose among them
// (`only`) or names some in each message. Answering "repeated" would leave them without it. Each gets a package of its own.
import { newId } from '../ids.js'
import type { AcceptedPackage } from '../model/package.js'
import { type AcceptOne, resultOf } from './store.js'
import type { Accepted, Routed } from './types.js'

/**
 * Stores what `earlier`, the same package, did not serve. The bytes are durable already. Named by its recipient beside the
 * identifier, each is stored once, however often and in whatever company it is asked for. Answers the first of what was
 * stored, or `earlier` when it serves any of the recipients asked for.
 */
export async function storeRest ({ package: wanted }: Routed, earlier: Accepted, { acceptOne, onStored }: { acceptOne: AcceptOne, onStored: (accepted: Accepted) => void }): Promise<Accepted> {
  // By either code: a closed agency may have another successor today.
  const served = new Set(earlier.deliveries.flatMap(({ to, agency }) => agency === undefined ? [to] : [to, agency]))
  const left = wanted.deliveries.filter(({ to, agency }) => !served.has(to) && !served.has(agency ?? to))
  const stored: Accepted[] = []
  for (const delivery of left) {
    const { idempotencyKey: _used, ...rest } = wanted
    const apart: AcceptedPackage = {
      ...rest, id: newId(), envelope: { ...wanted.envelope, identifier: `${wanted.envelope.identifier}#${delivery.agency ?? delivery.to}` }, deliveries: [{ ...delivery, id: newId() }]
    }
    const accepted = resultOf(apart, await acceptOne(apart))
    if (!accepted.repeated) onStored(accepted)
    stored.push(accepted)
  }
  return left.length < wanted.deliveries.length ? earlier : stored[0] ?? earlier
}
