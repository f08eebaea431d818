// The dossier formats of partners by the name that an endpoint declares: `format: dvcqg | noihoso | dvclt`.
import { dvcltWire } from './dvclt.js'
import { dvcqgWire } from './dvcqg.js'
import { noihosoWire } from './noihoso.js'
import type { DossierWire, WireName } from '../../ports/dossier-wire.js'

export const DOSSIER_WIRES: Readonly<Record<WireName, DossierWire>> = { dvcqg: dvcqgWire, noihoso: noihosoWire, dvclt: dvcltWire }

export const WIRE_NAMES: readonly WireName[] = ['dvcqg', 'noihoso', 'dvclt']

export function isWireName (name: string): name is WireName {
  return Object.hasOwn(DOSSIER_WIRES, name)
}

export { writeBody } from './wire-writer.js'
export type { DossierWire, Loss, Read, ReadFile, WireCall, WireContext, WireName, Written } from '../../ports/dossier-wire.js'
