// The routing facts of an edXML message. Identifiers are built from what the sender wrote, so that the same message
// sent twice names itself the same, and everything about one document shares a correlation id.
import type { Document, Envelope, Party, Status } from '../../model/generated.js'
import { comparable, streamsOf } from '../../model/stream.js'
import { text } from '../../model/text.js'
import { defined } from '../../model/defined.js'
import { DOC_TYPES } from './business.js'
import { childOf, childrenOf, pointerOf, pointerTo } from './element.js'
import { isDate, isInstant, readParty, readSender, type Reading } from './message.js'

const MOST_RECIPIENTS = 1000
const MOST_NOTATION = 200

/** Faults for a missing sender or recipient are added on the way. */
export function documentEnvelope (document: Document, reading: Reading): Envelope {
  const from = readSender(reading)
  const sentAt = document.trace?.[0]?.at
  const notation = [document.code?.number, document.code?.notation].filter(part => part !== undefined).join('/')
  return defined({
    kind: 'document' as const,
    action: document.docType,
    identifier: comparable(documentIdentifier(document, from.code)),
    correlationId: streamsOf({ kind: 'document', document }, { from: from.code, nameOf })[0],
    from,
    to: readRecipients(reading),
    priority: document.otherInfo?.priority ?? 0,
    notation: notation === '' ? undefined : notation.slice(0, MOST_NOTATION),
    title: document.subject,
    sentAt: isInstant(sentAt) ? sentAt : undefined,
    dueDate: isDate(document.dueDate) ? document.dueDate : undefined
  })
}

/** A status is routed to `ResponseFor/OrganId`, whatever its code. */
export function statusEnvelope (status: Status, reading: Reading): Envelope {
  const from = readSender(reading)
  const { organId, code } = status.responseFor
  const responseFor = childOf(reading.header, 'ResponseFor')
  const name = responseFor === undefined ? undefined : reading.reader.text(responseFor, 'OrganName', { limit: 400 })
  return defined({
    kind: 'status' as const,
    action: status.statusCode,
    identifier: comparable(statusIdentifier(status)),
    correlationId: streamsOf({ kind: 'status', status }, { from: from.code, nameOf })[0],
    from,
    to: organId === undefined ? [] : [defined({ code: organId, name })],
    priority: 0,
    notation: code,
    sentAt: isInstant(status.at) ? status.at : undefined
  })
}

/** What an agency says of a document once (QCVN 102:2016 §2.1): a second time, whenever that is, it says nothing new. */
const SAID_ONCE: ReadonlySet<string> = new Set(['01', '02', '03', '04', '05', '06'])

/** A question (13), an answer (15, 16) and a code without a meaning may come again: their time tells one from the next. */
function statusIdentifier ({ statusCode, responseFor: { organId = '', documentId = '' }, at = '' }: Status): string {
  const name = `edxml:status:${statusCode}:${documentId}:${organId}`
  return SAID_ONCE.has(statusCode) && documentId !== '' ? name : `${name}:${at}`
}

/** Identifier of the package that brings a new document. */
export function newDocumentIdentifier (documentId: string): string {
  return `edxml:${DOC_TYPES.indexOf('new')}:${documentId}`
}

/**
 * An update or a replacement may be sent again for the same document: the last trace of its sender tells one from the next.
 * Those behind it are of the nodes on its way, other ones for each way. Where the sender has left none, the last one counts.
 */
function documentIdentifier ({ docType, documentId, trace = [] }: Document, from: string): string {
  const name = `edxml:${DOC_TYPES.indexOf(docType)}:${documentId}`
  const last = (trace.findLast(({ at, organId }) => at !== undefined && organId?.toUpperCase() === from.toUpperCase()) ?? trace.findLast(({ at }) => at !== undefined))?.at
  return (docType === 'update' || docType === 'replacement') && last !== undefined ? `${name}:${last}` : name
}

/** As far as the message alone tells; routing names the issuer by its main code. */
function nameOf (issuer: string): string {
  return issuer.toUpperCase()
}

function readRecipients (reading: Reading): Party[] {
  const { header, notes } = reading
  const elements = childrenOf(header, 'To')
  if (elements.length === 0) {
    notes.note('recipient', { code: 'RECIPIENT_MISSING', pointer: pointerTo(header, 'To'), detail: text('Không có cơ quan nhận.', 'There is no recipient.'), expected: 'To' })
  }
  const tooMany = elements[MOST_RECIPIENTS]
  if (tooMany !== undefined) {
    notes.note('recipient', { code: 'FIELD_INVALID', pointer: pointerOf(tooMany), detail: text('Quá nhiều cơ quan nhận.', 'There are too many recipients.'), expected: `at most ${MOST_RECIPIENTS}`, found: String(elements.length) })
  }
  return elements.slice(0, MOST_RECIPIENTS).map(element => readParty(element, reading, 'recipient'))
}
