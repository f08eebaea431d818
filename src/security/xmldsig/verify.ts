// Verifies the enveloped XML signature of an edXML message (XMLDSig core, URI=""). Every field of the result is a finding
// of its own; what follows from it is decided elsewhere.
import { createVerify, X509Certificate } from 'node:crypto'
import type { EnvelopeEvidence } from '../../model/generated.js'
import { type ByteSource, steps } from '../byte-source.js'
import type { ChainCheck, ChainVerdict } from '../chain.js'
import { factsOf, namesSender, type SenderNames } from '../certificate.js'
import { CANONICALIZATIONS, DIGESTS, ENVELOPED, EXCLUSIVE, EXCLUSIVE_ALIAS, INCLUSIVE, isForbidden, SIGNATURES, type DigestName } from './algorithms.js'
import type { C14nKind } from './c14n.js'
import { SignatureFailure } from './failure.js'
import { createEnvelopeReader, type FoundSignature } from './reader.js'
import { isEmpty, readSignature, type SignatureParts } from './signature-tree.js'

export interface VerifyEnvelopeOptions {
  /** Epoch ms at which the certificate must be valid: an edXML signature carries no time of its own. */
  readonly at: number
  readonly chain: ChainCheck
  /** Whether the document's address is taken for the algorithm's name; never changes the signed bytes. */
  readonly alias: 'accepted' | 'refused'
  readonly sender?: SenderNames
}

interface Method { readonly kind: C14nKind, readonly digest: DigestName }
interface Profile extends Method { readonly signedInfo: C14nKind, readonly signature: DigestName }

const USUAL: Method = { kind: 'exclusive', digest: 'sha256' }

/** Never rejects for anything the message holds; reads it once, or twice when its profile is not the usual one. */
export async function verifyEnvelope (source: ByteSource, options: VerifyEnvelopeOptions): Promise<EnvelopeEvidence> {
  let named: EnvelopeEvidence['profile']
  try {
    const first = await readOnce(source, USUAL)
    if (first.signature === undefined) return { status: 'absent', reasons: [] }
    const certificates = placeholderFree(first.signature)
    if (certificates === undefined) return { status: 'absent', reasons: ['placeholder'] }
    const parts = readSignature(first.signature.tree)
    const { canonicalization, signatureMethod, digestMethod, transforms } = parts
    named = { canonicalization, signatureMethod, digestMethod, transforms }
    const profile = profileOf(parts, options.alias)
    const read = profile.kind === USUAL.kind && profile.digest === USUAL.digest ? first : await readOnce(source, profile)
    return { ...await judge(read.signature ?? first.signature, { parts, profile, digest: read.digest, certificates }, options), profile: named }
  } catch (error) {
    if (!(error instanceof SignatureFailure)) throw error
    return { status: error.status, reasons: [error.reason], ...(named === undefined ? {} : { profile: named }) }
  }
}

async function readOnce (source: ByteSource, method: Method): Promise<{ signature: FoundSignature | undefined, digest: string }> {
  const reader = createEnvelopeReader(method)
  for await (const bytes of steps(source)) reader.write(bytes)
  reader.end()
  return { signature: reader.signature, digest: reader.digest() }
}

/** The certificates of a signature that somebody made; undefined for one that was only printed. */
function placeholderFree ({ tree }: FoundSignature): X509Certificate[] | undefined {
  if (isEmpty(tree)) return undefined
  try {
    return readSignature(tree).certificates.map(base64 => new X509Certificate(Buffer.from(base64, 'base64')))
  } catch (error) {
    if (error instanceof SignatureFailure) throw error
    return undefined
  }
}

/** Throws when the signature is made in a way that proves nothing, or that the hub does not know. */
function profileOf (parts: SignatureParts, alias: VerifyEnvelopeOptions['alias']): Profile {
  const { canonicalization, signatureMethod, digestMethod, transforms, uri } = parts
  if (isForbidden(signatureMethod)) throw new SignatureFailure('invalid', 'algorithm-forbidden')
  if (uri !== '') throw new SignatureFailure('indeterminate', 'reference-unsupported')
  const names = transforms.map(name => name === EXCLUSIVE_ALIAS && alias === 'accepted' ? EXCLUSIVE : name)
  // Nothing else may stand in the list: an XPath or XSLT transform decides what is signed.
  const kind = CANONICALIZATIONS.get(names[1] ?? INCLUSIVE)
  const signedInfo = CANONICALIZATIONS.get(canonicalization)
  const signature = SIGNATURES.get(signatureMethod)
  const digest = DIGESTS.get(digestMethod)
  if (names[0] !== ENVELOPED || names.length > 2 || kind === undefined) throw new SignatureFailure('indeterminate', 'transform-unsupported')
  if (signedInfo === undefined) throw new SignatureFailure('indeterminate', 'canonicalization-unsupported')
  if (signature === undefined || digest === undefined) throw new SignatureFailure('indeterminate', 'algorithm-unsupported')
  return { kind, signedInfo, signature, digest }
}

interface Findings { parts: SignatureParts, profile: Profile, digest: string, certificates: X509Certificate[] }

async function judge (found: FoundSignature, { parts, profile, digest, certificates }: Findings, options: VerifyEnvelopeOptions): Promise<EnvelopeEvidence> {
  const match = { digest: compared(parts.digestValue === digest) }
  const certificate = signerAmong(certificates, found.signedInfo[profile.signedInfo], { parts, profile })
  const first = certificate ?? certificates[0]
  if (first === undefined) return { status: 'indeterminate', ...match, reasons: ['certificate-missing'] }
  const facts = {
    ...match,
    signatureValue: compared(certificate !== undefined),
    signer: factsOf(first),
    ...(options.sender === undefined ? {} : { signerEqualsSender: namesSender(first, options.sender) })
  }
  const broken = [...(match.digest === 'mismatch' ? ['digest-mismatch'] : []), ...(certificate === undefined ? ['signature-mismatch'] : [])]
  if (broken.length > 0) return { status: 'invalid', ...facts, reasons: broken }
  // The key in KeyInfo is the signer's own word: only the chain says whose it is.
  const chain = await options.chain(first, certificates, { at: options.at, now: options.at, known: 'claimed' })
  const verdict = { ...facts, chain: chain.chain, revocation: chain.revocation, certificates: chain.certificates }
  return { ...verdict, ...statusOf(chain, [parts, profile]) }
}

function statusOf (chain: ChainVerdict, [{ canonicalization }, { signature, digest }]: readonly [SignatureParts, Profile]): Pick<EnvelopeEvidence, 'status' | 'reasons'> {
  const sha1 = signature === 'sha1' || digest === 'sha1'
  const reasons = [...chain.reasons, ...(sha1 ? ['sha1'] : []), ...(canonicalization === INCLUSIVE ? ['inclusive-canonicalization'] : [])]
  if (chain.status !== 'valid') return { status: chain.status, reasons }
  return { status: sha1 ? 'weak' : 'valid', reasons }
}

/** Which of the given certificates made the value; senders do not agree on the order of a chain. */
function signerAmong (certificates: readonly X509Certificate[], signedInfo: string, { parts, profile }: { parts: SignatureParts, profile: Profile }): X509Certificate | undefined {
  const value = Buffer.from(parts.signatureValue, 'base64')
  return certificates.find(({ publicKey }) => publicKey.asymmetricKeyType === 'rsa' &&
    createVerify(profile.signature).update(signedInfo).verify(publicKey, value))
}

function compared (equal: boolean): 'match' | 'mismatch' {
  return equal ? 'match' : 'mismatch'
}
