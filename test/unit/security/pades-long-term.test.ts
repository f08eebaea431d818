// When a PDF was signed and whether its certificates were in force then: time stamps, revocation material in the file, and
// what may be added to a signed file for it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import t from 'tap'
import { bufferSource } from '../../../src/security/byte-source.js'
import { createChainCheck } from '../../../src/security/chain.js'
import { verifyPdf, type PdfVerdict } from '../../../src/security/pades/verify.js'
import { addSecurityStore, appendIncrement, plainPdf, signPdf, signStampedPdf, stampPdf } from '../../support/pdf.js'
import { makeIdentity, makePki, NOW } from '../../support/pki.js'
import { makeAnswer, makeList, makeToken } from '../../support/vouchers.js'

t.setTimeout(120_000)
const DAY = 86_400_000
const directory = t.testdir()
const pki = makePki(directory)
const authority = makeIdentity({ subject: [['CN', 'TSA thử nghiệm']], issuer: pki.issuer, uses: { timeStamping: true } })
const responder = makeIdentity({ subject: [['CN', 'OCSP thử nghiệm']], issuer: pki.issuer, uses: { '1.3.6.1.5.5.7.3.9': true } })
const byPerson = await signPdf(plainPdf(), pki.person, pki)
const stampAt = (at: number) => (value: Buffer): Buffer => makeToken(value, { authority, issuer: pki.issuer, at })

interface Wish { at?: number, crls?: Buffer[], revocation?: 'pass' | 'indeterminate' }

async function verify (pdf: Buffer, { at = NOW, crls = [], revocation = 'pass' }: Wish = {}): Promise<PdfVerdict> {
  const files = crls.map((list, index) => {
    const file = join(directory, `${index}.crl`)
    writeFileSync(file, list)
    return file
  })
  return await verifyPdf(bufferSource(pdf), { at, chain: createChainCheck({ trustAnchors: [pki.rootFile], crls: files, revocation }) })
}

t.test('the time of signing is that of a trusted time stamp, else the signer\'s word, else now; the evidence says which', async t => {
  const stamped = await signStampedPdf(plainPdf(), pki.person, { pki, at: NOW, stamp: stampAt(NOW - DAY) })
  const iso = (at: number): string => new Date(at).toISOString()
  t.match((await verify(stamped)).signatures[0], { status: 'valid', timeFrom: 'timestamp', judgedAt: iso(NOW - DAY), signedAt: iso(NOW), timestamp: { status: 'trusted', at: iso(NOW - DAY), authority: { subject: /TSA/ } } })
  t.match((await verify(byPerson)).signatures[0], { status: 'valid', timeFrom: 'signer', judgedAt: iso(NOW) })
  t.match((await verify(byPerson, { at: NOW - 3600_000 })).signatures[0], { timeFrom: 'verification', judgedAt: iso(NOW - 3600_000) }, 'a time to come is not believed')
  const outside = await signStampedPdf(plainPdf(), pki.person, { pki, at: NOW, stamp: value => makeToken(value, { authority, issuer: pki.issuer, at: NOW - 400 * DAY }) })
  t.match((await verify(outside)).signatures[0], { timeFrom: 'signer', timestamp: { status: 'untrusted', reasons: ['certificate-not-valid-then'] }, reasons: ['revocation-unknown', 'timestamp-untrusted'] })
})

t.test('a time stamp about something else, by anybody, or by who may not stamp proves nothing', async t => {
  const rogue = makeIdentity({ subject: [['CN', 'TSA giả']], uses: { timeStamping: true } })
  for (const [name, stamp, status, reason] of [
    ['about something else', () => stampAt(NOW)(Buffer.from('x')), 'invalid', 'digest-mismatch'],
    ['by anybody', (value: Buffer) => makeToken(value, { authority: rogue, issuer: pki.issuer, at: NOW }), 'untrusted', 'chain-untrusted'],
    ['by who may not stamp', (value: Buffer) => makeToken(value, { authority: pki.agency, issuer: pki.issuer, at: NOW }), 'untrusted', 'key-usage'],
    ['of a time to come', stampAt(NOW + DAY), 'untrusted', 'signed-in-the-future']
  ] as const) {
    const verdict = await verify(await signStampedPdf(plainPdf(), pki.person, { pki, at: NOW, stamp }))
    t.match(verdict.signatures[0], { status: 'valid', timeFrom: 'signer', timestamp: { status, reasons: [reason] } }, name)
    t.ok(verdict.signatures[0]?.reasons.includes(`timestamp-${status}`), name)
  }
})

t.test('a certificate revoked later stays good for what was provably signed before, and for nothing else', async t => {
  const stamped = await signStampedPdf(plainPdf(), pki.person, { pki, at: NOW - 10 * DAY, stamp: stampAt(NOW - 10 * DAY) })
  const claimed = await signPdf(plainPdf(), pki.person, pki, NOW - 10 * DAY)
  const revoked = [makeList(pki.root, { at: NOW - DAY }), makeList(pki.issuer, { revoked: [pki.person], at: NOW - DAY, revokedAt: NOW - 5 * DAY })]
  t.match((await verify(stamped, { crls: revoked })).signatures[0], { status: 'valid', revocation: 'good', revocationBy: ['crl'] })
  t.match((await verify(claimed, { crls: revoked })).signatures[0], { status: 'invalid', revocation: 'revoked', reasons: ['certificate-revoked'] }, 'whoever stole the key can claim any time')
  const before = [makeList(pki.root, { at: NOW - DAY }), makeList(pki.issuer, { revoked: [pki.person], at: NOW - DAY, revokedAt: NOW - 20 * DAY })]
  t.match((await verify(stamped, { crls: before })).signatures[0], { status: 'invalid', revocation: 'revoked' })
})

t.test('a list in force when the signature was made, or issued after it, speaks for it; older ones do not', async t => {
  const root = makeList(pki.root, { at: NOW - DAY })
  for (const [name, at, expected] of [['in force then', NOW - 10 * DAY, 'good'], ['ended before', NOW - 60 * DAY, 'unknown'], ['of a time to come', NOW + 2 * DAY, 'unknown']] as const) {
    t.match((await verify(byPerson, { crls: [root, makeList(pki.issuer, { at })] })).signatures[0], { revocation: expected }, name)
  }
  const old = await signPdf(plainPdf(), pki.person, pki, NOW - 100 * DAY)
  t.match((await verify(old, { crls: [root, makeList(pki.issuer, { at: NOW - DAY })] })).signatures[0], { revocation: 'good' }, 'issued after the signature')
})

const goodLists = [makeList(pki.root, { at: NOW }), makeList(pki.issuer, { at: NOW })]

t.test('revocation material in the file counts as far as the issuers\' keys vouch for it', async t => {
  const root = makeList(pki.root, { at: NOW })
  const answer = makeAnswer(pki.issuer, { about: pki.person, at: NOW })
  const rogue = makeIdentity({ subject: [['CN', 'CA phục vụ cơ quan thử nghiệm']], ca: true })
  const cases = [
    ['lists', { lists: goodLists }, 'good', ['embedded-crl']],
    ['an answer by the issuer', { lists: [root], answers: [answer] }, 'good', ['embedded-ocsp', 'embedded-crl']],
    ['an answer by its responder', { lists: [root], answers: [makeAnswer(pki.issuer, { about: pki.person, at: NOW, responder })] }, 'good', ['embedded-ocsp', 'embedded-crl']],
    ['an answer by who is no responder', { lists: [root], answers: [makeAnswer(pki.issuer, { about: pki.person, at: NOW, responder: pki.agency })] }, 'unknown', ['embedded-crl']],
    ['an answer about another certificate', { lists: [root], answers: [makeAnswer(pki.issuer, { about: pki.agency, at: NOW })] }, 'unknown', ['embedded-crl']],
    ['a list by somebody of the same name', { lists: [root, makeList(rogue, { at: NOW })] }, 'unknown', ['embedded-crl']],
    ['rubbish', { lists: [Buffer.from('x')], answers: [Buffer.alloc(40)] }, 'unknown', []]
  ] as const
  for (const [name, material, revocation, revocationBy] of cases) {
    const verdict = await verify(addSecurityStore(byPerson, material), { revocation: 'indeterminate' })
    t.match(verdict.signatures[0], { status: revocation === 'good' ? 'valid' : 'indeterminate', revocation, revocationBy }, name)
  }
  const revoked = await verify(addSecurityStore(byPerson, { answers: [makeAnswer(pki.issuer, { about: pki.person, at: NOW, revokedAt: NOW - DAY })] }))
  t.match(revoked, { status: 'invalid', signatures: [{ revocation: 'revoked', revocationBy: ['embedded-ocsp'] }] })
  t.match(await verify(byPerson, { revocation: 'indeterminate' }), { status: 'indeterminate', signatures: [{ reasons: ['revocation-unknown'] }] })
  t.match(await verify(byPerson, { revocation: 'pass' }), { status: 'valid_but_incomplete' }, 'by policy')
})

t.test('what long-term validation adds is allowed: the store, the store again, time stamps over the whole file', async t => {
  const byBoth = await signPdf(byPerson, pki.agency, pki)
  const stored = addSecurityStore(byBoth, { lists: goodLists })
  t.match(await verify(stored), { status: 'valid', signatures: [{ status: 'valid', reasons: [] }, { status: 'valid', coverage: 'revision', reasons: [] }] })
  const stamped = await stampPdf(stored, stampAt(NOW))
  t.match(await verify(stamped), { status: 'valid', signatures: [{ reasons: [] }, { reasons: [] }, { role: 'timestamp', status: 'valid', coverage: 'file', timestamp: { status: 'trusted' } }] })
  const again = appendIncrement(stamped, { 70: '<< /Type /DSS /CRLs [73 0 R 74 0 R 77 0 R] >>', 77: '<< /Length 1 >>\nstream\nx\nendstream' })
  t.match(await verify(again), { status: 'valid' }, 'the store redefined')
  const packed = deflateSync(Buffer.from('60 0 61 5 <<>> <<>>')).toString('latin1')
  const compressed = appendIncrement(plainPdf(), { 50: `<< /Type /ObjStm /N 2 /First 10 /Filter /FlateDecode /Length ${packed.length} >>\nstream\n${packed}\nendstream` })
  const modern = await signPdf(compressed, pki.person, pki)
  t.match(await verify(addSecurityStore(modern, { lists: goodLists })), { status: 'valid_but_incomplete', signatures: [{ reasons: [] }] }, 'in a file with compressed objects')
  t.match(await verify(await stampPdf(byBoth, () => stampAt(NOW)(Buffer.from('x')))), { status: 'invalid', signatures: [{}, {}, { role: 'timestamp', reasons: ['timestamp-invalid'] }] })
})

t.test('under the cover of such material nothing else comes in', async t => {
  const dss = (more: Record<number, string>): Buffer => appendIncrement(addSecurityStore(byPerson, { lists: goodLists }), more)
  const field = '<< /FT /Tx /T (a) /V (Sai) /Type /Annot /Subtype /Widget /Rect [0 0 9 9] >>'
  const cases: Array<[string, Buffer, string, string]> = [
    ['a field filled in', dss({ 60: field }), 'invalid', 'changed-after-signing'],
    ['an annotation', dss({ 60: '<< /Type /Annot /Subtype /FreeText /Rect [0 0 500 500] /Contents (Sai) >>' }), 'invalid', 'changed-after-signing'],
    ['other content', dss({ 4: '<< /Length 1 >>\nstream\nx\nendstream' }), 'invalid', 'changed-after-signing'],
    ['a page inside the store', dss({ 70: '<< /Type /DSS /CRLs [73 0 R] /Annots [60 0 R] >>' }), 'invalid', 'changed-after-signing'],
    ['a filled field under a time stamp', await stampPdf(dss({ 60: field }), stampAt(NOW)), 'invalid', 'changed-after-signing']
  ]
  for (const [name, pdf, status, reason] of cases) {
    const verdict = await verify(pdf)
    t.match([verdict.status, verdict.signatures[0]?.reasons.includes(reason)], [status, true], `${name}: ${verdict.signatures.map(({ reasons }) => reasons.join()).join(' | ')}`)
  }
  const waiting = appendIncrement(plainPdf(), { 3: '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [4 0 R 95 0 R] >>' })
  const shadow = appendIncrement(await signPdf(waiting, pki.person, pki), { 95: '<< /Length 1 >>\nstream\nx\nendstream' })
  t.match(await verify(shadow), { status: 'indeterminate', signatures: [{ reasons: ['later-changes-unclear', 'revocation-unknown'] }] }, 'content that the page was waiting for')
})
