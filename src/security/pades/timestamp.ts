// Time stamps (RFC 3161): an authority vouches that something existed at a time. Those on a signature and those on a whole file.
import { createHash } from 'node:crypto'
import { TSTInfo, type SignerInfo } from 'pkijs'
import type { TimestampEvidence } from '../../model/generated.js'
import { factsOf } from '../certificate.js'
import type { ChainCheck } from '../chain.js'
import { DIGESTS, octets, verifyToken, type CmsFinding, type DigestOf } from './cms.js'

/** Unsigned attribute of a signature that was time-stamped (RFC 3161 appendix A). */
const SIGNATURE_TIMESTAMP = '1.2.840.113549.1.9.16.2.14'
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'

export interface TimestampContext { readonly chain: ChainCheck, readonly now: number }

/** The time stamp on a signature value; undefined when there is none. Of several the first counts. */
export async function verifySignatureTimestamp ({ signed, value }: CmsFinding, context: TimestampContext): Promise<TimestampEvidence | undefined> {
  const [info] = signed.signerInfos
  const token = info === undefined ? undefined : tokenOf(info)
  return token === undefined ? undefined : await verifyTimestamp(token, async algorithm => createHash(algorithm).update(value).digest(), context)
}

function tokenOf ({ unsignedAttrs }: SignerInfo): Buffer | undefined {
  const [value] = (unsignedAttrs?.attributes.find(({ type }) => type === SIGNATURE_TIMESTAMP)?.values ?? []) as unknown[]
  return value === undefined ? undefined : Buffer.from((value as { toBER (): ArrayBuffer }).toBER())
}

/** Trusted when the token is whole, is about this digest, and its authority may stamp times and leads to a trust anchor. */
export async function verifyTimestamp (token: Buffer, digestOf: DigestOf, { chain, now }: TimestampContext): Promise<TimestampEvidence> {
  const found = await verifyToken(token)
  const info = typeof found === 'string' ? undefined : parse(found.content)
  if (typeof found === 'string' || info === undefined) return { status: 'invalid', reasons: [typeof found === 'string' ? found : 'cms-unreadable'] }
  const at = info.genTime.getTime()
  const evidence = { at: new Date(at).toISOString(), authority: factsOf(found.signer) }
  const algorithm = DIGESTS[info.messageImprint.hashAlgorithm.algorithmId]
  const about = algorithm !== undefined && octets(info.messageImprint.hashedMessage)?.equals(await digestOf(algorithm)) === true
  const broken = [
    ...(about ? [] : ['digest-mismatch']),
    ...(found.digest === 'match' && found.signatureValue === 'match' ? [] : ['signature-mismatch']),
  ]
  if (broken.length > 0) return { status: 'invalid', ...evidence, reasons: broken }
  const doubts = [
    ...(found.signer.keyUsage?.includes(TIME_STAMPING) === true ? [] : ['key-usage']),
    ...(at > now + CLOCK_SLACK_MS ? ['signed-in-the-future'] : []),
    ...(found.sha1 === 'sha1' || algorithm === 'sha1' ? ['sha1'] : [])
  ]
  if (doubts.length > 0) return { status: 'untrusted', ...evidence, reasons: doubts }
  const { status, reasons } = await chain(found.signer, found.certificates, { at, now, known: 'claimed' })
  return { status: status === 'valid' ? 'trusted' : 'untrusted', ...evidence, reasons }
}

const CLOCK_SLACK_MS = 300_000

function parse (content: Buffer): TSTInfo | undefined {
  try {
    return TSTInfo.fromBER(content)
  } catch {
    return undefined
  }
}
