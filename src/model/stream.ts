// A stream is what packages keep their order in: a document or a dossier. Which streams a package belongs to is told by its
// content alone, whichever of its codes an agency is written with.
import type { Envelope } from './generated.js'
import type { Content } from './package.js'

const RETRACT_REQUEST = '13'

/** Names an agency by one code, whichever of its codes is given. */
export type Naming = (code: string) => string

/**
 * The streams of a package, none twice, the one it correlates with first: of a document itself and what it updates or
 * replaces (QCVN 102:2016 §1.8), of a status the document it is about (§2.2), of a dossier package its dossier.
 * `from` is the sender's code.
 */
export function streamsOf (content: Content, { from, nameOf }: { from: string, nameOf: Naming }): [string, ...string[]] {
  const issuedBy = (issuer: string) => (documentId: string): string => comparable(`document:${nameOf(issuer)}:${documentId}`)
  switch (content.kind) {
    case 'dossier':
      return [`dossier:${content.dossier.MaHoSo}`]
    case 'status': {
      const { statusCode, responseFor: { organId = '', documentId = '' } } = content.status
      // Who asks for a document back is its issuer; every other status goes to the issuer.
      return [issuedBy(statusCode === RETRACT_REQUEST ? from : organId)(documentId)]
    }
    case 'document': {
      const { docType, documentId, business } = content.document
      const targets = docType === 'update'
        ? [business?.documentId ?? documentId]
        : docType === 'replacement' ? (business?.replacements ?? []).map(replacement => replacement.documentId) : []
      const [first = documentId, ...more] = [...new Set([...targets, documentId])]
      return [issuedBy(from)(first), ...more.map(issuedBy(from))]
    }
  }
}

/** One spelling for letters that may be written composed or not: what looks the same names the same. The content keeps its own. */
export function comparable (id: string): string {
  const composed = id.normalize('NFC')
  // A few signs of other scripts grow when they are composed; the model has no room for that.
  return composed.length > id.length ? id : composed
}

/** Whether nothing can come before it: a new document. Everything else follows something; a dossier may be submitted again. */
export function startsStream ({ kind, action }: Pick<Envelope, 'kind' | 'action'>): boolean {
  return kind === 'document' && action === 'new'
}

/**
 * Whether it is complete without what came before it: a dossier that is submitted. It keeps its place, but goes although what is
 * before it has expired or was cancelled: submitting again is how a sender mends that. What is dead is still to be decided on.
 */
export function standsAlone ({ kind, action }: Pick<Envelope, 'kind' | 'action'>): boolean {
  return kind === 'dossier' && action === 'submit'
}
