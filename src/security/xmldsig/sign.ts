// Signs an edXML message for links inside the province: enveloped, exclusive canonicalization, RSA-SHA256, X.509 in KeyInfo.
import { sign, type KeyObject, type X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import type { EnvelopeSignature } from '../../ports/signatures.js'
import { type ByteSource, steps } from '../byte-source.js'
import { DSIG, ENVELOPED, EXCLUSIVE, RSA_SHA256, SHA256 } from './algorithms.js'
import { SignatureFailure } from './failure.js'
import { createEnvelopeReader } from './reader.js'

export interface EnvelopeSigner {
  /** RSA. */
  readonly key: KeyObject
  /** The signer's certificate first, then those above it without the root. */
  readonly certificates: readonly X509Certificate[]
}

/** With a callback the key works in a thread of the pool, not on the loop. */
const signAside = promisify(sign)

/** The header ends within this many bytes: attachments come after it. */
const MOST_HEADER_BYTES = 4 * 2 ** 20

/**
 * Reads the message once and answers its signature. Memory does not grow with attachments. Throws a
 * {@link SignatureFailure} when the message holds a signature already, is not well-formed or has no header.
 */
export async function signEnvelope (source: ByteSource, { key, certificates }: EnvelopeSigner): Promise<EnvelopeSignature> {
  const insertAt = await endOfHeader(source)
  const reader = createEnvelopeReader({ kind: 'exclusive', digest: 'sha256' })
  for await (const bytes of steps(source)) reader.write(bytes)
  reader.end()
  if (reader.signature !== undefined) throw new SignatureFailure('invalid', 'several-signatures')
  const content = '<CanonicalizationMethod Algorithm="' + EXCLUSIVE + '"></CanonicalizationMethod>' +
    `<SignatureMethod Algorithm="${RSA_SHA256}"></SignatureMethod><Reference URI="">` +
    `<Transforms><Transform Algorithm="${ENVELOPED}"></Transform><Transform Algorithm="${EXCLUSIVE}"></Transform></Transforms>` +
    `<DigestMethod Algorithm="${SHA256}"></DigestMethod><DigestValue>${reader.digest()}</DigestValue></Reference></SignedInfo>`
  // Written in canonical form, so that nothing has to be canonicalised: only the declaration moves to the Signature.
  const value = (await signAside('sha256', Buffer.from(`<SignedInfo xmlns="${DSIG}">${content}`), key)).toString('base64')
  const keyInfo = certificates.map(({ raw }) => `<X509Certificate>${raw.toString('base64')}</X509Certificate>`).join('')
  const xml = `<Signature xmlns="${DSIG}"><SignedInfo>${content}<SignatureValue>${value}</SignatureValue><KeyInfo><X509Data>${keyInfo}</X509Data></KeyInfo></Signature>`
  return { xml, insertAt }
}

async function endOfHeader (source: ByteSource): Promise<number> {
  const head = (await source.read(0, Math.min(source.size, MOST_HEADER_BYTES))).toString('latin1')
  const ends = [...head.matchAll(/<\/(?:[\w.-]+:)?edXMLHeader\s*>/g)]
  // Two would mean that one of them stands in a comment or a text.
  if (ends.length !== 1 || ends[0] === undefined) throw new SignatureFailure('invalid', 'header-missing')
  return ends[0].index
}
