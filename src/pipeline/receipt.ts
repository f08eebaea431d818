// receipt: what became of a delivery, as the package that tells its sender: a status or a dossier message in the name of the
// recipient. Pure: the same facts give the same bytes, so that telling it again, after a crash, is telling it once.
import type { Reportable, Receipt } from '../model/generated.js'
import { type Text, text } from '../model/text.js'
import { DOSSIER_MEDIA_TYPE } from '../formats/dossier/index.js'
import { PACKAGE_MEDIA_TYPE } from '../formats/package/index.js'
import type { Unreported } from '../ports/receipt-store.js'

export interface ReceiptMessage {
  readonly mediaType: string
  readonly bytes: Buffer
  /** The same for the same fact. */
  readonly idempotencyKey: string
}

/**
 * Undefined where nothing is to be told: nobody is there in whose name (a recipient that does not exist, which the answer 202
 * has said), or the sender itself revoked the document, which the answer to its revocation says.
 */
export function receiptOf (fact: Unreported): ReceiptMessage | undefined {
  if (fact.agency === undefined || (fact.event === 'cancelled' && fact.problem?.code === 'REVOKED')) return undefined
  const [mediaType, body] = fact.kind === 'dossier' ? [DOSSIER_MEDIA_TYPE, dossierOf(fact)] : [PACKAGE_MEDIA_TYPE, statusOf(fact)]
  return { mediaType, bytes: Buffer.from(JSON.stringify(body)), idempotencyKey: nameOf(fact) }
}

function nameOf ({ deliveryId, event, at }: Unreported): string {
  return `receipt:${deliveryId}:${event}:${at}`
}

function statusOf (fact: Unreported): object {
  return {
    envelope: { from: { code: fact.agency } },
    status: {
      statusCode: codeOf(fact),
      responseFor: { organId: fact.fromCode, code: fact.notation, promulgationDate: fact.promulgationDate, documentId: fact.documentId },
      description: sentenceOf(fact).vi.slice(0, MOST_DESCRIPTION),
      at: inVietnam(fact.at),
      receipt: factsOf(fact)
    }
  }
}

const MOST_DESCRIPTION = 1000

function factsOf ({ event, packageId, deliveryId, identifier, to, agency, at, attempts, problem }: Unreported): Receipt {
  return { event, packageId, deliveryId, identifier, to, ...(agency === undefined ? {} : { agency }), at: new Date(at).toISOString(), attempts, ...(problem === undefined ? {} : { problem }) }
}

/** A document is said to have arrived or been returned; a change, to have been refused. 00: news for which edXML has no code. */
const CODES: Readonly<Record<'document' | 'change', Readonly<Record<Reportable, string>>>> = {
  document: { accepted: '00', overdue: '00', delivered: '01', refused: '02', expired: '02', dead: '02', cancelled: '02' },
  change: { accepted: '00', overdue: '00', delivered: '00', refused: '16', expired: '16', dead: '16', cancelled: '16' }
}

function codeOf ({ action, event, problem }: Unreported): string {
  // What was never sent out is taken back for good: the change is agreed to.
  if (problem?.code === 'REVOKED_BEFORE_DELIVERY') return '15'
  return CODES[action === 'update' || action === 'revocation' ? 'change' : 'document'][event]
}

function dossierOf (fact: Unreported): object {
  const isGood = fact.event === 'accepted' || fact.event === 'delivered'
  return {
    packageId: nameOf(fact),
    kind: isGood ? 'ack' : 'error',
    from: fact.agency,
    to: [fact.fromCode],
    MaHoSo: fact.dossierCode,
    inReplyTo: fact.dossierPackageId,
    sentAt: inVietnam(fact.at),
    reason: sentenceOf(fact).vi.slice(0, MOST_DESCRIPTION)
  }
}

const SENTENCES: Readonly<Record<Reportable, Text>> = {
  accepted: text('Trục liên thông đã nhận để chuyển', 'The hub has accepted it for delivery'),
  overdue: text('Trục liên thông chưa chuyển được đúng hẹn, vẫn tiếp tục chuyển', 'The hub has not delivered it in time and goes on trying'),
  delivered: text('Đã chuyển đến hệ thống của cơ quan nhận', 'It has been delivered to the recipient\'s system'),
  refused: text('Cơ quan nhận từ chối tiếp nhận', 'The recipient refused it'),
  expired: text('Trục liên thông không chuyển được trong thời hạn', 'The hub could not deliver it before it expired'),
  dead: text('Trục liên thông không chuyển được', 'The hub could not deliver it'),
  cancelled: text('Trục liên thông đã hủy việc chuyển', 'Its delivery was cancelled')
}

function sentenceOf ({ event, problem }: Unreported): Text {
  const { vi, en } = SENTENCES[event]
  return problem === undefined || event === 'accepted' || event === 'delivered' ? text(`${vi}.`, `${en}.`) : text(`${vi}: ${problem.detail.vi}`, `${en}: ${problem.detail.en}`)
}

/** To the second, as a status writes it: +07:00. */
function inVietnam (at: number): string {
  return `${new Date(at + 7 * 3_600_000).toISOString().slice(0, 19)}+07:00`
}
