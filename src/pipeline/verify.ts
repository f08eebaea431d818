// verify: signatures of the envelope and of PDF files, before the 202, because the evidence is stored with the package and a
// policy may refuse it. A package without signatures passes without a detour.
import { fault, HubError } from '../errors.js'
import { HUB } from '../model/caller.js'
import type { Attachment, DocumentEvidence, EnvelopeEvidence, Evidence, SignaturesConfig } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import { text } from '../model/text.js'
import type { SignatureVerifier } from '../ports/signatures.js'
import { RELATED_MEDIA_TYPE } from '../formats/edxml/related.js'
import { placesOf, signaturePointer } from '../formats/pointers.js'
import { sourceOf } from './spool.js'
import type { Validated, Verified } from './types.js'

export interface VerifyOptions { verifier: SignatureVerifier, policy: SignaturesConfig }

type Direction = Evidence['direction']

/** Adds evidence, and faults where the policy of the direction refuses. Throws `OVERLOADED` when such a policy cannot be answered now. */
export async function verify (validated: Validated, options: VerifyOptions | undefined): Promise<Verified> {
  if (options === undefined) return validated
  const direction: Direction = validated.received.arrival.caller.id.startsWith('endpoint:') ? 'inbound' : 'outbound'
  const envelope = await verifyEnvelope(validated, direction, options)
  const documents = await verifyDocuments(validated, direction, options)
  const faults = [
    ...envelopeFaults(validated, envelope, { direction, policy: options.policy }),
    ...documentFaults(validated, documents, { direction, policy: options.policy })
  ]
  const found = envelope !== undefined || documents.some(({ status }) => status !== 'unsigned') || (documents.length > 0 && options.policy.trustAnchors.length > 0)
  const evidence: Evidence = {
    verifiedAt: new Date(validated.at).toISOString(),
    direction,
    ...(envelope === undefined ? {} : { envelope }),
    ...(documents.length === 0 ? {} : { documents })
  }
  return { ...validated, faults: [...validated.faults, ...faults], ...(found ? { evidence } : {}) }
}

/** Without trust anchors no signature can become valid: it is noticed, not computed. */
const UNANCHORED = { status: 'indeterminate', reasons: ['no-trust-anchors'] } as const

async function verifyEnvelope ({ received, sender, at }: Validated, direction: Direction, { verifier, policy }: VerifyOptions): Promise<EnvelopeEvidence | undefined> {
  const { format, mediaType, original, spooled, arrival, decoded } = received
  const kept = spooled.find(original.sha256)
  if ((policy.envelope[direction] === 'off' && !isRequired(policy, direction, arrival.caller.id)) || format !== 'edxml' || mediaType === RELATED_MEDIA_TYPE || kept?.signed !== true) return undefined
  if (policy.trustAnchors.length === 0) return { ...UNANCHORED, reasons: [...UNANCHORED.reasons] }
  const { from } = decoded.envelope
  return await verifier.verifyEnvelope(sourceOf(kept), {
    at,
    alias: policy.envelope.transformAliasFrom.includes(arrival.caller.id) ? 'accepted' : 'refused',
    sender: { codes: [from.code, sender?.code ?? ''].filter(code => code !== ''), name: sender?.name ?? from.name ?? '' }
  })
}

async function verifyDocuments ({ received, at }: Validated, direction: Direction, { verifier, policy }: VerifyOptions): Promise<DocumentEvidence[]> {
  if (policy.documents[direction] === 'off') return []
  const evidence: DocumentEvidence[] = []
  for (const { n, sha256 } of received.decoded.attachments.filter(isPdf)) {
    const kept = received.spooled.find(sha256)
    const verdict = kept?.signed !== true
      ? { status: 'unsigned' as const, signatures: [], reasons: [] }
      : policy.trustAnchors.length === 0
        ? { ...UNANCHORED, signatures: [], reasons: [...UNANCHORED.reasons] }
        : await verifier.verifyPdf(sourceOf(kept), { at })
    evidence.push({ n, sha256, ...verdict })
  }
  return evidence
}

function isPdf ({ contentType }: Attachment): boolean {
  return contentType === 'application/pdf'
}

/** By the direction, or by who brings it. */
function isRequired ({ envelope }: SignaturesConfig, direction: Direction, caller: string): boolean {
  return caller !== HUB.id && (envelope[direction] === 'require' || envelope.requireFrom.includes(caller))
}

interface Policy { direction: Direction, policy: SignaturesConfig }

function envelopeFaults ({ received }: Validated, envelope: EnvelopeEvidence | undefined, { direction, policy }: Policy): Fault[] {
  // A document in JSON, in MIME parts, or translated, has no envelope that could be signed: who must sign sends edXML.
  if (!isRequired(policy, direction, received.arrival.caller.id) || received.decoded.content.kind === 'dossier') return []
  const { status, reasons } = envelope ?? { status: 'absent', reasons: [] }
  refuseOverload(reasons)
  if (status === 'valid' || (status === 'weak' && policy.weak === 'accept')) return []
  const pointer = placesOf(received).edxml(signaturePointer())
  return [status === 'absent'
    ? fault('SIGNATURE_MISSING', pointer, text('Phong bì phải có chữ ký số.', 'The envelope must be signed.'), { expected: 'Signature' })
    : fault('SIGNATURE_INVALID', pointer, text('Chữ ký số của phong bì không hợp lệ.', 'The signature of the envelope is not valid.'), { expected: 'valid', found: [status, ...reasons].join(' ') })]
}

/** Only what is certainly good passes: an attacker chooses what the hub cannot decide. */
function documentFaults ({ received }: Validated, documents: readonly DocumentEvidence[], { direction, policy }: Policy): Fault[] {
  if (policy.documents[direction] !== 'block') return []
  const { decoded: { content, attachments } } = received
  const places = placesOf(received)
  const named = (wanted: number): string => attachments.find(({ n }) => n === wanted)?.name ?? String(wanted)
  const faults = documents.filter(({ status }) => status === 'invalid' || status === 'indeterminate').map(({ n, status, reasons, signatures }) => {
    refuseOverload(reasons)
    return fault('SIGNATURE_INVALID', places.attachment(n), text(`Tệp "${named(n)}" có chữ ký số không hợp lệ.`, `The file "${named(n)}" has a signature that is not valid.`),
      { expected: 'valid', found: [status, ...reasons, ...reasonsOf(signatures)].join(' ') })
  })
  const needed = content.kind === 'document' && content.document.docType !== 'revocation'
  if (needed && documents.every(({ status }) => status === 'unsigned')) {
    faults.push(fault('SIGNATURE_MISSING', places.attachment(documents[0]?.n ?? 1), text('Văn bản phải có tệp PDF đã ký số.', 'A document needs a signed PDF file.'), { expected: 'signed PDF' }))
  }
  return faults
}

/** Of the signatures that are not valid. */
function reasonsOf (signatures: DocumentEvidence['signatures']): string[] {
  return [...new Set(signatures.filter(({ status }) => status !== 'valid').flatMap(({ reasons }) => reasons))]
}

function refuseOverload (reasons: readonly string[]): void {
  if (reasons.includes('overloaded')) throw new HubError('OVERLOADED', text('Có quá nhiều chữ ký số đang chờ kiểm tra.', 'Too many signatures are waiting to be verified.'), { retryAfterSeconds: 5 })
}
