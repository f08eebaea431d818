// Signatures in PDF files: person and agency in turn, and the known attacks, each of which must end in anything but valid.
import { readFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import t from 'tap'
import { bufferSource } from '../../../src/security/byte-source.js'
import { createChainCheck } from '../../../src/security/chain.js'
import { verifyPdf, type PdfVerdict } from '../../../src/security/pades/verify.js'
import { appendIncrement, plainPdf, signPdf } from '../../support/pdf.js'
import { makePki, NOW } from '../../support/pki.js'

const pki = makePki(t.testdir())
t.setTimeout(120_000)
const chain = createChainCheck({ trustAnchors: [pki.rootFile], crls: [], revocation: 'pass' })
const byPerson = await signPdf(plainPdf(), pki.person, pki)
const byBoth = await signPdf(byPerson, pki.agency, pki)

async function verify (pdf: Buffer, at = NOW): Promise<PdfVerdict> {
  return await verifyPdf(bufferSource(pdf), { at, chain })
}

function edit (pdf: Buffer, change: (text: string) => string): Buffer {
  return Buffer.from(change(pdf.toString('latin1')), 'latin1')
}

t.test('a file is valid when a person and an agency signed it, incomplete when one of them did', async t => {
  t.match(await verify(plainPdf()), { status: 'unsigned', signatures: [] })
  t.match(await verify(byPerson), { status: 'valid_but_incomplete', reasons: ['agency-signature-missing'], signatures: [{ status: 'valid', role: 'personal', coverage: 'file', chain: 'trusted' }] })
  t.match(await verify(await signPdf(plainPdf(), pki.agency, pki)), { status: 'valid_but_incomplete', reasons: ['personal-signature-missing'] })
  const both = await verify(byBoth)
  t.match(both, { status: 'valid', signatures: [{ status: 'valid', role: 'personal', coverage: 'revision' }, { status: 'valid', role: 'agency', coverage: 'file' }] })
  t.equal(both.signatures[0]?.signedAt, new Date(NOW).toISOString())
  t.equal(both.signatures[0]?.certificates?.length, 3)
})

t.test('the certificate counts at signing time, not at reading time', async t => {
  const year = 365 * 86_400_000
  t.match(await verify(byBoth, NOW + 3 * year), { status: 'valid' })
  t.match(await verify(await signPdf(plainPdf(), pki.person, pki, NOW + 2 * year), NOW + 2 * year), { status: 'invalid', signatures: [{ reasons: ['certificate-not-valid-then'] }] })
  t.match(await verify(await signPdf(plainPdf(), pki.person, pki, NOW + 30 * 86_400_000)), { status: 'indeterminate' }, 'signed in the future')
})

t.test('who signs with a certificate of nobody is not trusted; without anchors nothing is decided', async t => {
  t.match(await verify(await signPdf(plainPdf(), pki.rogue, pki)), { status: 'invalid', signatures: [{ chain: 'untrusted', reasons: ['chain-untrusted'] }] })
  const unanchored = await verifyPdf(bufferSource(byBoth), { at: NOW, chain: createChainCheck({ trustAnchors: [], crls: [], revocation: 'pass' }) })
  t.match(unanchored, { status: 'indeterminate', signatures: [{ digest: 'match', chain: 'unknown' }, {}] })
})

const page = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 40 0 R >>'
const stream = (text: string): string => `<< /Length ${text.length} >>\nstream\n${text}\nendstream`
const range = /\/ByteRange \[0 (\d+) (\d+) (\d+)\]/
const [, first = 0, second = 0, rest = 0] = (range.exec(byPerson.toString('latin1')) ?? []).map(Number)
const rangeOf = (numbers: string) => (pdf: string) => pdf.replace(/\/ByteRange \[[^\]]*\] */, found => `/ByteRange [${numbers}]`.padEnd(found.length))
const evil = stream('BT /F1 24 Tf 72 700 Td (Sai) Tj ET')

const ATTACKS: Array<[string, Buffer, RegExp]> = [
  ['a byte of the text changed', edit(byPerson, pdf => pdf.replace('Quyet dinh', 'Quyet dinx')), /digest-mismatch/],
  ['a byte changed in the first of two revisions', edit(byBoth, pdf => pdf.replace('Quyet dinh', 'Quyet dinx')), /digest-mismatch/],
  ['an unsigned increment that replaces the content', appendIncrement(byPerson, { 4: evil }), /changed-after-signing/],
  ['an unsigned increment that replaces the page', appendIncrement(byPerson, { 3: page, 40: evil }), /changed-after-signing/],
  ['an unsigned increment that replaces the catalog', appendIncrement(byPerson, { 1: '<< /Type /Catalog /Pages 50 0 R >>', 50: '<< /Type /Pages /Kids [] /Count 0 >>' }), /changed-after-signing/],
  ['an unsigned increment with an annotation', appendIncrement(byPerson, { 60: '<< /Type /Annot /Subtype /FreeText /Rect [0 0 500 500] /Contents (Sai) >>' }), /changed-after-signing/],
  ['an unsigned increment with a script', appendIncrement(byPerson, { 60: '<< /S /JavaScript /JS (app.alert(1)) >>' }), /changed-after-signing/],
  ['a shadow: the increment only links an object of before anew', appendIncrement(byPerson, { 60: '<< /A 1 >>' }, [[4, 100]]), /changed-after-signing/],
  ['a shadow hidden under a signature by the agency', await signPdf(appendIncrement(byPerson, { 4: evil }), pki.agency, pki), /changed-after-signing/],
  ['bytes after the end that are no increment', Buffer.concat([byPerson, Buffer.from('hello')]), /changed-after-signing/],
  ['a byte range that starts later', edit(byPerson, rangeOf(`10 ${first - 10} ${second} ${rest}`)), /byte-range-invalid/],
  ['a negative byte range', edit(byPerson, rangeOf(`0 ${first} ${second} -${rest}`)), /byte-range-invalid/],
  ['overlapping pieces', edit(byPerson, rangeOf(`0 ${first} ${first - 10} ${rest}`)), /byte-range-invalid/],
  ['pieces beyond the end', edit(byPerson, rangeOf(`0 ${first} ${second} ${rest + 1}`)), /byte-range-invalid/],
  ['a gap wider than the contents', edit(byPerson, rangeOf(`0 ${first - 20} ${second} ${rest}`)), /byte-range-gap/],
  ['a gap in front of the second piece', edit(byPerson, rangeOf(`0 ${first} ${second + 20} ${rest - 20}`)), /byte-range-gap/],
  ['a range that ends before the end', edit(byPerson, rangeOf(`0 ${first} ${second} ${rest - 30}`)), /not-a-whole-revision/],
  ['signature wrapping: content moved into the gap', wrapped(), /byte-range-gap/],
  ['contents of zeros', edit(byPerson, pdf => pdf.replace(/\/Contents <[0-9a-f]+>/, found => `/Contents <${'0'.repeat(found.length - 12)}>`)), /contents-empty/],
  ['contents repeated', edit(byPerson, pdf => pdf.replace(/\/Reason \(Ky so\)/, '/Contents <00> ')), /contents-repeated/],
  ['byte range repeated', edit(byPerson, pdf => pdf.replace(/\/Reason \(Ky so\)/, '/ByteRange [0]  ')), /byte-range/],
  ['USF: the byte range is null', edit(byPerson, pdf => pdf.replace(/\/ByteRange \[[^\]]*\]/, found => '/ByteRange null'.padEnd(found.length))), /byte-range-invalid/],
  ['another sub-filter', edit(byPerson, pdf => pdf.replace('ETSI.CAdES.detached', 'adbe.x509.rsa_sha1 ')), /sub-filter-unsupported/],
  ['a foreign signature over the first piece', edit(byBoth, pdf => pdf.replace(range, (_found, a: string, b: string, c: string) => `/ByteRange [0 ${a} ${b} ${Number(c) - 1}]`)), /digest-mismatch|byte-range|not-a-whole/]
]

function wrapped (): Buffer {
  return edit(byPerson, pdf => {
    const moved = '<< /Sai true >>'
    const at = second
    return rangeOf(`0 ${first} ${second + moved.length} ${rest}`)(pdf.slice(0, at) + moved + pdf.slice(at))
  })
}

t.test('no known attack on PDF signatures yields a valid file', async t => {
  for (const [name, pdf, reason] of ATTACKS) {
    t.notOk(pdf.equals(byPerson), `${name} changes the bytes`)
    const verdict = await verify(pdf)
    const reasons = [...verdict.reasons, ...verdict.signatures.flatMap(signature => signature.reasons)].join()
    t.equal(verdict.status, 'invalid', `${name}: ${reasons}`)
    t.match(reasons, reason, name)
  }
})

t.test('USF: a signature dictionary without its byte range is no signature', async t => {
  t.match(await verify(edit(byPerson, pdf => pdf.replace(/\/ByteRange \[[^\]]*\]/, found => ' '.repeat(found.length)))), { status: 'unsigned' })
})

t.test('material for long-term validation may be added later; what cannot be read is not waved through', async t => {
  const dss = { 1: '<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R /DSS 70 0 R >>', 70: '<< /Type /DSS /Certs [71 0 R] >>', 71: stream('abc') }
  const catalog = /1 0 obj\s*(<<[\s\S]*?>>)\s*endobj/g
  const last = [...byPerson.toString('latin1').matchAll(catalog)].at(-1)?.[1] ?? ''
  const extended = appendIncrement(byPerson, { ...dss, 1: last.replace(/>>$/, '/DSS 70 0 R >>') })
  t.match((await verify(extended)).signatures[0], { status: 'valid', coverage: 'revision', reasons: ['revocation-unknown'] })
  const packed = deflateSync(Buffer.from('4 0 << >>')).toString('latin1')
  t.match(await verify(appendIncrement(byPerson, { 80: `<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length ${packed.length} >>\nstream\n${packed}\nendstream` })), { status: 'indeterminate', signatures: [{ reasons: ['later-changes-unclear', 'revocation-unknown'] }] })
  t.match(await verify(Buffer.concat([byPerson, Buffer.from('\r\n\0')])), { status: 'valid_but_incomplete' }, 'white space is nothing')
})

t.test('a file full of claims, and one that is no PDF, end quickly', async t => {
  const claims = Buffer.from('%PDF-1.7\n' + '/ByteRange [0 1 2 3]\n'.repeat(10_000))
  t.match(await verify(claims), { status: 'invalid', reasons: ['too-many-signatures'] })
  t.match(await verify(Buffer.alloc(1000)), { status: 'unsigned' })
  t.ok(readFileSync(pki.rootFile).length > 0)
})
