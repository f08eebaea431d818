// sendEdoc: one message to one recipient; and the list of what was sent.
import { type AdapterKit, type AdapterSession, createFileForm, createSendOnce, createSharedList, limited, messageTypeOf, type ReadList, readSentList, type Sending, type SentEntry, text } from 'lienthong/adapter'
import type { Axis } from './axis.js'
import { meaningOf } from './codes.js'
import { accountOf, type Credential, type Settings } from './settings.js'

/** The list of what an account has sent has no pages. */
const MOST_LIST_BYTES = 32 * 2 ** 20

export function createDeliver (settings: Settings, { axis, kit }: { axis: Axis, kit: AdapterKit }): NonNullable<AdapterSession['deliver']> {
  const listOf = createLists(settings, axis)
  return createSendOnce<Credential>({
    now: kit.now,
    accountOf: code => accountOf(code, settings),
    withoutAccount: code => text(`Chưa cấu hình tài khoản trục quốc gia cho cơ quan gửi ${code}.`, `No account of the national axis is configured for the sender ${code}.`),
    send: async sending => await send(sending, settings, axis),
    async * listSent ({ delivery, account, signal }) {
      yield await listOf(account)(messageTypeOf(delivery), signal)
    },
    recipientsOf: ({ recipient }) => [recipient],
    toleranceMs: settings.sentToleranceMs,
    meaningOf: code => meaningOf(code, settings.errorCodes)
  })
}

/** What an account has sent, by the kind of package. */
function createLists ({ serviceType, callTimeoutMs }: Settings, axis: Axis): (account: Credential) => ReadList<SentEntry[]> {
  const lists = new Map<string, ReadList<SentEntry[]>>()
  return account => {
    const list = lists.get(account.systemId) ?? createSharedList(async (messagetype, signal) =>
      readSentList(await axis.ask({ account, operation: 'getSentEdocList', parameters: { servicetype: serviceType, messagetype }, signal: limited(callTimeoutMs, signal), mostBytes: MOST_LIST_BYTES })))
    lists.set(account.systemId, list)
    return list
  }
}

async function send ({ delivery, account, signal }: Sending<Credential>, settings: Settings, axis: Axis): Promise<unknown> {
  const { envelope, recipient, body, deliveryId, traceparent } = delivery
  const form = settings.sendMode === 'multipart' ? createFileForm({ field: 'file_doc', name: 'document.edxml', contentType: 'application/octet-stream', size: body.size }) : undefined
  const content = body.bytes ?? await body.open()
  const fields = await axis.ask({
    account,
    operation: 'sendEdoc',
    signal,
    contentType: form?.contentType ?? 'application/octet-stream',
    parameters: {
      servicetype: settings.serviceType,
      messagetype: messageTypeOf(delivery),
      from: envelope.from.code,
      // The hub makes one delivery of each recipient: without this, the axis would give each of them to all that the document names.
      to: JSON.stringify([recipient]),
      'hash-file': body.sha256
    },
    headers: { 'Content-Length': String(form?.length ?? body.size), ...(settings.correlationHeaders ? { 'Idempotency-Key': deliveryId, traceparent } : {}) },
    body: form === undefined ? content : form.open(Buffer.isBuffer(content) ? [content] : content),
    neverRepeat: true
  })
  return fields['DocId']
}
