// The receiver's check of a webhook and the adapter's signature are written apart; here they are held against each other.
import { createHash } from 'node:crypto'
import t from 'tap'
import { sign, verifySignature } from '../../../adapters/webhook/signature.js'
import { SignatureError, verifyWebhook } from '../../../src/client/index.js'
import fc from '../../support/property.js'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OTHER = 'một bí mật khác của hệ thống nhận'
const VECTOR = { 'webhook-id': '01890a5d-ac96-774b-bcce-b302099a8057', 'webhook-timestamp': '1795136400', 'webhook-signature': 'v1,dBuVBS10PWn6OYmlreMiS9f6EtSxgSfXJ1P6iHcw4ko=' }
const NOW = 1_795_136_400_000
const sha256 = createHash('sha256').update('abc').digest('hex')

function whyNot (...args: Parameters<typeof verifyWebhook>): string {
  try {
    verifyWebhook(...args)
    return 'valid'
  } catch (error) {
    if (error instanceof SignatureError) return error.why
    throw error
  }
}

t.test('the published test vector is right, however headers and body are given', t => {
  const verified = { deliveryId: VECTOR['webhook-id'], signedAt: NOW, sha256 }
  for (const headers of [VECTOR, new Headers(VECTOR)]) {
    for (const body of ['abc', Buffer.from('abc'), { sha256 }, { sha256: sha256.toUpperCase() }]) t.strictSame(verifyWebhook(headers, body, SECRET, { now: NOW }), verified)
  }
  t.strictSame(verifyWebhook(VECTOR, 'abc', [OTHER, SECRET], { now: NOW }), verified, 'any of the secrets')
  t.end()
})

t.test('everything else is refused, and says why', t => {
  const table: Array<[object, string, string, number, string]> = [
    [{}, 'abc', SECRET, NOW, 'valid'],
    [{}, 'abd', SECRET, NOW, 'invalid'],
    [{}, 'abc', OTHER, NOW, 'invalid'],
    [{}, 'abc', SECRET, NOW + 301_000, 'expired'],
    [{}, 'abc', SECRET, NOW - 301_000, 'expired'],
    [{ 'webhook-signature': undefined }, 'abc', SECRET, NOW, 'absent'],
    [{ 'webhook-signature': 'v1,' }, 'abc', SECRET, NOW, 'invalid'],
    [{ 'webhook-signature': ['a', 'b'] }, 'abc', SECRET, NOW, 'absent'],
    [{ 'webhook-id': 'another' }, 'abc', SECRET, NOW, 'invalid'],
    [{ 'webhook-timestamp': '1795136401' }, 'abc', SECRET, NOW, 'invalid'],
    [{ 'webhook-timestamp': 'now' }, 'abc', SECRET, NOW, 'invalid']
  ]
  for (const [more, body, secret, now, expected] of table) t.equal(whyNot({ ...VECTOR, ...more }, body, secret, { now }), expected, JSON.stringify([more, body, now]))
  t.equal(whyNot(VECTOR, 'abc', SECRET, { now: NOW + 20_000, toleranceSeconds: 10 }), 'expired')
  t.equal(whyNot(VECTOR, 'abc', SECRET), whyNot(VECTOR, 'abc', SECRET, { now: Date.now() }), 'the time of the machine')
  t.end()
})

t.test('a secret that is not set lets nobody in', t => {
  for (const secrets of ['', [], [''], 'whsec_', 'short', [SECRET, '']]) t.throws(() => verifyWebhook(VECTOR, 'abc', secrets, { now: NOW }), TypeError)
  t.end()
})

t.test('both agree about whatever may come', t => {
  const secret = fc.constantFrom(SECRET, OTHER, 'whsec_C2FtcGxlLXNlY3JldC1vZi10aGlydHktdHdvLWJ5dGVz')
  fc.assert(fc.property(fc.record({
    id: fc.string({ minLength: 1 }), timestamp: fc.nat(4_000_000_000), body: fc.uint8Array(), signing: fc.array(secret, { minLength: 1, maxLength: 3 }), accepting: fc.array(secret, { minLength: 1, maxLength: 3 }),
    skewMs: fc.integer({ min: -600_000, max: 600_000 }), flip: fc.boolean()
  }), ({ id, timestamp, body, signing, accepting, skewMs, flip }) => {
    const hash = createHash('sha256').update(body).digest('hex')
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': sign({ id, timestamp, sha256: hash }, signing) }
    const received = flip ? Buffer.concat([body, Buffer.from('x')]) : body
    const now = timestamp * 1000 + skewMs
    const expected = verifySignature({ headers, sha256: createHash('sha256').update(received).digest('hex'), secrets: accepting, now })
    return whyNot(headers, received, accepting, { now }) === expected
  }))
  t.end()
})
