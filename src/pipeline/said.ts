// said: a question (13) that is open already, or an answer (15, 16) that was given to it, says nothing new when it comes again,
// even in other words. After the next answer, or the next question, it does.
import { CHANGES } from '../model/business-status.js'
import type { RelatedPackage, Store, StoredPackage } from '../ports/store.js'
import type { Routed } from './types.js'

const RETRACT_REQUEST = '13'
const ANSWERS: readonly string[] = ['15', '16']
const QUESTIONS: readonly string[] = CHANGES
/** Of one document; beyond that a repetition is stored like any other status. */
const MOST_RELATED = 10_000

/** The package that says the same between the same two agencies and is not yet answered, or not yet asked again. */
export async function findSaid ({ package: { envelope, fromAgency, deliveries } }: Routed, { findRelated, findPackage }: Pick<Store, 'findRelated' | 'findPackage'>): Promise<StoredPackage | undefined> {
  const { kind, action, correlationId } = envelope
  const other = deliveries[0]?.agency
  if (kind !== 'status' || other === undefined || !(action === RETRACT_REQUEST || ANSWERS.includes(action))) return undefined
  const isBetween = ({ kind: of, action: said, fromAgency: from, recipients }: RelatedPackage): boolean => {
    if (!QUESTIONS.includes(said)) return of === 'status' && ANSWERS.includes(said) && [fromAgency, other].includes(from)
    return [fromAgency, other].includes(from) && recipients.some(({ agency }) => agency === fromAgency || agency === other)
  }
  const last = (await findRelated({ streams: [correlationId], limit: MOST_RELATED })).filter(isBetween).at(-1)
  return last?.action === action && last.fromAgency === fromAgency ? await findPackage(last.id, 'all') : undefined
}
