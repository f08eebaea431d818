// A dossier that goes on: does its status follow the one the hub saw last? A wrong step is recorded with the package and
// never holds it up, so that every copy of the dossier stays in step with the agency's.
import { illegalStep } from '../formats/dossier/checks.js'
import { toFault } from '../formats/findings.js'
import { isDossierStatus, transition } from '../model/dossier-status.js'
import type { Store } from '../ports/store.js'
import type { Routed } from './types.js'

/** Adds a warning for an illegal step. A first submission has nothing before it and costs no look into the store. */
export async function noteStatus ({ package: { content, envelope, fromAgency, warnings } }: Routed, lastDossierStatus: Store['lastDossierStatus']): Promise<void> {
  if (content.kind !== 'dossier' || content.dossier.kind === 'submit') return
  const { TienDo, HoSo } = content.dossier
  // The steps of a package come one after the other; its first one follows what was known before.
  const first = TienDo?.[0]?.TrangThai ?? HoSo?.TrangThaiHoSo
  if (!isDossierStatus(first)) return
  const before = await lastDossierStatus(envelope.correlationId, fromAgency)
  if (!isDossierStatus(before) || transition(before, first) === 'legal') return
  warnings.push(toFault(illegalStep(before, first, TienDo?.[0] === undefined ? '/HoSo/TrangThaiHoSo' : '/TienDo/0/TrangThai')))
}
