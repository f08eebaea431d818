// One CMS signature (RFC 5652), over streamed bytes or over content of its own: read with pkijs, checked by node:crypto.
import { createHash, createVerify, X509Certificate, constants } from 'node:crypto'
import { Certificate, ContentInfo, SignedData, type SignerInfo } from 'pkijs'
import type { ByteSource } from '../byte-source.js'
import { steps } from '../byte-source.js'

export interface CmsFinding {
  readonly digest: 'match' | 'mismatch'
  readonly signatureValue: 'match' | 'mismatch'
  readonly signer: X509Certificate
  readonly certificates: X509Certificate[]
  /** Epoch ms, as the signer claims it. */
  readonly signedAt?: number
  readonly sha1: 'sha1' | 'modern'
  /** The signature value itself: what a time stamp is about. */
  readonly value: Buffer
  readonly signed: SignedData
}

/** Digest of what is signed, by an algorithm's name in node:crypto. */
export type DigestOf = (algorithm: string) => Promise<Buffer>

/** Digest algorithms by object identifier. */
export const DIGESTS: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1', '2.16.840.1.101.3.4.2.1': 'sha256', '2.16.840.1.101.3.4.2.2': 'sha384', '2.16.840.1.101.3.4.2.3': 'sha512'
}
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_TIME = '1.2.840.113549.1.9.5'
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47'
const DATA = '1.2.840.113549.1.7.1'
/** Content of time stamps (RFC 3161 §2.4.2). */
const TST_INFO = '1.2.840.113549.1.9.16.1.4'
const RSA = '1.2.840.113549.1.1.1'
const RSA_PKCS1 = /^1\.2\.840\.113549\.1\.1\.(?:1|5|11|12|13)$/
const RSA_PSS = '1.2.840.113549.1.1.10'
const ECDSA = /^1\.2\.840\.10045\.4\.(?:1|3\.[234])$/

/** A signature over a file: reads and checks; a text is the reason why it cannot be decided. */
export async function verifyCms (contents: Buffer, digestOf: DigestOf): Promise<CmsFinding | string> {
  const data = parse(contents)
  if (data === undefined) return 'cms-unreadable'
  // Content of its own would be signed instead of the file.
  if (data.encapContentInfo.eContent !== undefined || data.encapContentInfo.eContentType !== DATA) return 'cms-not-detached'
  return await verifySigner(data, digestOf)
}

/** A time stamp: a signature over content of its own. */
export async function verifyToken (contents: Buffer): Promise<CmsFinding & { content: Buffer } | string> {
  const data = parse(contents)
  const { eContent, eContentType } = data?.encapContentInfo ?? {}
  if (data === undefined || eContent === undefined || eContentType !== TST_INFO) return 'cms-unreadable'
  const content = Buffer.from(eContent.getValue())
  const found = await verifySigner(data, async algorithm => createHash(algorithm).update(content).digest())
  return typeof found === 'string' ? found : { ...found, content }
}

async function verifySigner (data: SignedData, digestOf: DigestOf): Promise<CmsFinding | string> {
  const [info, another] = data.signerInfos
  if (info === undefined || another !== undefined) return 'cms-unreadable'
  const certificates = (data.certificates ?? []).flatMap(each => each instanceof Certificate ? [new X509Certificate(Buffer.from(each.toSchema(true).toBER()))] : [])
  const algorithm = DIGESTS[info.digestAlgorithm.algorithmId]
  const signer = certificates.find(certificate => isSigner(certificate, info))
  if (signer === undefined) return 'certificate-missing'
  if (algorithm === undefined) return 'algorithm-unsupported'
  const digest = await digestOf(algorithm)
  const attributes = new Map((info.signedAttrs?.attributes ?? []).map(attribute => [attribute.type, attribute.values as unknown[]]))
  // PAdES requires signed attributes; without them any attribute bytes could be passed off as the document (RFC 5652 §11).
  if (attributes.size === 0 || attributes.size !== info.signedAttrs?.attributes.length) return 'signed-attributes-missing'
  if (!attributes.has(CONTENT_TYPE) || !namesSigner(attributes.get(SIGNING_CERTIFICATE_V2), signer)) return 'signed-attributes-wrong'
  const stated = octets(attributes.get(MESSAGE_DIGEST)?.[0])
  const verified = checkSignature(info, signer, algorithm)
  if (verified === undefined) return 'algorithm-unsupported'
  const signedAt = dateOf(attributes.get(SIGNING_TIME)?.[0])
  return {
    digest: stated?.equals(digest) === true ? 'match' : 'mismatch',
    signatureValue: verified ? 'match' : 'mismatch',
    signer,
    certificates,
    sha1: algorithm === 'sha1' ? 'sha1' : 'modern',
    value: Buffer.from(info.signature.valueBlock.valueHexView),
    signed: data,
    ...(signedAt === undefined ? {} : { signedAt })
  }
}

function parse (contents: Buffer): SignedData | undefined {
  try {
    return new SignedData({ schema: ContentInfo.fromBER(contents).content })
  } catch {
    return undefined
  }
}

/** Digest of the two pieces of a file, read in steps. */
export async function digestOfRange (source: ByteSource, [start, length, second, rest]: readonly [number, number, number, number], algorithm: string): Promise<Buffer> {
  const hash = createHash(algorithm)
  for await (const bytes of steps(source, start, start + length)) hash.update(bytes)
  for await (const bytes of steps(source, second, second + rest)) hash.update(bytes)
  return hash.digest()
}

function isSigner (certificate: X509Certificate, { sid }: SignerInfo): boolean {
  const parsed = Certificate.fromBER(certificate.raw)
  const named = sid as { serialNumber?: typeof parsed.serialNumber }
  // Producers encode the issuer's name anew, so it may differ in form; whose key it is, the signature value proves.
  if (named.serialNumber !== undefined) return parsed.serialNumber.isEqual(named.serialNumber)
  const keyId = octets(sid)
  const own = parsed.extensions?.find(({ extnID }) => extnID === '2.5.29.14')?.parsedValue as unknown
  return keyId !== undefined && octets(own)?.equals(keyId) === true
}

/** ESSCertIDv2 with SHA-256 (the default): the signed hash of the certificate, where the signature carries one (RFC 5035). */
function namesSigner (values: unknown[] | undefined, signer: X509Certificate): boolean {
  const [value] = values ?? []
  if (value === undefined) return true
  const encoded = Buffer.from((value as { toBER (): ArrayBuffer }).toBER())
  return ['sha1', 'sha256', 'sha384', 'sha512'].some(name => encoded.includes(createHash(name).update(signer.raw).digest()))
}

/** True or false by the key; undefined for an algorithm that is not known. */
function checkSignature (info: SignerInfo, signer: X509Certificate, digest: string): boolean | undefined {
  const encoded = Buffer.from(info.signedAttrs?.encodedValue ?? new ArrayBuffer(0))
  const value = Buffer.from(info.signature.valueBlock.valueHexView)
  const method = info.signatureAlgorithm.algorithmId
  const { publicKey } = signer
  const verifier = createVerify(digest).update(encoded)
  if (method === RSA_PSS && publicKey.asymmetricKeyType?.startsWith('rsa') === true) {
    return verifier.verify({ key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, value)
  }
  if ((method === RSA || RSA_PKCS1.test(method)) && publicKey.asymmetricKeyType === 'rsa') return verifier.verify(publicKey, value)
  return ECDSA.test(method) && publicKey.asymmetricKeyType === 'ec' ? verifier.verify(publicKey, value) : undefined
}

export function octets (value: unknown): Buffer | undefined {
  const view = (value as { valueBlock?: { valueHexView?: Uint8Array } } | undefined)?.valueBlock?.valueHexView
  return view === undefined ? undefined : Buffer.from(view)
}

function dateOf (value: unknown): number | undefined {
  const at = (value as { toDate? (): Date } | undefined)?.toDate?.().getTime()
  return at === undefined || Number.isNaN(at) ? undefined : at
}
