// Was a certificate revoked when it signed? Decided from revocation lists (RFC 5280) and OCSP answers (RFC 6960), those of the
// configuration and those that came with a signature. Each is believed only as far as the issuer's key vouches for it.
import { createHash } from 'node:crypto'
import { type BasicOCSPResponse, type Certificate, type CertificateRevocationList, getCrypto, type SingleResponse } from 'pkijs'

export interface RevocationMaterial {
  readonly lists: readonly CertificateRevocationList[]
  readonly answers: readonly BasicOCSPResponse[]
}

/** When the signature was made, epoch ms, and how that is known: a claimed time protects no revoked certificate. */
export interface Moment {
  readonly at: number
  readonly known: 'proven' | 'claimed'
  readonly now: number
}

export type RevocationSource = 'crl' | 'embedded-crl' | 'embedded-ocsp'

export interface RevocationFinding {
  readonly status: 'good' | 'revoked' | 'unknown'
  /** What was believed. */
  readonly by: RevocationSource[]
}

/** What one piece of material says about one certificate. */
interface Statement {
  readonly source: RevocationSource
  readonly revokedAt: number | undefined
  /** Epoch ms. */
  readonly from: number
  readonly to: number
}

const SLACK_MS = 300_000
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28'
const DELTA = '2.5.29.27'
const KEY_USAGE = '2.5.29.15'
const EXTENDED_KEY_USAGE = '2.5.29.37'
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
const DIGESTS: Readonly<Record<string, string>> = { '1.3.14.3.2.26': 'sha1', '2.16.840.1.101.3.4.2.1': 'sha256', '2.16.840.1.101.3.4.2.2': 'sha384', '2.16.840.1.101.3.4.2.3': 'sha512' }

/** Judges every certificate of a path below its anchor. Material that cannot be verified says nothing. */
export async function judgeRevocation (path: readonly Certificate[], material: { configured: RevocationMaterial, embedded: RevocationMaterial }, moment: Moment): Promise<RevocationFinding> {
  const by = new Set<RevocationSource>()
  let status: RevocationFinding['status'] = 'good'
  for (const [index, certificate] of path.entries()) {
    const issuer = path[index + 1]
    if (issuer === undefined) break
    const statements = [
      ...await fromLists(certificate, issuer, { lists: material.configured.lists, source: 'crl' }),
      ...await fromLists(certificate, issuer, { lists: material.embedded.lists, source: 'embedded-crl' }),
      ...await fromAnswers(certificate, issuer, material.embedded.answers)
    ]
    const revoked = statements.find(({ revokedAt }) => revokedAt !== undefined && (moment.known === 'claimed' || revokedAt <= moment.at))
    if (revoked !== undefined) return { status: 'revoked', by: [revoked.source] }
    const good = statements.find(statement => speaksFor(statement, certificate, moment))
    if (good === undefined) status = 'unknown'
    else by.add(good.source)
  }
  return { status, by: [...by] }
}

/** Issued after the signature, or in force when it was made; a list may forget certificates that have ended. */
function speaksFor ({ from, to }: Statement, certificate: Certificate, { at, now }: Moment): boolean {
  if (from > now + SLACK_MS || from > certificate.notAfter.value.getTime()) return false
  return from >= at || at <= to
}

async function fromLists (certificate: Certificate, issuer: Certificate, { lists, source }: { lists: readonly CertificateRevocationList[], source: RevocationSource }): Promise<Statement[]> {
  const statements: Statement[] = []
  if (!allows(issuer, 0x02)) return statements
  for (const list of lists) {
    if (!list.issuer.isEqual(certificate.issuer) || !await holds(async () => await list.verify({ issuerCertificate: issuer }))) continue
    const entry = list.revokedCertificates?.find(({ userCertificate }) => userCertificate.isEqual(certificate.serialNumber))
    // A list of a part says nothing good: which part is the choice of who embedded it.
    const partial = list.crlExtensions?.extensions.some(({ extnID }) => extnID === ISSUING_DISTRIBUTION_POINT || extnID === DELTA) === true
    if (partial && entry === undefined) continue
    const from = list.thisUpdate.value.getTime()
    statements.push({ source, revokedAt: entry?.revocationDate.value.getTime(), from, to: list.nextUpdate?.value.getTime() ?? from })
  }
  return statements
}

async function fromAnswers (certificate: Certificate, issuer: Certificate, answers: readonly BasicOCSPResponse[]): Promise<Statement[]> {
  const statements: Statement[] = []
  for (const answer of answers) {
    const single = answer.tbsResponseData.responses.find(each => isAbout(each, certificate, issuer))
    if (single === undefined || !await isVouchedFor(answer, issuer)) continue
    const { tagNumber } = (single.certStatus as { idBlock: { tagNumber: number } }).idBlock
    // 0 good, 1 revoked, 2 unknown (RFC 6960 §4.2.1).
    if (tagNumber !== 0 && tagNumber !== 1) continue
    const from = single.thisUpdate.getTime()
    statements.push({ source: 'embedded-ocsp', revokedAt: tagNumber === 1 ? revocationTime(single) : undefined, from, to: single.nextUpdate?.getTime() ?? from })
  }
  return statements
}

function revocationTime ({ certStatus }: SingleResponse): number {
  const [time] = (certStatus as { valueBlock: { value?: Array<{ toDate? (): Date }> } }).valueBlock.value ?? []
  // Unreadable counts as revoked from the beginning.
  return time?.toDate?.().getTime() ?? 0
}

function isAbout ({ certID: { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber } }: SingleResponse, certificate: Certificate, issuer: Certificate): boolean {
  const digest = DIGESTS[hashAlgorithm.algorithmId]
  if (digest === undefined || !serialNumber.isEqual(certificate.serialNumber)) return false
  const hashed = (bytes: ArrayBuffer | Uint8Array): Buffer => createHash(digest).update(new Uint8Array(bytes)).digest()
  return hashed(issuer.subject.toSchema().toBER()).equals(issuerNameHash.valueBlock.valueHexView) &&
    hashed(issuer.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView).equals(issuerKeyHash.valueBlock.valueHexView)
}

/** Signed by the issuer itself, or by whom the issuer made a responder (RFC 6960 §4.2.2.2). */
async function isVouchedFor ({ tbsResponseData: { tbsView, producedAt }, signature, signatureAlgorithm, certs = [] }: BasicOCSPResponse, issuer: Certificate): Promise<boolean> {
  const delegated: Certificate[] = []
  for (const responder of certs) {
    const inTime = responder.notBefore.value <= producedAt && producedAt <= responder.notAfter.value
    if (inTime && isResponder(responder) && responder.issuer.isEqual(issuer.subject) && await holds(async () => await responder.verify(issuer))) delegated.push(responder)
  }
  for (const { subjectPublicKeyInfo } of [issuer, ...delegated]) {
    if (await holds(async () => await getCrypto(true).verifyWithPublicKey(new Uint8Array(tbsView), signature, subjectPublicKeyInfo, signatureAlgorithm))) return true
  }
  return false
}

function isResponder (certificate: Certificate): boolean {
  const usage: unknown = certificate.extensions?.find(({ extnID }) => extnID === EXTENDED_KEY_USAGE)?.parsedValue
  return (usage as { keyPurposes?: string[] } | undefined)?.keyPurposes?.includes(OCSP_SIGNING) === true && allows(certificate, 0x80)
}

/** Key usage (RFC 5280 §4.2.1.3): a certificate that names no uses has all. */
export function allows (certificate: Certificate, bits: number): boolean {
  const extension = certificate.extensions?.find(({ extnID }) => extnID === KEY_USAGE)
  const parsed: unknown = extension?.parsedValue
  if (parsed === undefined || parsed === null) return extension === undefined
  const uses = new Uint8Array((parsed as { valueBlock: { valueHexView: Uint8Array } }).valueBlock.valueHexView)
  return ((uses[0] ?? 0) & bits) !== 0
}

async function holds (check: () => Promise<boolean>): Promise<boolean> {
  return await check().catch(() => false)
}
