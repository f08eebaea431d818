// XML signatures of envelopes: good ones verify here and elsewhere, and no known attack yields a valid result.
import { execFileSync, spawnSync } from 'node:child_process'
import { createSign, createHmac } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { XmlC14NMode, XmlDocument } from 'libxml2-wasm'
import { SaxesParser } from 'saxes'
import t from 'tap'
import { SignedXml } from 'xml-crypto'
import { bufferSource, type ByteSource } from '../../../src/security/byte-source.js'
import { createChainCheck } from '../../../src/security/chain.js'
import { createCanonicalizer } from '../../../src/security/xmldsig/c14n.js'
import { SignatureFailure } from '../../../src/security/xmldsig/failure.js'
import { createEnvelopeReader } from '../../../src/security/xmldsig/reader.js'
import { signEnvelope } from '../../../src/security/xmldsig/sign.js'
import { verifyEnvelope } from '../../../src/security/xmldsig/verify.js'
import { makePki, NOW, type Identity } from '../../support/pki.js'
import fc from '../../support/property.js'

t.setTimeout(120_000)
const FIXTURES = new URL('../../../../test/fixtures/edxml/', import.meta.url)
const plain = readFileSync(new URL('edoc_update.edxml', FIXTURES), 'utf8').replace(/<Signature[\s\S]*<\/Signature>/, '')
const pki = makePki(t.testdir())
const chain = createChainCheck({ trustAnchors: [pki.rootFile], crls: [], revocation: 'pass' })

const DS = 'http://www.w3.org/2000/09/xmldsig#'
const EXC = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const INC = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256'

type Verdict = Awaited<ReturnType<typeof verifyEnvelope>>

async function verify (xml: string | Buffer, more: { alias?: 'accepted' | 'refused', at?: number } = {}): Promise<Verdict> {
  return await verifyEnvelope(bufferSource(Buffer.from(xml)), { at: more.at ?? NOW, chain, alias: more.alias ?? 'refused', sender: { codes: ['H36.11'], name: 'Sở Thử Nghiệm' } })
}

async function sign (xml: string, { key, certificate }: Identity = pki.agency): Promise<string> {
  const bytes = Buffer.from(xml)
  const { xml: signature, insertAt } = await signEnvelope(bufferSource(bytes), { key, certificates: [certificate, pki.issuer.certificate] })
  return Buffer.concat([bytes.subarray(0, insertAt), Buffer.from(signature), bytes.subarray(insertAt)]).toString()
}

/** Signed by another implementation. */
function signElsewhere (xml: string, { key, certificate }: Identity, algorithms: { c14n?: string, signature?: string, digest?: string, transforms?: string[] } = {}): string {
  const { c14n = EXC, signature = RSA_SHA256, digest = SHA256, transforms = [`${DS}enveloped-signature`, EXC] } = algorithms
  const signer = new SignedXml({
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicCert: certificate.toString() + pki.issuer.pem,
    signatureAlgorithm: signature,
    canonicalizationAlgorithm: c14n
  })
  signer.addReference({ xpath: '/*', isEmptyUri: true, transforms, digestAlgorithm: digest })
  signer.computeSignature(xml, { location: { reference: "//*[local-name(.)='edXMLHeader']", action: 'append' } })
  return signer.getSignedXml()
}

function verifyElsewhere (xml: string, { certificate }: Identity): boolean {
  const verifier = new SignedXml({ publicCert: certificate.toString() })
  const signature = /<(?:\w+:)?Signature [\s\S]*<\/(?:\w+:)?Signature>/.exec(xml)?.[0] ?? ''
  verifier.loadSignature(signature)
  return verifier.checkSignature(xml)
}

t.test('what the hub signs is valid for the hub and for xml-crypto, and names its signer', async t => {
  const signed = await sign(plain)
  const verdict = await verify(signed)
  t.match(verdict, { status: 'valid', digest: 'match', signatureValue: 'match', chain: 'trusted', revocation: 'unknown', signerEqualsSender: true })
  t.equal(verdict.certificates?.length, 3)
  t.ok(verifyElsewhere(signed, pki.agency))
  t.equal(signed.replace(/<Signature [\s\S]*<\/Signature>/, ''), plain, 'nothing else was touched')
})

const xmlsec = spawnSync('xmlsec1', ['--version']).status === 0
t.test('what the hub signs is valid for xmlsec1', { skip: xmlsec ? false : 'xmlsec1 is not installed' }, async t => {
  const directory = t.testdir()
  const file = join(directory, 'signed.edxml')
  writeFileSync(file, await sign(plain))
  const check = (): Buffer => execFileSync('xmlsec1', ['--verify', '--enabled-key-data', 'x509', '--trusted-pem', pki.rootFile, '--verification-time', '2026-11-20 02:00:00', file], { stdio: 'pipe' })
  t.doesNotThrow(check)
  writeFileSync(file, readFileSync(file, 'utf8').replace('edXMLManifest', 'edXMLManifest x="1"'))
  t.throws(check)
})

t.test('what others sign is valid in the usual profile and weak or flagged in the old ones', async t => {
  const sha1 = { signature: `${DS}rsa-sha1`, digest: `${DS}sha1` }
  t.match(await verify(signElsewhere(plain, pki.agency)), { status: 'valid', reasons: ['revocation-unknown'] })
  t.match(await verify(signElsewhere(plain, pki.agency, { c14n: INC, transforms: [`${DS}enveloped-signature`, INC] })), { status: 'valid', reasons: ['revocation-unknown', 'inclusive-canonicalization'] })
  t.match(await verify(signElsewhere(plain, pki.agency, { c14n: INC, transforms: [`${DS}enveloped-signature`] })), { status: 'valid' })
  t.match(await verify(signElsewhere(plain, pki.agency, sha1)), { status: 'weak' })
  t.match(await verify(signElsewhere(plain, pki.agency, { ...sha1, c14n: INC, transforms: [`${DS}enveloped-signature`] })), { status: 'weak' })
})

t.test('the address of the standard stands for the algorithm only where a partner is configured so', async t => {
  const [header = '', ...rest] = plain.split('</edXML:edXMLHeader>')
  const canonical = await sign(plain)
  const digest = /<DigestValue>(.*?)</.exec(canonical)?.[1] ?? ''
  const info = `<CanonicalizationMethod Algorithm="${EXC}"></CanonicalizationMethod><SignatureMethod Algorithm="${RSA_SHA256}"></SignatureMethod><Reference URI=""><Transforms><Transform Algorithm="${DS}enveloped-signature"></Transform><Transform Algorithm="http://www.w3.org/TR/xml-exc-c14n#"></Transform></Transforms><DigestMethod Algorithm="${SHA256}"></DigestMethod><DigestValue>${digest}</DigestValue></Reference></SignedInfo>`
  const value = createSign('sha256').update(`<SignedInfo xmlns="${DS}">${info}`).sign(pki.agency.key, 'base64')
  const signature = `<Signature xmlns="${DS}"><SignedInfo>${info}<SignatureValue>${value}</SignatureValue><KeyInfo><X509Data><X509Certificate>${pki.agency.certificate.raw.toString('base64')}</X509Certificate><X509Certificate>${pki.issuer.certificate.raw.toString('base64')}</X509Certificate></X509Data></KeyInfo></Signature>`
  const aliased = `${header}${signature}</edXML:edXMLHeader>${rest.join('</edXML:edXMLHeader>')}`
  t.match(await verify(aliased), { status: 'indeterminate', reasons: ['transform-unsupported'] })
  t.match(await verify(aliased, { alias: 'accepted' }), { status: 'valid' })
})

t.test('what only looks like a signature is absent', async t => {
  const good = await sign(plain)
  const cases: Array<[string, string, Partial<Verdict>]> = [
    ['no signature', plain, { status: 'absent' }],
    ['printed values of the official samples', readFileSync(new URL('edoc_new.edxml', FIXTURES), 'utf8'), { status: 'absent' }],
    ['a truncated certificate', good.replace(/(<X509Certificate>.{100})[^<]*/, '$1'), { status: 'absent', reasons: ['placeholder'] }],
    ['an empty value', good.replace(/<SignatureValue>[^<]*/, '<SignatureValue>'), { status: 'absent', reasons: ['placeholder'] }],
    ['an empty Signature', plain.replace('</edXML:edXMLHeader>', `<Signature xmlns="${DS}"/></edXML:edXMLHeader>`), { status: 'absent', reasons: ['placeholder'] }],
    ['DigitalSignature of another product', plain.replace('</edXML:edXMLHeader>', '<edXML:DigitalSignature/></edXML:edXMLHeader>'), { status: 'absent' }],
    ['a namespace lost on the way', good.replace(`<Signature xmlns="${DS}">`, '<Signature>'), { status: 'absent' }]
  ]
  for (const [name, xml, expected] of cases) t.match(await verify(xml), expected, name)
})

t.test('harmless rewriting keeps a signature valid', async t => {
  const good = await sign(plain)
  const subject = /<edXML:Subject>([^<]+)</.exec(good)?.[1] ?? ''
  for (const [name, xml] of [
    ['a comment', good.replace(subject, `${subject.slice(0, 3)}<!-- x -->${subject.slice(3)}`)],
    ['CDATA', good.replace(subject, `<![CDATA[${subject}]]>`)],
    ['a character reference', good.replace(subject, `&#${subject.codePointAt(0) ?? 0};${subject.slice(1)}`)],
    ['CRLF', good.replaceAll('\n', '\r\n')],
    ['a comment in the digest', good.replace(/<DigestValue>(..)/, '<DigestValue>$1<!---->')],
    ['an empty-element tag', good.replace('></DigestMethod>', '/>')]
  ] as const) {
    t.not(xml, good, `${name} changes the bytes`)
    t.match(await verify(xml), { status: 'valid' }, name)
  }
})

t.test('no known attack on XML signatures yields a valid result', async t => {
  const good = await sign(plain)
  const signature = /<Signature [\s\S]*<\/Signature>/.exec(good)?.[0] ?? ''
  const evil = plain.replace(/<edXML:Subject>[^<]+/, '<edXML:Subject>Sai')
  const header = '</edXML:edXMLHeader>'
  const rogue = await sign(evil, pki.rogue)
  const reference = /<Reference [\s\S]*<\/Reference>/.exec(good)?.[0] ?? ''
  const hmac = (method: string): string => {
    const info = /<SignedInfo>([\s\S]*)<\/SignedInfo>/.exec(good)?.[1]?.replace(RSA_SHA256, method) ?? ''
    const value = createHmac('sha256', pki.agency.certificate.publicKey.export({ type: 'spki', format: 'pem' })).update(`<SignedInfo xmlns="${DS}">${info}</SignedInfo>`).digest('base64')
    return good.replace(/<SignedInfo>[\s\S]*<\/SignedInfo>/, `<SignedInfo>${info}</SignedInfo>`).replace(/<SignatureValue>[^<]*/, `<SignatureValue>${value}`)
  }
  const cases: Array<[string, string, Verdict['status'], string]> = [
    ['changed text', good.replace(/<edXML:Subject>[^<]+/, '<edXML:Subject>Sai'), 'invalid', 'digest-mismatch'],
    ['changed attachment', good.replace(/(ContentTransferEncoded[^>]*>)[A-Za-z0-9]{4}/, '$1AAAA'), 'invalid', 'digest-mismatch'],
    ['a changed digest', good.replace(/<DigestValue>[^<]+/, '<DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='), 'invalid', 'signature-mismatch'],
    ['a processing instruction in signed text', good.replace(/<edXML:Subject>/, '<edXML:Subject><?p V/v ?>'), 'invalid', 'processing-instruction'],
    ['a DOCTYPE', good.replace(/<edXML /, '<!DOCTYPE edXML [<!ENTITY a "b">]><edXML '), 'invalid', 'doctype'],
    ['added white space', good.replace('<edXML:MessageHeader>', '<edXML:MessageHeader> '), 'invalid', 'digest-mismatch'],
    ['a renamed prefix', good.replaceAll('edXML:', 'e:').replaceAll('xmlns:edXML', 'xmlns:e'), 'invalid', 'digest-mismatch'],
    ['wrapping: the signed message inside another', evil.replace(header, `<Object>${good.replace(/<\?xml[^>]*>/, '')}</Object>${header}`), 'invalid', 'signature-misplaced'],
    ['wrapping: the signature moved into another message', evil.replace(header, `${signature}${header}`), 'invalid', 'digest-mismatch'],
    ['wrapping: by a reference to an id', good.replace('URI=""', 'URI="#a"').replace('<edXML:MessageHeader>', '<edXML:MessageHeader Id="a">'), 'indeterminate', 'reference-unsupported'],
    ['duplicate ids', good.replace('URI=""', 'URI="#a"').replace('<edXML:MessageHeader>', '<edXML:MessageHeader Id="a">').replace('<edXML:edXMLBody>', '<edXML:edXMLBody Id="a">'), 'indeterminate', 'reference-unsupported'],
    ['a second Signature', good.replace(header, `${signature}${header}`), 'invalid', 'several-signatures'],
    ['a Signature under the root', good.replace('</edXML>', `${signature}</edXML>`), 'invalid', 'several-signatures'],
    ['a second Reference', good.replace(reference, reference + reference), 'invalid', 'repeated-Reference'],
    ['a second SignedInfo', good.replace('<SignatureValue>', '<SignedInfo></SignedInfo><SignatureValue>'), 'invalid', 'repeated-SignedInfo'],
    ['a second DigestValue', good.replace('<DigestValue>', '<DigestValue>AAAA</DigestValue><DigestValue>'), 'invalid', 'repeated-DigestValue'],
    ['HMAC with the public key', hmac(`${DS}hmac-sha1`), 'invalid', 'algorithm-forbidden'],
    ['no algorithm', good.replace(RSA_SHA256, 'none'), 'invalid', 'algorithm-forbidden'],
    ['SHA-1 named instead of SHA-256', good.replace(RSA_SHA256, `${DS}rsa-sha1`), 'invalid', 'signature-mismatch'],
    ['a rogue key in KeyInfo', rogue, 'invalid', 'chain-untrusted'],
    ['a rogue key before the real chain', rogue.replace('<X509Data>', `<X509Data><X509Certificate>${pki.agency.certificate.raw.toString('base64')}</X509Certificate>`), 'invalid', 'chain-untrusted'],
    ['a filtering transform', good.replace(`<Transform Algorithm="${EXC}">`, '<Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><XPath>0</XPath>'), 'indeterminate', 'transform-unsupported'],
    ['a prefix list', good.replace(`<CanonicalizationMethod Algorithm="${EXC}">`, `<CanonicalizationMethod Algorithm="${EXC}"><i:InclusiveNamespaces xmlns:i="${EXC}" PrefixList="edXML"/>`), 'indeterminate', 'canonicalization-unsupported'],
    ['cut off', good.slice(0, -20), 'indeterminate', 'not-well-formed'],
    ['a relative namespace', good.replace('<edXML:edXMLBody>', '<edXML:edXMLBody xmlns:a="b">'), 'indeterminate', 'relative-namespace']
  ]
  for (const [name, xml, status, reason] of cases) {
    t.not(xml, good, `${name} changes the bytes`)
    const verdict = await verify(xml)
    t.match([verdict.status, verdict.reasons.includes(reason)], [status, true], `${name}: ${verdict.status} ${verdict.reasons.join()}`)
  }
})

t.test('forged business content inside Signature changes nothing that is read', async t => {
  const good = await sign(plain)
  const forged = good.replace('</Signature>', '<Object><edXML:MessageHeader xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:Subject>Sai</edXML:Subject></edXML:MessageHeader></Object></Signature>')
  t.match(await verify(forged), { status: 'valid' }, 'the signature does not speak about its own Object')
  const { edxmlCodec } = await import('../../../src/formats/edxml/index.js')
  const { DEFAULT_LIMITS } = await import('../../../src/formats/codec.js')
  const decoded = await edxmlCodec.decode((async function * () { yield Buffer.from(forged) })(), (async function * () {})(), { limits: DEFAULT_LIMITS, spool: async () => nullSpool() })
  t.equal(decoded.content.kind === 'document' ? decoded.content.document.subject : '', /<edXML:Subject>([^<]+)/.exec(plain)?.[1])
})

function nullSpool (): { write (): Promise<void>, read (): Promise<never>, end (): Promise<{ sha256: string, size: number }>, discard (): Promise<void> } {
  return { write: async () => {}, read: async () => { throw new Error('not used') }, end: async () => ({ sha256: '0'.repeat(64), size: 0 }), discard: async () => {} }
}

t.test('a certificate counts when it was valid then, issued by a CA, and made for signing', async t => {
  const day = 86_400_000
  const { makeIdentity } = await import('../../support/pki.js')
  const subject = [['CN', 'Sở Thử Nghiệm']] as const
  t.match(await verify(await sign(plain), { at: NOW + 400 * day }), { status: 'invalid', reasons: ['certificate-not-valid-then'] })
  t.match(await verify(await sign(plain, makeIdentity({ subject, issuer: pki.agency }))), { status: 'invalid', reasons: ['chain-untrusted'] }, 'an issuer that is no CA')
  t.match(await verify(await sign(plain, makeIdentity({ subject, issuer: pki.issuer, keyUsage: { keyEncipherment: true } }))), { status: 'invalid', reasons: ['key-usage'] })
  const unanchored = await verifyEnvelope(bufferSource(Buffer.from(await sign(plain))), { at: NOW, alias: 'refused', chain: createChainCheck({ trustAnchors: [], crls: [], revocation: 'pass' }) })
  t.match(unanchored, { status: 'indeterminate', digest: 'match', signatureValue: 'match', chain: 'unknown', reasons: ['no-trust-anchors'] })
})

const NAMES = fc.constantFrom('a', 'b', 'p:a', 'q:b', 'c')
const TEXTS = fc.array(fc.constantFrom('x', ' ', '&amp;', '&lt;', '&gt;', '>', '"', '&#13;', '\r\n', '\t', 'đ', '&#x1F600;', '<![CDATA[<&]]>', '<!-- c -->', '\n'), { maxLength: 6 }).map(parts => parts.join(''))
const VALUES = fc.array(fc.constantFrom('v', ' ', '&amp;', '&lt;', '>', '&quot;', '&#10;', '&#9;', '\n', 'ư'), { maxLength: 4 }).map(parts => parts.join(''))
const DECLARATIONS = fc.uniqueArray(fc.constantFrom('xmlns="urn:d"', 'xmlns="urn:e"', 'xmlns=""', 'xmlns:p="urn:p"', 'xmlns:p="urn:o"', 'xmlns:q="urn:p"', 'xmlns:r="urn:r"'), { maxLength: 3, selector: declaration => declaration.split('=')[0] })
const ATTRIBUTES = fc.uniqueArray(fc.tuple(fc.constantFrom('z', 'y', 'p:x', 'r:w', 'xml:lang'), VALUES), { maxLength: 3, selector: ([name]) => name })
const { element } = fc.letrec<{ element: string, content: string }>(tie => ({
  element: fc.tuple(NAMES, DECLARATIONS, ATTRIBUTES, tie('content')).map(([name, declarations, attributes, content]) =>
    `<${[name, ...declarations, ...attributes.map(([attribute, value]) => `${attribute}="${value}"`)].join(' ')}>${content}</${name}>`),
  content: fc.array(fc.oneof({ depthSize: 'small' }, TEXTS, tie('element')), { maxLength: 4 }).map(parts => parts.join(''))
}))

t.test('canonical form agrees with libxml2 on 5000 generated documents, exclusive and inclusive', async t => {
  let compared = 0
  fc.assert(fc.property(element, inner => {
    const xml = `<root xmlns:p="urn:p" xmlns:q="urn:q" xmlns:r="urn:r">${inner}</root>`
    const parsed = XmlDocument.fromString(xml)
    try {
      for (const [kind, mode] of [['exclusive', XmlC14NMode.XML_C14N_EXCLUSIVE_1_0], ['inclusive', XmlC14NMode.XML_C14N_1_0]] as const) {
        const theirs = parsed.canonicalizeToString({ mode })
        if (canonical(xml, kind) !== theirs) throw new Error(`${kind}\n${xml}\n${canonical(xml, kind)}\n${theirs}`)
        compared++
      }
    } finally { parsed.dispose() }
  }), { numRuns: 5000 })
  t.equal(compared, 10_000)
})

function canonical (xml: string, kind: 'exclusive' | 'inclusive'): string {
  let out = ''
  const canonicalizer = createCanonicalizer(kind, piece => { out += piece })
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', error => { throw error })
  parser.on('opentag', tag => { canonicalizer.open(tag) })
  parser.on('closetag', tag => { canonicalizer.close(tag.name) })
  parser.on('text', text => { canonicalizer.text(text) })
  parser.on('cdata', text => { canonicalizer.text(text) })
  parser.write(xml).close()
  return out
}

t.test('the content of attachments is digested as any canonical form has it, whatever the size of the steps', async t => {
  const wrap = (content: string): string => plain.replace(/(<edXML:ContentTransferEncoded[^>]*>)[^<]*/, `$1${content}`)
  const lines = 'QUJD'.repeat(20)
  for (const [name, content] of [['references of Java writers', `${lines}&#13;\n${lines}&#xD;\n`], ['CRLF', `${lines}\r\n${lines}\r\n`], ['a comment', `${lines}<!-- a > b -->${lines}`], ['CDATA', `<![CDATA[${lines}]]>`]] as const) {
    const signed = signElsewhere(wrap(content), pki.agency)
    t.match(await verify(signed), { status: 'valid' }, `${name}, as xml-crypto writes it`)
    const raw = Buffer.from(await sign(wrap(content)))
    t.ok(verifyElsewhere(raw.toString(), pki.agency), `${name}: xml-crypto agrees`)
  }
  const bytes = Buffer.from(wrap(`${lines}&#13;\r\n${lines}\r\n`))
  const digests = [1, 7, 64, bytes.length].map(size => {
    const reader = createEnvelopeReader({ kind: 'exclusive', digest: 'sha256' })
    for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size))
    reader.end()
    return reader.digest()
  })
  t.equal(new Set(digests).size, 1, 'steps of 1, 7 and 64 bytes')
})

t.test('100 MB of attachment pass with flat memory', async t => {
  const start = /<edXML:ContentTransferEncoded[^>]*>/.exec(plain)
  const contentAt = (start?.index ?? 0) + (start?.[0].length ?? 0)
  const [before, after] = [plain.slice(0, contentAt), plain.slice(plain.indexOf('<', contentAt))]
  const size = 100 * 2 ** 20
  const head = Buffer.from(before)
  const tail = Buffer.from(after)
  const block = Buffer.alloc(2 ** 20, 'QUJD')
  const source: ByteSource = {
    size: head.length + size + tail.length,
    async read (start, end) {
      const pieces: Buffer[] = []
      for (let at = start; at < end;) {
        const piece = at < head.length ? head.subarray(at, end) : at < head.length + size ? block.subarray(0, Math.min(end, head.length + size) - at) : tail.subarray(at - head.length - size, end - head.length - size)
        pieces.push(piece)
        at += piece.length
      }
      return Buffer.concat(pieces)
    }
  }
  const rss = process.memoryUsage().rss
  const { xml, insertAt } = await signEnvelope(source, { key: pki.agency.key, certificates: [pki.agency.certificate, pki.issuer.certificate] })
  const signature = Buffer.from(xml)
  const signed: ByteSource = {
    size: source.size + signature.length,
    async read (start, end) {
      const cut = (from: number, to: number): [number, number] => [Math.min(Math.max(start, from), to), Math.max(Math.min(end, to), from)]
      const [a, b] = cut(0, insertAt)
      const [c, d] = cut(insertAt, insertAt + signature.length)
      const [e, f] = cut(insertAt + signature.length, source.size + signature.length)
      return Buffer.concat([a < b ? await source.read(a, b) : Buffer.alloc(0), signature.subarray(c - insertAt, Math.max(c, d) - insertAt), e < f ? await source.read(e - signature.length, f - signature.length) : Buffer.alloc(0)])
    }
  }
  t.match(await verifyEnvelope(signed, { at: NOW, chain, alias: 'refused' }), { status: 'valid' })
  const growth = (process.memoryUsage().rss - rss) / 2 ** 20
  t.ok(growth < 60, `resident memory grew by ${growth.toFixed(0)} MB`)
})

t.test('a message that is signed already is not signed again', async t => {
  await t.rejects(sign(await sign(plain)), SignatureFailure)
})
