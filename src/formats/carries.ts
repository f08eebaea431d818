// Which kinds of package a recipient's format can carry: asked when a package is routed, so that its sender knows at once.
import type { DeliveryFormat } from '../model/delivery.js'
import type { Envelope } from '../model/generated.js'

type Kind = Envelope['kind']

const EVERY: readonly Kind[] = ['document', 'dossier', 'status']
const DOSSIER: readonly Kind[] = ['dossier']

const CARRIED: Readonly<Record<DeliveryFormat, readonly Kind[]>> = {
  original: EVERY,
  json: EVERY,
  mapping: EVERY,
  edxml: ['document', 'status'],
  dvcqg: DOSSIER,
  noihoso: DOSSIER,
  dvclt: DOSSIER
}

/** False when no package of this kind can be written in the format. A single package may still fail for what it holds. */
export function carries (format: DeliveryFormat, kind: Kind): boolean {
  return CARRIED[format].includes(kind)
}
