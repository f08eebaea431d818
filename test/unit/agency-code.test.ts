// Codes are on the wire in two opposite orders: these are the readings everything else builds on.
import t from 'tap'
import { groupsKey, levelOneOf, normalizeCode, paddingKey, schemeOf, toQd20Guess } from '../../src/model/agency-code.js'
import { editDistance, nearest } from '../../src/model/nearest.js'
import fc from '../support/property.js'

const CODES = [
  { code: 'H36', scheme: 'qd20', levelOne: 'H36' },
  { code: 'H36.11', scheme: 'qd20', levelOne: 'H36' },
  { code: 'H37.DN.001', scheme: 'qd20', levelOne: 'H37' },
  { code: 'H29.0.162', scheme: 'qd20', levelOne: 'H29' },
  { code: 'Z01ABC.1', scheme: 'qd20', levelOne: undefined },
  { code: '0312345678', scheme: 'qd20', levelOne: undefined },
  { code: '0312345678-001', scheme: 'qd20', levelOne: undefined },
  { code: '000.00.00.G22', scheme: 'qcvn102', levelOne: 'G22', guess: 'G22' },
  { code: '000.03.99.H36', scheme: 'qcvn102', levelOne: 'H36', guess: 'H36.99.03' },
  { code: '002.00.20.H13', scheme: 'qcvn102', levelOne: 'H13', guess: 'H13.20.002' },
  { code: '28.22.H17', scheme: 'qcvn102', levelOne: 'H17', guess: 'H17.22.28' },
  { code: '00.22.W00', scheme: 'qcvn102', levelOne: 'W00', guess: 'W00.22' },
  { code: 'A01.H36', scheme: 'other', levelOne: undefined },
  { code: '001.00.20.TT2', scheme: 'other', levelOne: undefined },
  { code: 'LIENTHONG', scheme: 'other', levelOne: undefined },
  { code: '', scheme: 'other', levelOne: undefined },
  { code: 'H36..1', scheme: 'other', levelOne: 'H36' },
  { code: `H36.${'1'.repeat(40)}`, scheme: 'other', levelOne: undefined }
] as const

t.test('the order of a code is told by where its level-1 group stands', async t => {
  for (const row of CODES) {
    t.equal(schemeOf(row.code), row.scheme, `${row.code} is ${row.scheme}`)
    if (row.scheme !== 'other') t.equal(levelOneOf(row.code), row.levelOne, `${row.code} begins at ${String(row.levelOne)}`)
    t.equal(toQd20Guess(row.code), 'guess' in row ? row.guess : undefined, `${row.code} converts to ${'guess' in row ? row.guess : 'nothing'}`)
  }
})

t.test('blanks, case and full-width letters of a copied code do not count', async t => {
  t.equal(normalizeCode(' h36 .11\n'), 'H36.11')
  t.equal(normalizeCode('Ｈ36.11'), 'H36.11')
})

t.test('padding and order keys bring together what a person mixes up', async t => {
  t.equal(paddingKey('H36.99.03'), paddingKey('H36.99.3'))
  t.not(paddingKey('H36.30'), paddingKey('H36.3'))
  t.equal(paddingKey('H36.00'), 'H36.0')
  t.equal(groupsKey('000.03.99.H36'), groupsKey('H36.99.3'))
})

const levelOne = fc.tuple(fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXY'), fc.integer({ min: 0, max: 99 }))
  .map(([letter, number]) => `${letter}${String(number).padStart(2, '0')}`)
const group = fc.integer({ min: 1, max: 99 }).map(number => String(number).padStart(2, '0'))

t.test('a code written in the old order is read back as the same code', async () => {
  fc.assert(fc.property(levelOne, fc.array(group, { maxLength: 3 }), (first, deeper) => {
    const code = [first, ...deeper].join('.')
    const old = [...Array.from({ length: 3 - deeper.length }, () => '00'), ...[...deeper].reverse(), first].join('.')
    return schemeOf(code) === 'qd20' && schemeOf(old) === 'qcvn102' && toQd20Guess(old) === code && levelOneOf(old) === first
  }))
})

t.test('no text breaks the reading, and normalizing twice changes nothing', async () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), raw => {
    const code = normalizeCode(raw)
    const guess = toQd20Guess(code)
    return normalizeCode(code) === code && typeof schemeOf(code) === 'string' && (guess === undefined || schemeOf(guess) === 'qd20')
  }))
})

t.test('edit distance counts a swap of neighbours once, is symmetric and zero only for equals', async t => {
  t.equal(editDistance('H36.11', 'H63.11'), 1)
  t.equal(editDistance('', 'abc'), 3)
  t.same(nearest('conurrency', ['concurrency', 'currency', 'timeoutMs'], 2), ['concurrency', 'currency'])
  t.same(nearest('x', ['concurrency'], 2), [])
  fc.assert(fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
    const edits = editDistance(a, b)
    return edits === editDistance(b, a) && (edits === 0) === (a === b) && edits <= Math.max(a.length, b.length)
  }))
})
