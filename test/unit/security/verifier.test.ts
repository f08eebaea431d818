// Verification in its thread, and what the pipeline makes of it: evidence on the package, refusals where a policy says so.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { documentMessage } from '../../../src/demo/edxml.js'
import { HubError } from '../../../src/errors.js'
import type { SignaturesConfig } from '../../../src/model/generated.js'
import { createMarks } from '../../../src/pipeline/marks.js'
import { bufferSource } from '../../../src/security/byte-source.js'
import { checkTrust, createChainCheck } from '../../../src/security/chain.js'
import { createSignatureVerifier } from '../../../src/security/verifier.js'
import { signEnvelope } from '../../../src/security/xmldsig/sign.js'
import { openProvince, runHub } from '../../support/hub.js'
import { plainPdf, signPdf } from '../../support/pdf.js'
import { makePki, type Identity } from '../../support/pki.js'
import { makeList } from '../../support/vouchers.js'

/** The hub takes the time from its store, so the certificates must be good now. */
const NOW = Math.floor(Date.now() / 1000) * 1000
const pki = makePki(t.testdir(), NOW)
const trust = { trustAnchors: [pki.rootFile], crls: [], revocation: 'pass' } as const
t.setTimeout(120_000)
const options = { ...trust, timeoutMs: 30_000, maxWaiting: 3, onDefect: (error: Error) => { t.fail(error.message) } }

function document (pdf: Buffer, number = '12'): Buffer {
  const at = NOW
  return documentMessage({ from: { code: 'H36', name: 'UBND tỉnh Lâm Đồng' }, to: [{ code: 'H36.11', name: 'Sở' }], number, notation: 'UBND-VX', subject: 'V/v thử nghiệm', priority: 0, at, files: [{ name: 'cv.pdf', contentType: 'application/pdf', bytes: pdf }] })
}

async function signed (message: Buffer, { key, certificate }: Identity): Promise<Buffer> {
  const { xml, insertAt } = await signEnvelope(bufferSource(message), { key, certificates: [certificate, pki.issuer.certificate] })
  return Buffer.concat([message.subarray(0, insertAt), Buffer.from(xml), message.subarray(insertAt)])
}

t.test('the worker answers as the function does, many questions in turn, and bytes are read in ranges', async t => {
  const verifier = createSignatureVerifier({ ...options, maxWaiting: 10 })
  t.teardown(async () => { await verifier.close() })
  const pdf = await signPdf(await signPdf(plainPdf(), pki.person, pki, NOW), pki.agency, pki, NOW)
  const message = await signed(document(pdf), pki.agency)
  const [envelope, file, again] = await Promise.all([
    verifier.verifyEnvelope(bufferSource(message), { at: NOW, alias: 'refused' }),
    verifier.verifyPdf(bufferSource(pdf), { at: NOW }),
    verifier.verifyPdf(bufferSource(Buffer.from('%PDF-1.7')), { at: NOW })
  ])
  t.match([envelope.status, file.status, again.status], ['valid', 'valid', 'unsigned'])
})

t.test('a verification that hangs ends as indeterminate and the next one is answered', async t => {
  const verifier = createSignatureVerifier({ ...options, timeoutMs: 8000 })
  t.teardown(async () => { await verifier.close() })
  const hanging = { size: 100, read: async () => await new Promise<Buffer>(() => {}) }
  t.match(await verifier.verifyPdf(hanging, { at: NOW }), { status: 'indeterminate', reasons: ['timed-out'] })
  t.match(await verifier.verifyPdf(bufferSource(plainPdf()), { at: NOW }), { status: 'unsigned' })
})

t.test('bytes that cannot be read, and too many questions, are told as reasons', async t => {
  const defects: string[] = []
  const verifier = createSignatureVerifier({ ...options, maxWaiting: 1, onDefect: error => { defects.push(error.message) } })
  t.teardown(async () => { await verifier.close() })
  const broken = { size: 100, read: async () => { throw new Error('gone') } }
  const answers = await Promise.all([1, 2, 3].map(async () => await verifier.verifyPdf(broken, { at: NOW })))
  t.same(answers.map(({ reasons }) => reasons[0]), ['verification-failed', 'verification-failed', 'overloaded'])
  t.equal(defects.length, 2)
})

t.test('revocation lists revoke, speak well, or leave it unknown as the policy says', async t => {
  const directory = t.testdir()
  const list = (name: string, issuer: Identity, revoked: Identity[]): string => {
    const file = join(directory, name)
    writeFileSync(file, makeList(issuer, { revoked, at: NOW - 2 * 86_400_000 }))
    return file
  }
  const others = [pki.issuer.certificate]
  const check = async (crls: string[], revocation: 'pass' | 'indeterminate' = 'pass'): Promise<unknown> => {
    const { status, revocation: found, reasons } = await createChainCheck({ ...trust, crls, revocation })(pki.agency.certificate, others, { at: NOW, now: NOW, known: 'claimed' })
    return [status, found, ...reasons]
  }
  const ofRoot = list('root.crl', pki.root, [])
  t.same(await check([ofRoot, list('good.crl', pki.issuer, [])]), ['valid', 'good'])
  t.same(await check([ofRoot, list('bad.crl', pki.issuer, [pki.agency])]), ['invalid', 'revoked', 'certificate-revoked'])
  t.same(await check([ofRoot], 'indeterminate'), ['indeterminate', 'unknown', 'revocation-unknown'])
  t.same(await check([]), ['valid', 'unknown', 'revocation-unknown'])
})

t.test('a wrong path of a trust anchor is told at start', async t => {
  const error = await checkTrust({ trustAnchors: [pki.rootFile, '/nowhere.pem'], crls: ['/nothing.crl'] }).catch((thrown: unknown) => thrown)
  t.ok(error instanceof HubError)
  t.same((error as HubError).errors.map(({ pointer }) => pointer), ['/signatures/trustAnchors/1', '/signatures/crls/0'])
})

t.test('signatures are noticed however the bytes are cut', async t => {
  const pdf = await signPdf(plainPdf(), pki.person, pki, NOW)
  const cases: Array<[Buffer, boolean]> = [[pdf, true], [plainPdf(), false], [await signed(document(plainPdf()), pki.agency), true], [document(plainPdf()), false]]
  for (const [bytes, expected] of cases) {
    for (const size of [1, 3, 11, 1000, bytes.length]) {
      const marks = createMarks()
      for (let at = 0; at < bytes.length; at += size) marks.take(bytes.subarray(at, at + size))
      t.equal(marks.signed(), expected, `${bytes.length} bytes in steps of ${size}`)
    }
  }
})

interface Answer { id?: string, evidence?: { direction: string, envelope?: { status: string }, documents?: Array<{ n: number, status: string }> }, code?: string, errors?: Array<{ code: string, pointer: string, found?: string }> }

t.test('evidence is kept with the package and shown; a policy refuses with the place', async t => {
  const signatures = (more: Partial<SignaturesConfig>): SignaturesConfig => ({ ...trust, trustAnchors: [...trust.trustAnchors], crls: [], weak: 'refuse', timeoutMs: 30_000, signing: [], envelope: { inbound: 'record', outbound: 'record', requireFrom: [], transformAliasFrom: [] }, documents: { inbound: 'flag', outbound: 'flag' }, ...more })
  const province = await openProvince(t, 'embedded', config => ({ ...config, signatures: signatures({}) }))
  const type = { 'content-type': 'application/xml' }
  const pdf = await signPdf(await signPdf(plainPdf(), pki.person, pki, NOW), pki.agency, pki, NOW)
  await t.test('record and flag', async t => {
    const hub = await runHub(t, province.config)
    const client = province.client(hub.url, 'ubnd-tinh')
    const accepted = await client.post<Answer>('/v1/packages', await signed(document(pdf, '1'), pki.agency), type)
    t.equal(accepted.status, 202, JSON.stringify(accepted.body))
    const { body } = await client.get<Answer>(`/v1/packages/${accepted.body.id ?? ''}`)
    t.match(body.evidence, { direction: 'outbound', envelope: { status: 'valid' }, documents: [{ n: 1, status: 'valid' }] })
    const { body: { items } } = await client.get<{ items: Array<{ type: string, data: unknown }> }>(`/v1/packages/${accepted.body.id ?? ''}/timeline`)
    t.match(items.find(event => event.type === 'signatures.verified')?.data, { envelope: { status: 'valid' }, documents: [{ n: 1, status: 'valid', signatures: 2 }] })
    const rogue = await client.post<Answer>('/v1/packages', await signed(document(plainPdf(), '2'), pki.rogue), type)
    t.equal(rogue.status, 202, 'recorded, not refused')
    t.match((await client.get<Answer>(`/v1/packages/${rogue.body.id ?? ''}`)).body.evidence, { envelope: { status: 'invalid' }, documents: [{ status: 'unsigned' }] })
  })
  await t.test('require and block', async t => {
    const strict = signatures({ envelope: { inbound: 'record', outbound: 'require', requireFrom: [], transformAliasFrom: [] }, documents: { inbound: 'flag', outbound: 'block' } })
    const hub = await runHub(t, { ...province.config, signatures: strict })
    const client = province.client(hub.url, 'ubnd-tinh')
    const refusal = async (message: Buffer): Promise<unknown> => {
      const { status, body } = await client.post<Answer>('/v1/packages/validate', message, type)
      return [status, ...(body.errors ?? []).map(({ code, pointer }) => `${code} ${pointer}`)]
    }
    const header = '/edXML/edXMLEnvelope/edXMLHeader/Signature'
    const file = '/edXML/AttachmentEncoded/Attachment[1]'
    t.same(await refusal(document(plainPdf(), '3')), [422, `SIGNATURE_MISSING ${header}`, `SIGNATURE_MISSING ${file}`])
    t.same(await refusal(await signed(document(pdf, '4'), pki.rogue)), [422, `SIGNATURE_INVALID ${header}`])
    const tampered = Buffer.from(pdf.toString('latin1').replace('Quyet dinh', 'Quyet dinx'), 'latin1')
    t.same(await refusal(await signed(document(tampered, '5'), pki.agency)), [422, `SIGNATURE_INVALID ${file}`])
    t.same(await refusal(await signed(document(pdf, '6'), pki.agency)), [200])
  })
  await t.test('without trust anchors a signature is noticed and nothing is started', async t => {
    const hub = await runHub(t, { ...province.config, signatures: signatures({ trustAnchors: [] }) })
    const client = province.client(hub.url, 'ubnd-tinh')
    const { status, body } = await client.post<Answer>('/v1/packages', await signed(document(pdf, '7'), pki.rogue), type)
    t.equal(status, 202)
    t.match((await client.get<Answer>(`/v1/packages/${body.id ?? ''}`)).body.evidence, { envelope: { status: 'indeterminate', reasons: ['no-trust-anchors'] }, documents: [{ status: 'indeterminate' }] })
    const plain = await client.post<Answer>('/v1/packages', document(plainPdf(), '8'), type)
    t.notOk('evidence' in (await client.get<Answer>(`/v1/packages/${plain.body.id ?? ''}`)).body)
  })
})
