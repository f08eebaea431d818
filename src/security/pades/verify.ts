// Verifies the signatures in a PDF file: each by itself, then the file as a whole. The file is read in ranges and its digest
// streamed, so memory does not grow with its size.
import type { DocumentEvidence, PdfSignatureEvidence, TimestampEvidence } from '../../model/generated.js'
import type { ByteSource } from '../byte-source.js'
import { factsOf, roleOf } from '../certificate.js'
import type { ChainCheck, ChainVerdict } from '../chain.js'
import type { RevocationMaterial } from '../revocation.js'
import { digestOfRange, verifyCms, type CmsFinding, type DigestOf } from './cms.js'
import { judgeChanges } from './later-changes.js'
import { findPdfSignatures, type FoundPdfSignature } from './pdf-signatures.js'
import { verifySignatureTimestamp, verifyTimestamp } from './timestamp.js'
import { joinMaterial, materialOfCms, materialOfFile } from './validation-material.js'

export interface VerifyPdfOptions {
  /** Epoch ms: now, and the signing time of a signature that names none. */
  readonly at: number
  readonly chain: ChainCheck
}

export type PdfVerdict = Omit<DocumentEvidence, 'n' | 'sha256'>

/** Clocks of signers may be ahead by this much. */
const CLOCK_SLACK_MS = 86_400_000

/** Never rejects for anything the file holds. */
export async function verifyPdf (source: ByteSource, options: VerifyPdfOptions): Promise<PdfVerdict> {
  const { found, faults } = await findPdfSignatures(source)
  const signatures: PdfSignatureEvidence[] = []
  const material = found.length === 0 ? { lists: [], answers: [] } : await materialOfFile(source)
  for (const [index, signature] of found.entries()) {
    signatures.push(await verifyOne(signature, { source, options, material, next: found[index + 1]?.end }))
  }
  return { ...statusOf(signatures, faults), signatures }
}

/** A fault of any claim spoils the file: a reader may show the spoiled signature as the good one. */
function statusOf (signatures: readonly PdfSignatureEvidence[], faults: readonly string[]): Pick<PdfVerdict, 'status' | 'reasons'> {
  const reasons = [...faults]
  const made = signatures.filter(({ role }) => role !== 'timestamp')
  if (faults.length > 0 || signatures.some(({ status }) => status === 'invalid')) return { status: 'invalid', reasons }
  if (made.length === 0) return { status: 'unsigned', reasons }
  if (made.some(({ status }) => status === 'indeterminate')) return { status: 'indeterminate', reasons }
  const roles = new Set(made.map(({ role }) => role))
  if (roles.has('personal') && roles.has('agency')) return { status: 'valid', reasons }
  const missing = roles.has('agency') ? 'personal-signature-missing' : roles.has('personal') ? 'agency-signature-missing' : 'role-unknown'
  return { status: 'valid_but_incomplete', reasons: [...reasons, missing] }
}

interface Place { source: ByteSource, options: VerifyPdfOptions, material: RevocationMaterial, next: number | undefined }

async function verifyOne (signature: FoundPdfSignature, place: Place): Promise<PdfSignatureEvidence> {
  const { source, options, next } = place
  const coverage = await coverageOf(signature, source, next)
  const digestOf: DigestOf = async algorithm => await digestOfRange(source, signature.range, algorithm)
  if (signature.kind === 'timestamp') return await verifyFileTimestamp(signature, { coverage, digestOf, options })
  const cms = await verifyCms(signature.contents, digestOf)
  if (typeof cms === 'string') {
    const status = cms === 'algorithm-unsupported' ? 'indeterminate' : 'invalid'
    return { status, role: 'unknown', coverage: coverage.coverage, reasons: [cms, ...coverage.reasons] }
  }
  const facts = {
    role: roleOf(cms.signer),
    coverage: coverage.coverage,
    digest: cms.digest,
    signatureValue: cms.signatureValue,
    signer: factsOf(cms.signer),
    ...(cms.signedAt === undefined ? {} : { signedAt: new Date(cms.signedAt).toISOString() })
  }
  const broken = [...(cms.digest === 'mismatch' ? ['digest-mismatch'] : []), ...(cms.signatureValue === 'mismatch' ? ['signature-mismatch'] : [])]
  if (broken.length > 0) return { status: 'invalid', ...facts, reasons: [...broken, ...coverage.reasons] }
  return { ...facts, ...await judgeSigner(cms, coverage, place) }
}

type Judgement = Pick<PdfSignatureEvidence, 'status' | 'reasons'> & Partial<PdfSignatureEvidence>

/** Whether the signer's certificate was good when it signed, as far as anybody can know when that was. */
async function judgeSigner (cms: CmsFinding, coverage: Coverage, { options, material }: Place): Promise<Judgement> {
  const { chain, at: now } = options
  const timestamp = await verifySignatureTimestamp(cms, { chain, now })
  const time = timeOf(cms, timestamp, now)
  const embedded = joinMaterial(materialOfCms(cms.signed), material)
  const known = time.from === 'timestamp' ? 'proven' : 'claimed'
  const verdict = await chain(cms.signer, cms.certificates, { at: time.at, now, known, ...(embedded.lists.length + embedded.answers.length > 0 ? { embedded } : {}) })
  return {
    judgedAt: new Date(time.at).toISOString(),
    timeFrom: time.from,
    ...(timestamp === undefined ? {} : { timestamp }),
    chain: verdict.chain,
    revocation: verdict.revocation,
    revocationBy: verdict.revocationBy,
    certificates: verdict.certificates,
    ...joined(coverage, verdict, timeReasons(cms, timestamp, now))
  }
}

/** A time stamp over the whole file so far: it proves a time, and whoever stamped signs nothing. */
async function verifyFileTimestamp ({ contents }: FoundPdfSignature, { coverage, digestOf, options }: { coverage: Coverage, digestOf: DigestOf, options: VerifyPdfOptions }): Promise<PdfSignatureEvidence> {
  const timestamp = await verifyTimestamp(contents, digestOf, { chain: options.chain, now: options.at })
  const own = timestamp.status === 'trusted' ? 'valid' : timestamp.status === 'untrusted' ? 'indeterminate' : 'invalid'
  const reasons = own === 'valid' ? [] : [`timestamp-${timestamp.status}`]
  return { status: coverage.status === 'valid' ? own : coverage.status, role: 'timestamp', coverage: coverage.coverage, timestamp, reasons: [...coverage.reasons, ...reasons] }
}

interface SigningTime { at: number, from: NonNullable<PdfSignatureEvidence['timeFrom']> }

/** A trusted time stamp, else the signer's own word, else now. A time to come is not believed. */
function timeOf ({ signedAt }: CmsFinding, timestamp: TimestampEvidence | undefined, now: number): SigningTime {
  if (timestamp?.status === 'trusted' && timestamp.at !== undefined) return { at: Math.min(Date.parse(timestamp.at), now), from: 'timestamp' }
  return signedAt === undefined || signedAt > now ? { at: now, from: 'verification' } : { at: signedAt, from: 'signer' }
}

function timeReasons ({ signedAt, sha1 }: CmsFinding, timestamp: TimestampEvidence | undefined, now: number): string[] {
  return [
    // It proves nothing, and leaving it out would have passed: the signer's word counts instead.
    ...(timestamp === undefined || timestamp.status === 'trusted' ? [] : [`timestamp-${timestamp.status}`]),
    ...(signedAt === undefined && timestamp?.status !== 'trusted' ? ['signing-time-missing'] : []),
    ...(signedAt !== undefined && signedAt > now + CLOCK_SLACK_MS ? ['signed-in-the-future'] : []),
    ...(sha1 === 'sha1' ? ['sha1'] : [])
  ]
}

interface Coverage { coverage: PdfSignatureEvidence['coverage'], status: PdfSignatureEvidence['status'], reasons: string[] }

/** Does the signature reach the end of the file, or of a revision after which only allowed things came? */
async function coverageOf ({ end }: FoundPdfSignature, source: ByteSource, next: number | undefined): Promise<Coverage> {
  const tail = (await source.read(Math.max(0, end - 64), end)).toString('latin1')
  if (!/%%EOF[\s\0]*$/.test(tail)) return { coverage: 'none', status: 'invalid', reasons: ['not-a-whole-revision'] }
  const changes = await judgeChanges(source, end, next ?? source.size, next === undefined ? 'unsigned' : 'signed')
  const coverage = next === undefined && changes === 'none' ? 'file' : 'revision'
  if (changes === 'forbidden') return { coverage, status: 'invalid', reasons: ['changed-after-signing'] }
  if (changes === 'unclear') return { coverage, status: 'indeterminate', reasons: ['later-changes-unclear'] }
  return { coverage, status: 'valid', reasons: [] }
}

function joined (coverage: Coverage, chain: ChainVerdict, more: string[]): Pick<PdfSignatureEvidence, 'status' | 'reasons'> {
  const statuses = [coverage.status, chain.status, ...(more.some(reason => reason === 'sha1' || reason === 'signed-in-the-future') ? ['indeterminate'] : [])]
  const status = statuses.includes('invalid') ? 'invalid' : statuses.includes('indeterminate') ? 'indeterminate' : 'valid'
  return { status, reasons: [...coverage.reasons, ...chain.reasons, ...more] }
}
