// The machine of business statuses: every row of its table, and what holds for any sequence of signals.
import t from 'tap'
import { AGREED, BUSINESS_STATES, BUSINESS_STEPS, CHANGES, FINAL_BUSINESS_STATES, fold, START, step, type BusinessState, type Standing } from '../../../src/model/business-status.js'
import fc from '../../support/property.js'

type Row = [from: string, signals: string, to: BusinessState, effect: string]

/** From SENT, by these signals; what the last of them did. */
const ROWS: Row[] = [
  ['it arrives', '01', 'ARRIVED', 'applied'],
  ['it is registered without having been said to arrive', '03', 'ACCEPTED', 'applied'],
  ['the usual way', '01 03 04 05 06', 'DONE', 'applied'],
  ['steps may be left out', '01 03 06', 'DONE', 'applied'],
  ['it is refused unseen', '02', 'REFUSED', 'applied'],
  ['it is refused by the clerk', '01 02', 'REFUSED', 'applied'],
  ['it cannot be refused once it is registered', '03 02', 'ACCEPTED', 'regression'],
  ['a step back is history', '05 03', 'PROCESSING', 'regression'],
  ['arriving twice is once', '01 01', 'ARRIVED', 'repeated'],
  ['a late arrival is history', '03 01', 'ACCEPTED', 'regression'],
  ['a retract request waits', '03 13', 'CHANGE_PENDING', 'applied'],
  ['and is agreed to', '03 13 15', 'WITHDRAWN', 'applied'],
  ['a revocation is agreed to', '01 revocation 15', 'WITHDRAWN', 'applied'],
  ['an update is agreed to', '01 update 15', 'UPDATED', 'applied'],
  ['a replacement is agreed to', '01 replacement 15', 'SUPERSEDED', 'applied'],
  ['a change is refused: back to where it was', '04 13 16', 'ASSIGNED', 'applied'],
  ['the sender asks again', '04 13 16 13', 'CHANGE_PENDING', 'applied'],
  ['and is agreed with then', '04 13 16 13 15', 'WITHDRAWN', 'applied'],
  ['asking twice is asking once', '04 13 13', 'CHANGE_PENDING', 'repeated'],
  ['another question takes the place of the first', '04 13 update 15', 'UPDATED', 'applied'],
  ['work goes on behind the question', '03 13 05', 'CHANGE_PENDING', 'applied'],
  ['and is where it got to when the answer is no', '03 13 05 16', 'PROCESSING', 'applied'],
  ['a question does not undo steps', '05 13 03', 'CHANGE_PENDING', 'regression'],
  ['a document in question may still be refused', '01 update 02', 'REFUSED', 'applied'],
  ['an updated document is worked on', '01 update 15 03 06', 'DONE', 'applied'],
  ['and can be updated again', 'update 15 update 15', 'UPDATED', 'applied'],
  ['an answer to no question is history', '03 15', 'ACCEPTED', 'unasked'],
  ['a no to no question is history', '16', 'SENT', 'unasked'],
  ['what is done cannot be taken back', '06 13', 'DONE', 'late'],
  ['what is withdrawn stays so', '13 15 03', 'WITHDRAWN', 'late'],
  ['what was never sent out is withdrawn', 'recalled', 'WITHDRAWN', 'applied'],
  ['also when the question was stored first', 'revocation recalled', 'WITHDRAWN', 'applied'],
  ['what has arrived is not recalled', '01 recalled', 'ARRIVED', 'regression'],
  ['an unknown code is kept', '03 07', 'ACCEPTED', 'informational'],
  ['whatever its name', '03 constructor', 'ACCEPTED', 'informational']
]

for (const [name, signals, to, effect] of ROWS) {
  t.test(`${name}: ${signals}`, async t => {
    const { standing, history } = fold(signals.split(' ').map((signal, at) => ({ signal, at })), 0)
    t.equal(standing.state, to)
    t.equal(history.at(-1)?.effect, effect)
  })
}

t.test('every row of the table is a step', async t => {
  for (const [from, steps] of Object.entries(BUSINESS_STEPS) as Array<[Exclude<BusinessState, 'CHANGE_PENDING'>, Record<string, BusinessState>]>) {
    for (const [signal, to] of Object.entries(steps)) t.match(step({ state: from }, signal), { to: { state: to }, effect: 'applied' }, `${from} ${signal}`)
  }
  for (const change of CHANGES) t.match(step({ state: 'CHANGE_PENDING', pending: { change, behind: 'ACCEPTED' } }, '15'), { to: { state: AGREED[change] } })
  t.same(FINAL_BUSINESS_STATES, BUSINESS_STATES.filter(state => state !== 'CHANGE_PENDING' && Object.keys(BUSINESS_STEPS[state]).length === 0))
})

t.test('the time of a question is when it was asked, whatever is done behind it', async t => {
  const at = (signals: string) => fold(signals.split(' ').map((signal, n) => ({ signal, at: n + 1 })), 0).since
  t.equal(at('03 13 05'), 2)
  t.equal(at('03 13 update'), 3)
  t.equal(at('03 01'), 1, 'what changes nothing begins nothing')
  t.equal(fold([], 7).since, 7)
})

const signal = fc.oneof({ weight: 9, arbitrary: fc.constantFrom('01', '02', '03', '04', '05', '06', '13', '15', '16', 'revocation', 'update', 'replacement', 'recalled') }, { weight: 1, arbitrary: fc.string({ maxLength: 4 }) })

t.test('any sequence of signals gives a defined state, and an end stays an end', async t => {
  fc.assert(fc.property(fc.array(signal, { maxLength: 30 }), signals => {
    let from: Standing = START
    for (const each of signals) {
      const { to, effect } = step(from, each)
      if (!BUSINESS_STATES.includes(to.state)) return false
      if (FINAL_BUSINESS_STATES.includes(from.state) && to.state !== from.state) return false
      if (effect !== 'applied' && to !== from) return false
      if (to.state === 'CHANGE_PENDING' && FINAL_BUSINESS_STATES.includes(to.pending.behind) && to.pending.behind !== 'DONE') return false
      from = to
    }
    return true
  }), { numRuns: 2000 })
  t.pass()
})

t.test('saying everything twice changes nothing but the history', async t => {
  fc.assert(fc.property(fc.array(fc.constantFrom('01', '02', '03', '04', '05', '06'), { maxLength: 12 }), signals => {
    const said = (list: string[]): string => fold(list.map((each, at) => ({ signal: each, at })), 0).standing.state
    return said(signals) === said(signals.flatMap(each => [each, each]))
  }))
  t.pass()
})
