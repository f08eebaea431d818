// What became of a package, recipient by recipient, from what is stored about it.
import t from 'tap'
import type { DeliveryState } from '../../../src/model/generated.js'
import { createWorkingCalendar } from '../../../src/model/working-days.js'
import { findRecipients, summarize, type RecipientsView } from '../../../src/pipeline/recipients.js'
import type { RelatedPackage, StoredDelivery, StoredPackage } from '../../../src/ports/store.js'
import { makePackage } from '../../support/packages.js'

/** Tuesday 1 December 2026, 08:00 in Hà Nội. */
const AT = Date.UTC(2026, 11, 1, 1)
const HOUR = 3_600_000
const calendar = createWorkingCalendar({ from: '2026-01-01', to: '2026-12-31', weekend: [0, 6], holidays: [{ day: '2026-12-03' }] })
/** H36.9 was merged into H36.11. */
const directory = {
  find: (code: string) => ({ code, name: code, level: 'tinh' as const }),
  lineage: ({ code }: { code: string }) => code === 'H36.11' || code === 'H36.9' ? ['H36.9', 'H36.11'] : [code]
}

function sent (states: Record<string, DeliveryState>): StoredPackage {
  const entry = makePackage({ at: AT, to: Object.keys(states), identifier: 'D1' })
  const deliveries = entry.deliveries.map((planned): StoredDelivery => ({ ...planned, packageId: entry.id, state: states[planned.to] ?? 'queued', attempts: 1, createdAt: AT, expiresAt: AT + HOUR }))
  return { ...entry, deliveries }
}

let ids = 0
const related = (more: Partial<RelatedPackage>): RelatedPackage => ({ id: `id-${String(++ids).padStart(4, '0')}`, kind: 'status', action: '01', acceptedAt: AT + ids, fromAgency: 'H36.11', documentId: 'D1', changes: [], recipients: [], ...more })
const says = (fromAgency: string, action: string, more: Partial<RelatedPackage> = {}): RelatedPackage => related({ fromAgency, action, ...more })
const asks = (action: string, to: string, more: Partial<RelatedPackage> = {}): RelatedPackage =>
  related({ kind: action === '13' ? 'status' : 'document', action, fromAgency: 'H36', recipients: [{ agency: to, state: 'delivered', code: null }], ...more })

async function viewed (found: StoredPackage, all: RelatedPackage[], at = AT + HOUR): Promise<RecipientsView> {
  const store = { findRelated: async () => all }
  return await findRecipients(found, { deliveries: found.deliveries, at }, { store, directory, calendar, answerDays: 2 })
}

t.test('each recipient has what it said itself; who has it, who refused it, who is waited for stands in one place', async t => {
  const found = sent({ 'H36.11': 'delivered', 'H36.12': 'delivered', 'H36.13': 'deferred', 'H36.14': 'refused', 'H36.15': 'dead' })
  const { recipients } = await viewed(found, [says('H36.11', '01'), says('H36.11', '03'), says('H36.12', '02', { description: 'Gửi nhầm' })])
  t.same(recipients.map(({ delivery, business }) => [delivery.to, business?.state]),
    [['H36.11', 'ACCEPTED'], ['H36.12', 'REFUSED'], ['H36.13', 'SENT'], ['H36.14', 'SENT'], ['H36.15', 'SENT']])
  t.match(recipients[1]?.business?.history, [{ code: '02', description: 'Gửi nhầm', effect: 'applied' }])
  t.same(summarize(recipients), {
    recipients: 5,
    has: ['H36.11'],
    refused: ['H36.12', 'H36.14'],
    waiting: ['H36.13'],
    failed: ['H36.15'],
    counts: { delivery: { delivered: 2, deferred: 1, refused: 1, dead: 1 }, business: { ACCEPTED: 1, REFUSED: 1, SENT: 3 } }
  })
})

t.test('a pending change has its last day for an answer, in working days, and says when that is over', async t => {
  const found = sent({ 'H36.11': 'delivered' })
  const question = asks('revocation', 'H36.11', { acceptedAt: AT })
  const { recipients: [recipient] } = await viewed(found, [says('H36.11', '03', { acceptedAt: AT - 1 }), question])
  t.match(recipient?.business, { state: 'CHANGE_PENDING', since: AT, pending: { change: 'revocation', behind: 'ACCEPTED', answerBy: '2026-12-04', overdue: false } }, '3 December is a holiday')
  const late = await viewed(found, [question], Date.UTC(2026, 11, 4, 17))
  t.equal(late.recipients[0]?.business?.pending?.overdue, true)
  const evening = await viewed(found, [{ ...question, acceptedAt: Date.UTC(2026, 11, 1, 9) }])
  t.equal(evening.recipients[0]?.business?.pending?.answerBy, '2026-12-07', 'what is asked from 15:00 on counts for the next working day')
})

t.test('a question that never reached the recipient is none', async t => {
  const found = sent({ 'H36.11': 'delivered' })
  const { recipients } = await viewed(found, [asks('revocation', 'H36.11', { recipients: [{ agency: 'H36.11', state: 'dead', code: 'ATTEMPTS_EXHAUSTED' }] })])
  t.match(recipients[0]?.business, { state: 'SENT', history: [{ code: 'revocation', effect: 'undelivered' }] })
})

t.test('what was revoked before it was sent out is withdrawn, without an answer', async t => {
  const found = sent({ 'H36.11': 'cancelled' })
  const { recipients } = await viewed(found, [asks('revocation', 'H36.11', { recipients: [{ agency: 'H36.11', state: 'cancelled', code: 'REVOKED_BEFORE_DELIVERY' }] })])
  t.match(recipients[0]?.business, { state: 'WITHDRAWN', pending: undefined })
})

t.test('a successor answers for the agency that got it; an agency that got none is listed apart', async t => {
  const found = sent({ 'H36.9': 'delivered' })
  const { recipients, others } = await viewed(found, [says('H36.11', '03'), says('H36.77', '01')])
  t.equal(recipients[0]?.business?.state, 'ACCEPTED')
  t.match(others, [{ fromAgency: 'H36.77', code: '01' }])
})

t.test('of what the hub itself tells, arriving and refusing are words about the document; the rest stands in the delivery', async t => {
  const found = sent({ 'H36.11': 'delivered', 'H36.12': 'dead' })
  const { recipients } = await viewed(found, [says('H36.11', '01', { receipt: 'delivered' }), says('H36.12', '02', { receipt: 'dead' })])
  t.same(recipients.map(({ business }) => business?.state), ['ARRIVED', 'SENT'])
})

t.test('a change of one document is none of another', async t => {
  const found = sent({ 'H36.11': 'delivered' })
  const replaced = asks('replacement', 'H36.11', { documentId: 'D2', changes: ['D0', 'D1'] })
  const { recipients } = await viewed(found, [asks('replacement', 'H36.11', { documentId: 'D3', changes: ['D0'] }), asks('update', 'H36.11', { documentId: 'D4', changes: ['D0'] })])
  t.equal(recipients[0]?.business?.state, 'SENT')
  t.equal((await viewed(found, [replaced, says('H36.11', '15')])).recipients[0]?.business?.state, 'SUPERSEDED')
})

t.test('nobody but the issuer changes a document', async t => {
  const found = sent({ 'H36.11': 'delivered' })
  t.equal((await viewed(found, [asks('13', 'H36.11', { fromAgency: 'H36.50' })])).recipients[0]?.business?.state, 'SENT')
})

t.test('of a dossier only the deliveries are told', async t => {
  const found = { ...sent({ 'H36.11': 'delivered' }), content: { kind: 'dossier' as const, dossier: { packageId: 'p', kind: 'ack' as const, from: 'H36', to: ['H36.11'], MaHoSo: 'x' } } }
  t.same((await viewed(found, [])).recipients.map(({ business }) => business), [undefined])
})
