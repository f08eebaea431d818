// target: does the hub hold the document that a change or a status is about, from the same issuer? Recipients could do nothing
// with a change of what they never got, and nobody may withdraw another's document. A new document costs no look into the store.
import type { Document, Status } from '../model/generated.js'
import { text } from '../model/text.js'
import type { Directory } from '../ports/directory.js'
import type { Store } from '../ports/store.js'
import { newDocumentIdentifier } from '../formats/edxml/envelope.js'
import { createFindings, type Finding } from '../formats/findings.js'
import { placesOf, TARGET_POINTERS } from '../formats/pointers.js'
import type { Profile } from '../formats/profile.js'
import type { Received, Targeted, Verified } from './types.js'

export interface TargetOptions { directory: Pick<Directory, 'find' | 'lineage'>, findDocuments: Store['findDocuments'], profile: Profile }

interface Target { documentId: string, pointer: string }

const RETRACT_REQUEST = '13'

/**
 * Adds what the profile's row `target-known` says for each document that is not known from the issuer, its predecessors or its
 * successors. A package that is there already is left to the store, which answers it as the first time. Whether somebody else
 * sent such a document is not told: it is not the caller's traffic.
 */
export async function checkTarget (verified: Verified, { directory, findDocuments, profile }: TargetOptions): Promise<Targeted> {
  const { received, at, sender } = verified
  const { decoded: { content, envelope }, arrival } = received
  const targets = targetsOf(received).map(target => ({ ...target, pointer: placesOf(received).edxml(target.pointer) }))
  const issuerCode = content.kind === 'status' && content.status.statusCode !== RETRACT_REQUEST ? content.status.responseFor.organId : sender?.code
  const issuer = issuerCode === undefined ? undefined : directory.find(issuerCode, at)
  const kind = content.kind === 'document' ? content.document.docType : 'status'
  const consequence = profile.consequenceOf('target-known', kind, arrival.direction ?? 'outbound')
  if (sender === undefined || issuer === undefined || targets.length === 0 || consequence === 'off') return { ...verified, remarks: [] }
  const line = directory.lineage(issuer, at)
  const documentIds = targets.map(({ documentId }) => documentId)
  const found = await findDocuments({ agencies: [...line, sender.code], identifiers: [...documentIds.map(newDocumentIdentifier), envelope.identifier], documentIds })
  if (found.some(({ fromAgency, identifier }) => fromAgency === sender.code && identifier === envelope.identifier)) return { ...verified, remarks: [] }
  const known = new Set(found.filter(({ fromAgency }) => line.includes(fromAgency)).map(({ documentId }) => documentId))
  const findings = createFindings()
  for (const target of targets) if (!known.has(target.documentId)) findings.add(consequence, unknownTarget(target, issuer))
  return { ...verified, faults: [...verified.faults, ...findings.faults], remarks: findings.warnings }
}

function targetsOf ({ decoded: { content } }: Received): Target[] {
  switch (content.kind) {
    case 'dossier': return []
    case 'status': return targetOfStatus(content.status)
    case 'document': return targetsOfDocument(content.document).filter(({ documentId }) => documentId !== '')
  }
}

function targetOfStatus ({ responseFor: { documentId } }: Status): Target[] {
  return documentId === undefined ? [] : [{ documentId, pointer: TARGET_POINTERS.answered }]
}

function targetsOfDocument ({ docType, documentId, business }: Document): Target[] {
  switch (docType) {
    case 'new': return []
    case 'revocation': return [{ documentId, pointer: TARGET_POINTERS.own }]
    case 'update': return [business?.documentId === undefined ? { documentId, pointer: TARGET_POINTERS.own } : { documentId: business.documentId, pointer: TARGET_POINTERS.updated }]
    case 'replacement': return (business?.replacements ?? []).map((replaced, index) => ({ documentId: replaced.documentId, pointer: TARGET_POINTERS.replaced(index + 1) }))
  }
}

function unknownTarget ({ documentId, pointer }: Target, { code, name }: { code: string, name: string }): Finding {
  return {
    code: 'TARGET_UNKNOWN',
    pointer,
    detail: text(
      `Trục chưa nhận văn bản nào mang mã này của ${name} (${code}). Hãy gửi văn bản gốc trước hoặc kiểm tra lại mã; đơn vị vận hành có thể nới quy tắc target-known trong cấu hình.`,
      `The hub has no document with this id from ${name} (${code}). Send the original first, or check the id; the operator can relax the row target-known in the configuration.`),
    expected: `DocumentId of a document that ${code} has sent`,
    found: documentId
  }
}
