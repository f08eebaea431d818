// Order as tables: which streams a package belongs to, and where a delivery stands in them.
import t from 'tap'
import type { Document } from '../../src/model/generated.js'
import { placeOf, type OrderFacts, type Predecessor } from '../../src/model/order.js'
import { standsAlone, startsStream, streamsOf } from '../../src/model/stream.js'

const MAIN: Record<string, string> = { '000.00.11.H36': 'H36.11' }
const nameOf = (code: string): string => MAIN[code] ?? code
const document = (more: Partial<Document>): Document => ({ documentId: 'D', docType: 'new', attachments: [], ...more })
const replacements = ['A', 'B'].map(documentId => ({ documentId }))

const STREAMS: Array<[string, Parameters<typeof streamsOf>[0], string[]]> = [
  ['a document', { kind: 'document', document: document({}) }, ['document:H36.11:D']],
  ['a revocation', { kind: 'document', document: document({ docType: 'revocation' }) }, ['document:H36.11:D']],
  ['an update that names its document', { kind: 'document', document: document({ docType: 'update', business: { documentId: 'A' } }) }, ['document:H36.11:A', 'document:H36.11:D']],
  ['an update that does not', { kind: 'document', document: document({ docType: 'update' }) }, ['document:H36.11:D']],
  ['a replacement of two', { kind: 'document', document: document({ docType: 'replacement', business: { replacements } }) }, ['document:H36.11:A', 'document:H36.11:B', 'document:H36.11:D']],
  ['a status', { kind: 'status', status: { statusCode: '03', responseFor: { organId: '000.00.11.H36', documentId: 'D' } } }, ['document:H36.11:D']],
  ['a request to give a document back', { kind: 'status', status: { statusCode: '13', responseFor: { organId: 'H36.101', documentId: 'D' } } }, ['document:H36.11:D']],
  ['a dossier', { kind: 'dossier', dossier: { packageId: 'x', kind: 'ack', from: 'H36.11', to: ['H36'], MaHoSo: 'M' } }, ['dossier:M']]
]

for (const [what, content, streams] of STREAMS) {
  t.test(`the streams of ${what}`, async t => { t.same(streamsOf(content, { from: '000.00.11.H36', nameOf }), streams) })
}

t.test('a new document starts its stream, nothing else does: a dossier may be submitted again', async t => {
  t.same(([['document', 'new'], ['dossier', 'submit'], ['document', 'update'], ['dossier', 'progress'], ['status', '01']] as const).map(([kind, action]) => startsStream({ kind, action })), [true, false, false, false, false])
  t.same(([['dossier', 'submit'], ['dossier', 'progress'], ['document', 'new'], ['status', 'submit']] as const).map(([kind, action]) => standsAlone({ kind, action })), [true, false, false, false])
})

const before = (id: string, more: Partial<Predecessor> = {}): Predecessor => ({ id, waitsFor: [], isTarget: false, isUntouched: false, ...more })
const untouched = { isTarget: true, isUntouched: true }
const nothing: OrderFacts = { isRevocation: false, standsAlone: false, isDocumentUnknown: false, unsettled: [], settledTargets: 'none' }

const PLACES: Array<[string, Partial<OrderFacts>, object]> = [
  ['that stands alone, after an expired one', { standsAlone: true, newestSettled: { id: 'a', state: 'expired' } }, { state: 'queued' }],
  ['that stands alone, after a cancelled one', { standsAlone: true, newestSettled: { id: 'a', state: 'cancelled' } }, { state: 'queued' }],
  ['that stands alone, after a dead one', { standsAlone: true, newestSettled: { id: 'a', state: 'dead' } }, { state: 'held', waitsFor: ['a'] }],
  ['that stands alone, after an open one', { standsAlone: true, unsettled: [before('a')] }, { state: 'blocked', waitsFor: ['a'], isParked: false }],
  ['with nothing before it', {}, { state: 'queued' }],
  ['after a delivered one', { newestSettled: { id: 'a', state: 'delivered' } }, { state: 'queued' }],
  ['after a refused one', { newestSettled: { id: 'a', state: 'refused' } }, { state: 'queued' }],
  ['after a dead one', { newestSettled: { id: 'a', state: 'dead' } }, { state: 'held', waitsFor: ['a'] }],
  ['after an expired one', { newestSettled: { id: 'a', state: 'expired' } }, { state: 'held', waitsFor: ['a'] }],
  ['after a cancelled one', { newestSettled: { id: 'a', state: 'cancelled' } }, { state: 'held', waitsFor: ['a'] }],
  ['after an open one', { unsettled: [before('a')], newestSettled: { id: 'b', state: 'dead' } }, { state: 'blocked', waitsFor: ['a'], isParked: false }],
  ['after a chain', { unsettled: [before('a'), before('b', { waitsFor: ['a'] }), before('c')] }, { state: 'blocked', waitsFor: ['b', 'c'], isParked: false }],
  ['about an unknown document', { isDocumentUnknown: true }, { state: 'blocked', waitsFor: [], isParked: true }],
  ['that revokes what nobody has seen', { isRevocation: true, unsettled: [before('a', untouched), before('b', untouched)] }, { state: 'cancelled', revoked: ['a', 'b'] }],
  ['that revokes what never got so far', { isRevocation: true, settledTargets: 'unattempted' }, { state: 'cancelled', revoked: [] }],
  ['that revokes what was attempted', { isRevocation: true, unsettled: [before('a', { isTarget: true })] }, { state: 'blocked', waitsFor: ['a'] }],
  ['that revokes what was delivered, while an update waits', { isRevocation: true, settledTargets: 'attempted', unsettled: [before('a', untouched)] }, { state: 'blocked', waitsFor: ['a'] }],
  ['that revokes one document while another waits', { isRevocation: true, unsettled: [before('a', untouched), before('b', { isUntouched: true })] }, { state: 'blocked', waitsFor: ['a', 'b'] }],
  ['that revokes what the hub does not know', { isRevocation: true }, { state: 'queued' }]
]

for (const [when, facts, place] of PLACES) {
  t.test(`a delivery ${when}`, async t => { t.match(placeOf({ ...nothing, ...facts }), place) })
}

t.test('an operator overrules what will not come, and never the order', async t => {
  t.same(placeOf({ ...nothing, newestSettled: { id: 'a', state: 'dead' }, isDocumentUnknown: true }, 'force'), { state: 'queued' })
  t.same(placeOf({ ...nothing, isDocumentUnknown: true, unsettled: [before('a')] }, 'force'), { state: 'blocked', waitsFor: ['a'], isParked: false })
})
