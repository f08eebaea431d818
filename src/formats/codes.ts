// Agency codes all through a package, written anew by one rule: never two orders in one envelope because a place was forgotten.
import { isDeepStrictEqual } from 'node:util'
import type { DocumentReference, Envelope, Party } from '../model/generated.js'
import type { Content } from '../model/package.js'

/** The code to write for a code as it was written; the same one when there is nothing to change. */
export type CodeWriter = (code: string) => string

/**
 * Copies of envelope and content with every agency code written by `write`: sender, recipients, trace, references, changed
 * and former receivers. Document ids stay: they are names, even where they begin with a code. The same objects when no
 * code changes.
 */
export function withCodes<T extends { envelope: Envelope, content: Content }> (source: T, write: CodeWriter): T {
  const envelope = { ...source.envelope, from: ofParty(source.envelope.from, write), to: source.envelope.to.map(party => ofParty(party, write)) }
  const content = ofContent(source.content, write)
  return isDeepStrictEqual(envelope, source.envelope) && isDeepStrictEqual(content, source.content) ? source : { ...source, envelope, content }
}

function ofParty (party: Party, write: CodeWriter): Party {
  return { ...party, code: write(party.code) }
}

function ofReference (reference: DocumentReference, write: CodeWriter): DocumentReference {
  return ofOrgan(reference, write)
}

function ofOrgan<T extends { organId?: string }> (entry: T, write: CodeWriter): T {
  return entry.organId === undefined ? entry : { ...entry, organId: write(entry.organId) }
}

function ofContent (content: Content, write: CodeWriter): Content {
  switch (content.kind) {
    case 'status':
      return { kind: 'status', status: { ...content.status, responseFor: ofReference(content.status.responseFor, write) } }
    case 'dossier': {
      const { dossier } = content
      return { kind: 'dossier', dossier: { ...dossier, from: write(dossier.from), to: dossier.to.map(write) } }
    }
    case 'document':
      return { kind: 'document', document: ofDocument(content.document, write) }
  }
}

type Document = Extract<Content, { kind: 'document' }>['document']

function ofDocument (document: Document, write: CodeWriter): Document {
  const { trace, responseFor, business } = document
  return {
    ...document,
    ...(trace === undefined ? {} : { trace: trace.map(hop => ofOrgan(hop, write)) }),
    ...(responseFor === undefined ? {} : { responseFor: responseFor.map(reference => ofReference(reference, write)) }),
    ...(business === undefined ? {} : { business: ofBusiness(business, write) })
  }
}

function ofBusiness (business: NonNullable<Document['business']>, write: CodeWriter): NonNullable<Document['business']> {
  const { receivers, replacements } = business
  return {
    ...business,
    ...(receivers === undefined ? {} : { receivers: receivers.map(receiver => ({ ...receiver, organId: write(receiver.organId) })) }),
    ...(replacements === undefined
      ? {}
      : { replacements: replacements.map(each => each.organIds === undefined ? each : { ...each, organIds: each.organIds.map(write) }) })
  }
}
