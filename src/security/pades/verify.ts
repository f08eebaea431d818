// Verifies the signatures in a PDF file: each by itself, then the file as a whole. The file is read in ranges and its digest
// streamed, so memory does not grow with its size.
import type { DocumentEvidence, PdfSignatureEvidence } from '../../model/generated.js'
import type { ByteSource } from '../byte-source.js'
import { factsOf, roleOf } from '../certificate.js'
import type { ChainCheck, ChainVerdict } from '../chain.js'
import { verifyCms, type CmsFinding } from './cms.js'
import { judgeChanges } from './later-changes.js'
import { findPdfSignatures, type FoundPdfSignature } from './pdf-signatures.js'

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
  for (const [index, signature] of found.entries()) {
    signatures.push(await verifyOne(signature, { source, options, next: found[index + 1]?.end }))
  }
  return { ...statusOf(signatures, faults), signatures }
}

/** A fault of any claim spoils the file: a reader may show the spoiled signature as the good one. */
function statusOf (signatures: readonly PdfSignatureEvidence[], faults: readonly string[]): Pick<PdfVerdict, 'status' | 'reasons'> {
  const reasons = [...faults]
  const made = signatures.filter(({ role }) => role !== 'timestamp')
  if (faults.length > 0 || signatures.some(({ status }) => status === 'invalid')) return { status: 'invalid', reasons }
  if (made.length === 0) return { status: 'unsigned', reasons }
  if (signatures.some(({ status }) => status === 'indeterminate')) return { status: 'indeterminate', reasons }
  const roles = new Set(made.map(({ role }) => role))
  if (roles.has('personal') && roles.has('agency')) return { status: 'valid', reasons }
  const missing = roles.has('agency') ? 'personal-signature-missing' : roles.has('personal') ? 'agency-signature-missing' : 'role-unknown'
  return { status: 'valid_but_incomplete', reasons: [...reasons, missing] }
}

interface Place { source: ByteSource, options: VerifyPdfOptions, next: number | undefined }

async function verifyOne (signature: FoundPdfSignature, { source, options, next }: Place): Promise<PdfSignatureEvidence> {
  const coverage = await coverageOf(signature, source, next)
  const timestamp = signature.kind === 'timestamp'
  if (timestamp) return { status: coverage.reasons.length > 0 ? coverage.status : 'valid', role: 'timestamp', coverage: coverage.coverage, reasons: [...coverage.reasons, 'timestamp-not-verified'] }
  const cms = await verifyCms(signature.contents, source, signature.range)
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
  const chain = await options.chain(cms.signer, cms.certificates, signingTime(cms, options.at))
  const { chain: verdict, revocation, certificates } = chain
  return { ...facts, chain: verdict, revocation, certificates, ...joined(coverage, chain, timeReasons(cms, options.at)) }
}

/** The signer's own word; nothing else is signed. A time to come is not believed. */
function signingTime ({ signedAt }: CmsFinding, at: number): number {
  return signedAt === undefined || signedAt > at ? at : signedAt
}

function timeReasons ({ signedAt, sha1 }: CmsFinding, at: number): string[] {
  return [
    ...(signedAt === undefined ? ['signing-time-missing'] : []),
    ...(signedAt !== undefined && signedAt > at + CLOCK_SLACK_MS ? ['signed-in-the-future'] : []),
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
