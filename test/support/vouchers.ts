// What authorities issue about certificates and signatures, made for tests: revocation lists, OCSP answers, time stamps.
import { createHash } from 'node:crypto'
import forge from 'node-forge'
import type { Identity } from './pki.js'

const { asn1 } = forge
const { Class, Type } = asn1
type Asn1 = forge.asn1.Asn1

const DAY_MS = 86_400_000
const SHA1 = '1.3.14.3.2.26'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11'
const TST_INFO = '1.2.840.113549.1.9.16.1.4'

function sequence (...parts: Asn1[]): Asn1 { return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, parts) }
function tagged (number: number, value: Asn1[] | string): Asn1 { return asn1.create(Class.CONTEXT_SPECIFIC, number as forge.asn1.Type, typeof value !== 'string', value) }
function oid (name: string): Asn1 { return asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(name).getBytes()) }
function integer (hex: string): Asn1 { return asn1.create(Class.UNIVERSAL, Type.INTEGER, false, forge.util.hexToBytes(hex)) }
function octets (bytes: string): Asn1 { return asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, bytes) }
function algorithm (name: string): Asn1 { return sequence(oid(name), asn1.create(Class.UNIVERSAL, Type.NULL, false, '')) }
function instant (at: number): Asn1 { return asn1.create(Class.UNIVERSAL, Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(new Date(at)) as string) }
function utc (at: number): Asn1 { return asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(new Date(at)) as string) }
function der (value: Asn1): string { return asn1.toDer(value).getBytes() }

function nameOf ({ forge: { certificate } }: Identity): Asn1 {
  const tbs = (forge.pki.certificateToAsn1(certificate).value as Asn1[])[0]?.value as Asn1[]
  return tbs[5] as Asn1
}

/** What is signed, the algorithm, the signature: the form of lists and answers alike. */
function signed (content: Asn1, { forge: { key } }: Identity): Asn1[] {
  const digest = forge.md.sha256.create()
  digest.update(der(content))
  return [content, algorithm(SHA256_WITH_RSA), asn1.create(Class.UNIVERSAL, Type.BITSTRING, false, `\x00${key.sign(digest)}`)]
}

export interface ListWish {
  revoked?: readonly Identity[]
  /** Issued then, epoch ms; in force for 32 days. */
  at: number
  revokedAt?: number
}

/** A CRL (RFC 5280 §5.1), DER. */
export function makeList (issuer: Identity, { revoked = [], at, revokedAt = at }: ListWish): Buffer {
  const entries = revoked.map(({ forge: { certificate } }) => sequence(integer(certificate.serialNumber), utc(revokedAt)))
  const content = sequence(integer('01'), algorithm(SHA256_WITH_RSA), nameOf(issuer), utc(at), utc(at + 32 * DAY_MS), ...(entries.length === 0 ? [] : [sequence(...entries)]))
  return Buffer.from(der(sequence(...signed(content, issuer))), 'binary')
}

export interface AnswerWish { about: Identity, at: number, revokedAt?: number, /** Signs in the issuer's place. */ responder?: Identity }

/** An OCSP response (RFC 6960 §4.2.1), DER. */
export function makeAnswer (issuer: Identity, { about, at, revokedAt, responder = issuer }: AnswerWish): Buffer {
  const hashed = (bytes: string): Asn1 => octets(createHash('sha1').update(bytes, 'binary').digest('binary'))
  const key = der(forge.pki.publicKeyToRSAPublicKey(issuer.forge.certificate.publicKey))
  const certId = sequence(algorithm(SHA1), hashed(der(nameOf(issuer))), hashed(key), integer(about.forge.certificate.serialNumber))
  const status = revokedAt === undefined ? tagged(0, '') : tagged(1, [instant(revokedAt)])
  const content = sequence(tagged(1, [nameOf(responder)]), instant(at), sequence(sequence(certId, status, instant(at), tagged(0, [instant(at + DAY_MS)]))))
  const certificates = responder === issuer ? [] : [tagged(0, [sequence(forge.pki.certificateToAsn1(responder.forge.certificate))])]
  const basic = sequence(...signed(content, responder), ...certificates)
  const bytes = sequence(oid('1.3.6.1.5.5.7.48.1.1'), octets(der(basic)))
  return Buffer.from(der(sequence(asn1.create(Class.UNIVERSAL, Type.ENUMERATED, false, '\x00'), tagged(0, [bytes]))), 'binary')
}

/** A time stamp token (RFC 3161 §2.4.2) about the SHA-256 of `bytes`, DER. */
export function makeToken (bytes: Buffer, { authority, issuer, at }: { authority: Identity, issuer: Identity, at: number }): Buffer {
  const imprint = sequence(algorithm(SHA256), octets(createHash('sha256').update(bytes).digest('binary')))
  const content = der(sequence(integer('01'), oid('1.2.3.4'), imprint, integer('07'), instant(at)))
  const message = forge.pkcs7.createSignedData()
  const raw = message as unknown as { content: object, contentInfo: Asn1 }
  raw.content = {}
  raw.contentInfo = sequence(oid(TST_INFO), tagged(0, [octets(content)]))
  for (const { forge: { certificate } } of [authority, issuer]) message.addCertificate(certificate)
  message.addSigner({
    key: authority.forge.key,
    certificate: authority.forge.certificate,
    digestAlgorithm: SHA256,
    authenticatedAttributes: [{ type: forge.pki.oids['contentType'] ?? '', value: TST_INFO }, { type: forge.pki.oids['messageDigest'] ?? '' }]
  })
  message.sign()
  return Buffer.from(der(message.toAsn1()), 'binary')
}

/** A CMS signature with a time stamp on its value as unsigned attribute. */
export function withTimestamp (cms: Buffer, stamp: (value: Buffer) => Buffer): Buffer {
  const whole = asn1.fromDer(cms.toString('binary'))
  const last = (value: Asn1 | undefined): Asn1 | undefined => (value?.value as Asn1[] | undefined)?.at(-1)
  // ContentInfo → [0] → SignedData → signerInfos → the only one.
  const info = last(last(last(last(whole))))
  const parts = info?.value as Asn1[]
  const token = asn1.fromDer(stamp(Buffer.from(parts.at(-1)?.value as string, 'binary')).toString('binary'))
  parts.push(tagged(1, [sequence(oid('1.2.840.113549.1.9.16.2.14'), asn1.create(Class.UNIVERSAL, Type.SET, true, [token]))]))
  return Buffer.from(der(whole), 'binary')
}
