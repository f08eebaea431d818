// The routing facts of an edXML message. Identifiers are built from what the sender wrote, so that the same message
// sent twice names itself the same, and everything about one document shares a correlation id.
import type { Document, Envelope, Party, Status } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { defined } from '../defined.js'
import { DOC_TYPES } from './business.js'
import { childOf, childrenOf, pointerOf, pointerTo } from './element.js'
import { isDate, isInstant, readParty, readSender, type Reading } from './message.js'

const MOST_RECIPIENTS = 1000
const MOST_NOTATION = 200
const RETRACT_REQUEST = '13'

/** Faults for a missing sender or recipient are added on the way. */
export function documentEnvelope (document: Document, reading: Reading): Envelope {
  const from = readSender(reading)
  const sentAt = document.trace?.[0]?.at
  const notation = [document.code?.number, document.code?.notation].filter(part => part !== undefined).join('/')
  return defined({
    kind: 'document' as const,
    action: document.docType,
    identifier: documentIdentifier(document),
    correlationId: correlationId(from.code, correlatedDocument(document)),
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
  const { organId, documentId, code } = status.responseFor
  const issuer = status.statusCode === RETRACT_REQUEST ? from.code : organId
  const responseFor = childOf(reading.header, 'ResponseFor')
  const name = responseFor === undefined ? undefined : reading.reader.text(responseFor, 'OrganName', { limit: 400 })
  return defined({
    kind: 'status' as const,
    action: status.statusCode,
    identifier: `edxml:status:${status.statusCode}:${documentId ?? ''}:${organId ?? ''}:${status.at ?? ''}`,
    correlationId: correlationId(issuer ?? '', documentId ?? ''),
    from,
    to: organId === undefined ? [] : [defined({ code: organId, name })],
    priority: 0,
    notation: code,
    sentAt: isInstant(status.at) ? status.at : undefined
  })
}

/** An update or a replacement may be sent again for the same document: its last trace tells one from the next. */
function documentIdentifier ({ docType, documentId, trace }: Document): string {
  const name = `edxml:${DOC_TYPES.indexOf(docType)}:${documentId}`
  const last = trace?.at(-1)?.at
  return (docType === 'update' || docType === 'replacement') && last !== undefined ? `${name}:${last}` : name
}

/** What it must stay behind: the document it updates or replaces. */
function correlatedDocument ({ docType, documentId, business }: Document): string {
  if (docType === 'update') return business?.documentId ?? documentId
  if (docType === 'replacement') return business?.replacements?.[0]?.documentId ?? documentId
  return documentId
}

function correlationId (issuer: string, documentId: string): string {
  return `document:${issuer.toUpperCase()}:${documentId}`
}

function readRecipients (reading: Reading): Party[] {
  const { header, notes } = reading
  const elements = childrenOf(header, 'To')
  if (elements.length === 0) {
    notes.note('recipient', { code: 'RECIPIENT_MISSING', pointer: pointerTo(header, 'To'), detail: text('Không có cơ quan nhận.', 'There is no recipient.') })
  }
  const tooMany = elements[MOST_RECIPIENTS]
  if (tooMany !== undefined) {
    notes.note('recipient', { code: 'FIELD_INVALID', pointer: pointerOf(tooMany), detail: text('Quá nhiều cơ quan nhận.', 'There are too many recipients.'), expected: `at most ${MOST_RECIPIENTS}`, found: String(elements.length) })
  }
  return elements.slice(0, MOST_RECIPIENTS).map(element => readParty(element, reading, 'recipient'))
}
