// Signatures through the whole hub: what each policy lets in, what it refuses with the file and the reason, and the evidence kept.
import t from 'tap'
import { documentMessage } from '../../src/demo/edxml.js'
import type { SignaturesConfig } from '../../src/model/generated.js'
import { bufferSource } from '../../src/security/byte-source.js'
import { createChainCheck } from '../../src/security/chain.js'
import { signEnvelope } from '../../src/security/xmldsig/sign.js'
import { verifyEnvelope } from '../../src/security/xmldsig/verify.js'
import { PACKAGE_MEDIA_TYPE } from '../../src/formats/package/index.js'
import { PACKAGE_EXAMPLE } from '../../src/http/examples.js'
import { openProvince, runHub } from '../support/hub.js'
import { appendIncrement, plainPdf, signPdf } from '../support/pdf.js'
import { makePki, type Identity } from '../support/pki.js'
import { eventually } from '../support/time.js'
import { XML } from '../support/wire.js'

t.setTimeout(180_000)
/** The hub takes the time from its store, so the certificates must be good now. */
const NOW = Math.floor(Date.now() / 1000) * 1000
const pki = makePki(t.testdir(), NOW)
const key = pki.agency.key.export({ type: 'pkcs8', format: 'pem' }).toString()
const NOTHING_SIGNED = plainPdf()
const BY_PERSON = await signPdf(NOTHING_SIGNED, pki.person, pki, NOW)
const BY_BOTH = await signPdf(BY_PERSON, pki.agency, pki, NOW)
const TAMPERED = Buffer.from(BY_BOTH.toString('latin1').replace('Quyet dinh', 'Quyet dinx'), 'latin1')
const ANNOTATED = appendIncrement(BY_BOTH, { 60: '<< /Type /Annot /Subtype /FreeText /Rect [0 0 500 500] /Contents (Sai) >>' })
const PLACES = { header: '/edXML/edXMLEnvelope/edXMLHeader/Signature', file: '/edXML/AttachmentEncoded/Attachment[1]' }
let count = 0

const PROVINCE = { code: 'H36', name: 'UBND tỉnh Lâm Đồng' }
const JUSTICE = { code: 'H36.11', name: 'Sở Tư pháp' }

function message (pdf: Buffer, [from, to] = [PROVINCE, JUSTICE]): Buffer {
  return documentMessage({
    from, to: [to], number: String(++count), notation: 'UBND-VX', subject: 'V/v thử nghiệm', priority: 0, at: NOW,
    files: [{ name: 'quyet-dinh.pdf', contentType: 'application/pdf', bytes: pdf }]
  })
}

async function signed (bytes: Buffer, { key, certificate }: Identity = pki.agency): Promise<Buffer> {
  const { xml, insertAt } = await signEnvelope(bufferSource(bytes), { key, certificates: [certificate, pki.issuer.certificate] })
  return Buffer.concat([bytes.subarray(0, insertAt), Buffer.from(xml), bytes.subarray(insertAt)])
}

/** The signature of a good message, put into another one; and the whole good message inside another one. */
async function moved (): Promise<Buffer> {
  const signature = /<Signature [\s\S]*<\/Signature>/.exec((await signed(message(BY_BOTH))).toString())?.[0] ?? ''
  return Buffer.from(message(BY_BOTH).toString().replace(/(<\/[\w:]*edXMLHeader>)/, `${signature}$1`))
}
async function wrapped (): Promise<Buffer> {
  const inner = (await signed(message(BY_BOTH))).toString().replace(/<\?xml[^>]*>/, '')
  return Buffer.from(message(BY_BOTH).toString().replace(/(<\/[\w:]*edXMLHeader>)/, `<Object>${inner}</Object>$1`))
}

interface Answer {
  id?: string
  code?: string
  errors?: Array<{ code: string, pointer: string, detail: string, found?: string }>
  evidence?: { direction: string, envelope?: { status: string, reasons: string[], signer?: { subject: string } }, documents?: Array<{ n: number, status: string, reasons: string[], signatures: Array<{ role: string, timeFrom?: string, signer?: { subject: string } }> }> }
}

const DEFAULTS: Omit<SignaturesConfig, 'trustAnchors'> = {
  crls: [], revocation: 'pass', weak: 'refuse', timeoutMs: 60_000, signing: [],
  envelope: { inbound: 'record', outbound: 'record', requireFrom: [], transformAliasFrom: [] },
  documents: { inbound: 'flag', outbound: 'flag' }
}
const signatures = (more: Partial<SignaturesConfig>): SignaturesConfig => ({ ...DEFAULTS, trustAnchors: [pki.rootFile], ...more })
const province = await openProvince(t, 'embedded')

await t.test('record and flag take everything in, and the evidence tells what was found', async t => {
  const { url } = await runHub(t, { ...province.config, signatures: signatures({}) })
  const client = province.client(url, 'ubnd-tinh')
  const cases: Array<[string, Buffer, string | undefined, string, RegExp]> = [
    ['signed by person and agency', await signed(message(BY_BOTH)), 'valid', 'valid', /^$/],
    ['signed by a person only', await signed(message(BY_PERSON)), 'valid', 'valid_but_incomplete', /agency-signature-missing/],
    ['a byte changed', await signed(message(TAMPERED)), 'valid', 'invalid', /^$/],
    ['annotated after signing', await signed(message(ANNOTATED)), 'valid', 'invalid', /^$/],
    ['nothing signed', message(NOTHING_SIGNED), undefined, 'unsigned', /^$/],
    ['signed by nobody known', await signed(message(BY_BOTH), pki.rogue), 'invalid', 'valid', /^$/],
    ['a signature moved here', await moved(), 'invalid', 'valid', /^$/]
  ]
  for (const [name, bytes, envelope, file, reasons] of cases) {
    const accepted = await client.post<Answer>('/v1/packages', bytes, XML)
    t.equal(accepted.status, 202, `${name}: ${JSON.stringify(accepted.body)}`)
    const { evidence } = (await client.get<Answer>(`/v1/packages/${accepted.body.id ?? ''}`)).body
    t.equal(evidence?.envelope?.status, envelope, name)
    t.match(evidence?.documents?.[0], { n: 1, status: file }, name)
    t.match(evidence?.documents?.[0]?.reasons.join() ?? '', reasons, name)
  }
  const whole = await client.post<Answer>('/v1/packages', await signed(message(BY_BOTH)), XML)
  t.match((await client.get<Answer>(`/v1/packages/${whole.body.id ?? ''}`)).body.evidence, {
    direction: 'outbound',
    envelope: { signer: { subject: /Sở Thử Nghiệm/ } },
    documents: [{ signatures: [{ role: 'personal', timeFrom: 'signer', signer: { subject: /Nguyễn Văn Thử/ } }, { role: 'agency' }] }]
  })
})

await t.test('require and block refuse with the place, the name of the file and the reason, and nothing is stored', async t => {
  const strict = signatures({ envelope: { ...DEFAULTS.envelope, outbound: 'require' }, documents: { inbound: 'flag', outbound: 'block' } })
  const { url } = await runHub(t, { ...province.config, signatures: strict })
  const client = province.client(url, 'ubnd-tinh')
  const cases: Array<[string, Buffer, Array<[string, string, RegExp]>]> = [
    ['nothing signed', message(NOTHING_SIGNED), [['SIGNATURE_MISSING', PLACES.header, /^$/], ['SIGNATURE_MISSING', PLACES.file, /^$/]]],
    ['a byte of the file changed', await signed(message(TAMPERED)), [['SIGNATURE_INVALID', PLACES.file, /^invalid digest-mismatch/]]],
    ['annotated after signing', await signed(message(ANNOTATED)), [['SIGNATURE_INVALID', PLACES.file, /^invalid changed-after-signing/]]],
    ['a byte of the envelope changed', Buffer.from((await signed(message(BY_BOTH))).toString().replace('V/v', 'v/v')), [['SIGNATURE_INVALID', PLACES.header, /^invalid digest-mismatch/]]],
    ['a signature moved into another message', await moved(), [['SIGNATURE_INVALID', PLACES.header, /^invalid digest-mismatch/]]],
    ['signed by nobody known', await signed(message(BY_BOTH), pki.rogue), [['SIGNATURE_INVALID', PLACES.header, /^invalid chain-untrusted/]]]
  ]
  const before = (await client.get<{ items: unknown[] }>('/v1/packages?limit=100')).body.items.length
  for (const [name, bytes, expected] of cases) {
    const { status, body } = await client.post<Answer>('/v1/packages', bytes, XML)
    t.equal(status, 422, `${name}: ${JSON.stringify(body)}`)
    t.match(body.errors?.map(({ code, pointer, found = '' }) => [code, pointer, found]), expected, name)
    for (const { code, pointer, detail } of body.errors ?? []) {
      if (code === 'SIGNATURE_INVALID' && pointer === PLACES.file) t.match(detail, /quyet-dinh\.pdf/, `${name}: the file is named`)
    }
  }
  const hidden = await client.post<Answer>('/v1/packages', await wrapped(), XML)
  t.equal(hidden.status, 422, 'a signed message inside another one')
  t.match(hidden.body.errors?.some(({ pointer, found = '' }) => pointer === PLACES.header && found.includes('signature-misplaced')), true, JSON.stringify(hidden.body))
  t.equal((await client.get<{ items: unknown[] }>('/v1/packages?limit=100')).body.items.length, before)
  t.equal((await client.post<Answer>('/v1/packages', await signed(message(BY_BOTH)), XML)).status, 202)
  t.equal((await client.post<Answer>('/v1/packages', await signed(message(BY_PERSON)), XML)).status, 202, 'one signature is incomplete, not wrong')
})

await t.test('a single caller may have to sign while others need not, whatever the direction says', async t => {
  const single = signatures({ envelope: { ...DEFAULTS.envelope, outbound: 'off', requireFrom: ['client:ubnd-tinh'] } })
  const { url } = await runHub(t, { ...province.config, signatures: single })
  const bound = province.client(url, 'ubnd-tinh')
  t.match(await bound.post<Answer>('/v1/packages', message(BY_BOTH), XML), { status: 422, body: { errors: [{ code: 'SIGNATURE_MISSING', pointer: PLACES.header }] } })
  const unsignable = await bound.post<Answer>('/v1/packages', Buffer.from(JSON.stringify(PACKAGE_EXAMPLE)), { 'content-type': PACKAGE_MEDIA_TYPE })
  t.match(unsignable, { status: 422, body: { errors: [{ code: 'SIGNATURE_MISSING', pointer: '/document' }] } }, 'JSON is no way round it')
  const accepted = await bound.post<Answer>('/v1/packages', await signed(message(BY_BOTH)), XML)
  t.equal(accepted.status, 202)
  t.match((await bound.get<Answer>(`/v1/packages/${accepted.body.id ?? ''}`)).body.evidence, { envelope: { status: 'valid' } })
  const free = province.client(url, 'so-tu-phap')
  const { status, body } = await free.post<Answer>('/v1/packages', message(BY_BOTH, [JUSTICE, PROVINCE]), XML)
  t.equal(status, 202, JSON.stringify(body))
})

await t.test('an endpoint that asks for it gets edXML signed by the hub', async t => {
  const endpoints = province.config.endpoints.map(endpoint => endpoint.serves.includes('H36.11') ? { ...endpoint, format: 'edxml' as const, sign: 'truc' } : endpoint)
  const signing = [{ name: 'truc', key, certificate: pki.agency.pem + pki.issuer.pem }]
  const { url } = await runHub(t, { ...province.config, endpoints, signatures: signatures({ signing }) })
  const accepted = await province.client(url, 'ubnd-tinh').post<Answer>('/v1/packages', message(BY_BOTH), XML)
  const received = await eventually(() => province.receivers.get('so-tu-phap')?.received().find(({ packageId }) => packageId === accepted.body.id))
  const body = received.body ?? Buffer.alloc(0)
  const chain = createChainCheck({ trustAnchors: [pki.rootFile], crls: [], revocation: 'pass' })
  t.match(await verifyEnvelope(bufferSource(body), { at: NOW, chain, alias: 'refused' }), { status: 'valid', signer: { subject: /Sở Thử Nghiệm/ } })
})
