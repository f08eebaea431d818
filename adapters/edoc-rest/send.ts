// sendEdoc: one message to its one recipient; and the list of what was sent.
import {
  accountNaming, type AdapterKit, type AdapterSession, createFileForm, createSendOnce, messageTypeOf, type OutboundDelivery, readSentList, rowsOf, type Sending, type SentEntry, text
} from 'lienthong/adapter'
import { meaningOf } from './codes.js'
import { DAY_MS, dayOf } from './days.js'
import type { Form, Platform } from './platform.js'
import type { Account, Settings } from './settings.js'
import { LoginRefusal, recordOf } from './tokens.js'

const MOST_LIST_BYTES = 32 * 2 ** 20
/** A platform that knows pages gives so many rows at a time; one that does not gives all. */
const PAGE_SIZE = 1000
const MOST_PAGES = 50

interface Tools { readonly settings: Settings, readonly platform: Platform, readonly kit: AdapterKit }

export function createDeliver (settings: Settings, { platform, kit }: Omit<Tools, 'settings'>): NonNullable<AdapterSession['deliver']> {
  const tools: Tools = { settings, platform, kit }
  return createSendOnce<Account>({
    now: kit.now,
    accountOf: code => accountNaming(code, settings.accounts),
    withoutAccount: code => text(`Chưa cấu hình tài khoản nền tảng cho cơ quan gửi ${code}.`, `No account of the platform is configured for the sender ${code}.`),
    send: async sending => await send(sending, tools),
    ...(settings.sentList ? { listSent: (sending, since) => listSent(sending, since, tools) } : {}),
    recipientsOf: ({ recipient, envelope }) => [recipient, ...envelope.to.map(({ code }) => code)],
    toleranceMs: settings.sentToleranceMs,
    meaningOf: code => meaningOf(code, settings.errorCodes),
    onFailure (error, { systemId }) {
      const isOfAccount = error instanceof LoginRefusal || (error.code !== undefined && meaningOf(error.code, settings.errorCodes) === 'credentials')
      if (isOfAccount) kit.log.error({ account: systemId, reason: error.message }, 'account.refused')
    }
  })
}

async function send ({ delivery, account, signal }: Sending<Account>, { settings, platform }: Tools): Promise<unknown> {
  const { deliveryId, traceparent } = delivery
  const fields = await platform.ask({
    account, operation: 'send', signal, form: formOf(delivery),
    ...(settings.correlationHeaders ? { headers: { 'idempotency-key': deliveryId, traceparent } } : {})
  })
  return fields['docId'] ?? recordOf(fields['data'])['docId']
}

function formOf (delivery: OutboundDelivery): Form {
  const { body, deliveryId } = delivery
  const { contentType, length, open } = createFileForm({ field: 'edocFile', name: `${deliveryId}.edxml`, contentType: 'application/xml', size: body.size }, { messageType: messageTypeOf(delivery) })
  return { contentType, length, open: async () => open(body.bytes === undefined ? await body.open() : [body.bytes]) }
}

async function * listSent ({ delivery, account, signal }: Sending<Account>, since: number, { settings, platform, kit }: Tools): AsyncGenerator<SentEntry[]> {
  const seen = new Set<string>()
  for (let page = 1; page <= MOST_PAGES; page++) {
    const query = { messageType: messageTypeOf(delivery), fromDate: dayOf(Math.max(since, kit.now() - settings.mostLookBackDays * DAY_MS)), toDate: dayOf(kit.now() + DAY_MS), pageSize: String(PAGE_SIZE), pageIndex: String(page) }
    const fields = await platform.ask({ account, operation: 'sent', query, signal, mostBytes: MOST_LIST_BYTES })
    const entries = readSentList(fields)
    yield entries
    // A platform that does not know pages gives the same rows again.
    const before = seen.size
    for (const { docId, to } of entries) seen.add(`${docId} ${to ?? ''}`)
    if (rowsOf(fields).length < PAGE_SIZE || seen.size === before) return
  }
}
