// The package of a sample whose protocol carries true dossiers: one dossier with one file, the same for the same delivery.
import { createHash } from 'node:crypto'
import type { Dossier } from '../model/generated.js'
import type { HarnessSample } from './harness.js'

/** What a harness builds its dossier from. */
export interface SampleFacts {
  readonly MaHoSo: string
  /** The seven digits at its end. */
  readonly number: string
  /** To be named in ThanhPhanHoSo. */
  readonly file: { readonly TenGiayTo: string, readonly HashTepTin: string, readonly size: number }
}

/** `build` tells the rest of the dossier; sender and recipients of the envelope are its own. */
export function dossierSample (deliveryId: string, { name, bytes }: { name: string, bytes: Buffer }, build: (facts: SampleFacts) => Omit<Dossier, 'packageId' | 'kind' | 'MaHoSo'>): Required<Pick<HarnessSample, 'content' | 'envelope' | 'attachments'>> {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const number = String(createHash('sha256').update(deliveryId).digest().readUInt32BE() % 10_000_000).padStart(7, '0')
  const MaHoSo = `000.00.01.H36-261120-${number}`
  const dossier: Dossier = { ...build({ MaHoSo, number, file: { TenGiayTo: name, HashTepTin: sha256, size: bytes.length } }), packageId: `sample-${deliveryId}`, kind: 'submit', MaHoSo }
  return {
    envelope: { kind: 'dossier', action: 'submit', identifier: dossier.packageId, correlationId: MaHoSo, from: { code: dossier.from }, to: dossier.to.map(code => ({ code })), priority: 0 },
    content: { kind: 'dossier', dossier },
    attachments: [{ meta: { n: 1, name, contentType: 'application/pdf', size: bytes.length, sha256 }, bytes }]
  }
}
