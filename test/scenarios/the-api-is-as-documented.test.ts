// Promise: the running hub does what its own OpenAPI document says, with every answer, example, filter, page and header.
import { createHash } from 'node:crypto'
import t from 'tap'
import { createAjv } from '../../src/schema.js'
import { openProvince, runHub } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { call, FORM, formBytes, JSON_BODY, XML, type Answer, type CallOptions } from '../support/wire.js'
import { documentMessage } from '../unit/formats/edxml-messages.js'
import { dossier } from './hostile-requests.js'

type Json = Record<string, any>
interface Operation extends Json { operationId: string, responses: Json, requestBody?: { content: Record<string, { schema: Json, example: unknown }> } }

const province = await openProvince(t, 'embedded')
const hub = await runHub(t, province.config)
const openapi: Json = (await call(`${hub.url}/openapi.json`)).json
const operations = new Map(Object.entries(openapi['paths'] as Json).flatMap(([path, methods]) =>
  Object.entries(methods as Json).map(([method, operation]) => [(operation as Operation).operationId, { path, method, operation: operation as Operation }] as const)))
const ajv = createAjv()
ajv.opts.strictSchema = false
ajv.addSchema(openapi, 'openapi.json', false, false)

async function ask (as: string | undefined, path: string, options: CallOptions = {}): Promise<Answer> {
  return await call(`${hub.url}${path}`, { key: as === undefined ? undefined : province.keys.get(as), ...options })
}

/** What is wrong with an answer by the document; undefined when nothing is. */
function deviation (operationId: string, answer: Answer): string | undefined {
  const found = operations.get(operationId)
  const documented = found?.operation.responses[answer.status] as Json | undefined
  if (documented === undefined) return `${operationId} does not document ${answer.status}`
  const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? ''
  for (const name of Object.keys((documented['headers'] ?? {}) as Json)) {
    if (answer.headers.get(name) === null && name !== 'Idempotent-Replayed') return `the header ${name} is missing`
  }
  const media = (documented['content'] as Json | undefined)?.[type] as Json | undefined ?? (documented['content'] as Json | undefined)?.['*/*'] as Json | undefined
  if (media === undefined) return answer.bytes.length === 0 ? undefined : `${type} is not documented`
  if (media['schema'].$ref === undefined) return undefined
  return ajv.validate({ $ref: `openapi.json${media['schema'].$ref as string}` }, answer.json) ? undefined : ajv.errorsText()
}

const file = Buffer.from('%PDF-1.7 Đơn')
const fileSha256 = createHash('sha256').update(file).digest('hex')
const form = formBytes([
  { name: 'package', type: 'application/json', content: dossier({ packageId: 'doc-form', to: ['H36.02'], ThanhPhanHoSo: [{ MaThanhPhanHoSo: 'A', TenThanhPhanHoSo: 'Đơn', LoaiBan: '2', GiayToDinhKem: [{ TenGiayTo: 'Đơn "1".pdf', HashTepTin: fileSha256, size: file.length }] }] }) },
  { name: 'file', filename: 'a.pdf', content: file }
])
const body = documentMessage({ documentId: 'doc-1', to: ['H36.02', 'H36.11', 'H36.999'] })
const sent = await ask('ubnd-tinh', '/v1/packages', { headers: XML, body })
const id = sent.json['id'] as string
const withFile = await ask('ubnd-tinh', '/v1/packages', { headers: FORM, body: form })
const waiting = new Map<string, string>()
await eventually(async () => {
  for (const item of (await ask('so-noi-vu', '/v1/inbox?lockSeconds=60')).json['items']) waiting.set(item.deliveryId as string, item.package.id as string)
  return waiting.size === 2
})
const [first = '', second = ''] = [id, withFile.json['id'] as string].map(packageId => [...waiting].find(([, ofPackage]) => ofPackage === packageId)?.[0])

await t.test('every answer has the documented status, headers and shape', async t => {
  const none = '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e'
  const post = { method: 'POST' }
  const word = { headers: JSON_BODY, body: '{"reason":"Thử."}' }
  const cases: Array<[string, number, string | undefined, string, CallOptions?]> = [
    ['acceptPackage', 202, 'ubnd-tinh', '/v1/packages', { headers: XML, body }],
    ['acceptPackage', 202, 'ubnd-tinh', '/v1/packages', { headers: FORM, body: form }],
    ['acceptPackage', 400, 'ubnd-tinh', '/v1/packages', { headers: XML, body: '<' }],
    ['acceptPackage', 401, undefined, '/v1/packages', { headers: XML, body }],
    ['acceptPackage', 403, 'so-noi-vu', '/v1/packages', { headers: XML, body }],
    ['acceptPackage', 409, 'ubnd-tinh', '/v1/packages', { headers: XML, body: body.replace('V/v', 'Về') }],
    ['acceptPackage', 415, 'ubnd-tinh', '/v1/packages', { headers: { 'content-type': 'text/csv' }, body }],
    ['acceptPackage', 422, 'ubnd-tinh', '/v1/packages', { headers: JSON_BODY, body: '{}' }],
    ['validatePackage', 200, 'ubnd-tinh', '/v1/packages/validate', { headers: XML, body }],
    ['validatePackage', 200, 'ubnd-tinh', '/v1/packages/validate', { headers: FORM, body: form }],
    ['validatePackage', 403, 'so-noi-vu', '/v1/packages/validate', { headers: XML, body }],
    ['validatePackage', 422, 'ubnd-tinh', '/v1/packages/validate', { headers: XML, body: documentMessage({ to: [] }) }],
    ['listPackages', 200, 'van-hanh', '/v1/packages'],
    ['listPackages', 200, 'so-noi-vu', '/v1/packages?kind=document&state=available&acceptedFrom=2026-01-01T00:00:00%2B07:00'],
    ['listPackages', 400, 'van-hanh', '/v1/packages?from=nobody'],
    ['readPackage', 200, 'ubnd-tinh', `/v1/packages/${id}`],
    ['readPackage', 200, 'so-noi-vu', `/v1/packages/${withFile.json['id']}`],
    ['readPackage', 400, 'ubnd-tinh', '/v1/packages/x'],
    ['readPackage', 404, 'ubnd-tinh', `/v1/packages/${none}`],
    ['readRecipients', 200, 'ubnd-tinh', `/v1/packages/${id}/recipients`],
    ['readRecipients', 404, 'so-noi-vu', `/v1/packages/${none}/recipients`],
    ['readPackageContent', 200, 'ubnd-tinh', `/v1/packages/${id}/content`],
    ['readPackageContent', 404, 'ubnd-tinh', `/v1/packages/${none}/content`],
    ['readAttachment', 200, 'so-noi-vu', `/v1/packages/${withFile.json['id']}/attachments/1`],
    ['readAttachment', 400, 'so-noi-vu', `/v1/packages/${withFile.json['id']}/attachments/0`],
    ['readAttachment', 404, 'so-noi-vu', `/v1/packages/${withFile.json['id']}/attachments/2`],
    ['readSent', 200, 'so-noi-vu', `/v1/packages/${id}/sent/${createHash('sha256').update(body).digest('hex')}`],
    ['readSent', 400, 'ubnd-tinh', `/v1/packages/${id}/sent/x`],
    ['readSent', 404, 'ubnd-tinh', `/v1/packages/${id}/sent/${'0'.repeat(64)}`],
    ['readTimeline', 200, 'ubnd-tinh', `/v1/packages/${id}/timeline`],
    ['readTimeline', 404, 'ubnd-tinh', `/v1/packages/${none}/timeline`],
    ['peekInbox', 200, 'so-noi-vu', '/v1/inbox?lockSeconds=1'],
    ['peekInbox', 403, 'van-hanh', '/v1/inbox'],
    ['peekInbox', 400, 'so-noi-vu', '/v1/inbox?limit=0'],
    ['readInboxContent', 200, 'so-noi-vu', `/v1/inbox/${first}/content`],
    ['readInboxContent', 404, 'so-noi-vu', `/v1/inbox/${none}/content`],
    ['acknowledgeDelivery', 204, 'so-noi-vu', `/v1/inbox/${first}/ack`, { ...post, headers: JSON_BODY, body: '{}' }],
    ['acknowledgeDelivery', 404, 'so-noi-vu', `/v1/inbox/${none}/ack`, post],
    ['rejectDelivery', 400, 'so-noi-vu', `/v1/inbox/${second}/reject`, { headers: JSON_BODY, body: '{}' }],
    ['rejectDelivery', 204, 'so-noi-vu', `/v1/inbox/${second}/reject`, { headers: JSON_BODY, body: '{"reason":"Nhầm."}' }],
    ['rejectDelivery', 409, 'so-noi-vu', `/v1/inbox/${first}/reject`, { headers: JSON_BODY, body: '{"reason":"Nhầm."}' }],
    ['acknowledgeDelivery', 409, 'so-noi-vu', `/v1/inbox/${second}/ack`, post],
    ['readInboxContent', 409, 'so-noi-vu', `/v1/inbox/${second}/content`],
    ['readPackage', 200, 'ubnd-tinh', `/v1/packages/${withFile.json['id']}`],
    ['readTimeline', 200, 'ubnd-tinh', `/v1/packages/${withFile.json['id']}/timeline?limit=1`],
    ['listAgencies', 200, 'so-noi-vu', '/v1/agencies?query=da%20lat&axis=commune'],
    ['listAgencies', 400, 'so-noi-vu', '/v1/agencies?axis=moon'],
    ['readAgency', 200, 'so-noi-vu', '/v1/agencies/000.00.11.H36'],
    ['readAgency', 200, 'so-noi-vu', '/v1/agencies/H16'],
    ['readAgency', 404, 'so-noi-vu', '/v1/agencies/H99'],
    ['listServices', 200, 'ubnd-tinh', '/v1/services'],
    ['listServices', 400, 'ubnd-tinh', '/v1/services?name=x'],
    ['callService', 404, 'ubnd-tinh', '/v1/services/khong-co', { headers: JSON_BODY, body: '{}' }],
    ['listServiceCalls', 200, 'ubnd-tinh', '/v1/service-calls?dossier=x'],
    ['listServiceCalls', 400, 'ubnd-tinh', '/v1/service-calls?from=x'],
    ['listDeliveries', 200, 'van-hanh', '/v1/deliveries?state=available&axis=province'],
    ['listDeliveries', 400, 'van-hanh', '/v1/deliveries?state=gone'],
    ['listDeliveries', 403, 'so-noi-vu', '/v1/deliveries'],
    ['listCauses', 200, 'van-hanh', '/v1/deliveries/causes'],
    ['readCounts', 200, 'van-hanh', '/v1/counts'],
    ['readDelivery', 200, 'van-hanh', `/v1/deliveries/${first}`],
    ['readDelivery', 404, 'van-hanh', `/v1/deliveries/${none}`],
    ...['retry', 'cancel', 'hold', 'release'].map((name): [string, number, string, string, CallOptions] => [`${name}Delivery`, 404, 'van-hanh', `/v1/deliveries/${none}/${name}`, word]),
    ['retryDelivery', 409, 'van-hanh', `/v1/deliveries/${first}/retry`, word],
    ['redirectDelivery', 404, 'van-hanh', `/v1/deliveries/${none}/redirect`, { headers: JSON_BODY, body: '{"reason":"Thử.","endpoint":"khu-vuc"}' }],
    ['redirectDelivery', 400, 'van-hanh', `/v1/deliveries/${none}/redirect`, word],
    ['resendDelivery', 409, 'van-hanh', `/v1/deliveries/${first}/resend`, word],
    ['resendDelivery', 404, 'van-hanh', `/v1/deliveries/${none}/resend`, { headers: JSON_BODY, body: '{"reason":"Thử.","acceptDuplicate":true}' }],
    ['createBatch', 201, 'van-hanh', '/v1/batches', { headers: JSON_BODY, body: '{"operation":"retry","filter":{"state":"dead"},"reason":"Thử."}' }],
    ['createBatch', 400, 'van-hanh', '/v1/batches', { headers: JSON_BODY, body: '{"operation":"retry","filter":{},"reason":"Thử."}' }],
    ['listBatches', 200, 'van-hanh', '/v1/batches'],
    ['readBatch', 404, 'van-hanh', `/v1/batches/${none}`],
    ['listBatchItems', 404, 'van-hanh', `/v1/batches/${none}/items`],
    ['startBatch', 404, 'van-hanh', `/v1/batches/${none}/start`, { headers: JSON_BODY, body: '{}' }],
    ['cancelBatch', 404, 'van-hanh', `/v1/batches/${none}/cancel`, { headers: JSON_BODY, body: '{}' }],
    ['listEndpoints', 200, 'van-hanh', '/v1/endpoints'],
    ['listEndpoints', 403, 'so-noi-vu', '/v1/endpoints'],
    ['readEndpoint', 200, 'van-hanh', '/v1/endpoints/so-tu-phap'],
    ['readEndpoint', 404, 'van-hanh', '/v1/endpoints/nobody'],
    ['pauseEndpoint', 400, 'van-hanh', '/v1/endpoints/so-tu-phap/pause', { headers: JSON_BODY, body: '{}' }],
    ['pauseEndpoint', 404, 'van-hanh', '/v1/endpoints/nobody/pause', word],
    ['resumeEndpoint', 409, 'van-hanh', '/v1/endpoints/so-tu-phap/resume', word],
    ['listOperatorActions', 200, 'van-hanh', '/v1/operator-actions?subject=endpoint:so-tu-phap'],
    ['listOperatorActions', 400, 'van-hanh', '/v1/operator-actions?cursor=x'],
    ['checkLive', 200, undefined, '/health/live'],
    ['checkReady', 200, undefined, '/health/ready']
  ]
  for (const [operationId, status, as, path, options] of cases) {
    for (const language of ['vi', 'en']) {
      const answer = await ask(as, path, { ...options, headers: { ...options?.headers, 'accept-language': language } })
      t.equal(answer.status, status, `${operationId} ${status}`, { answer: answer.json })
      t.equal(deviation(operationId, answer), undefined, `${operationId} ${status}: as documented`, { answer: answer.json })
      t.match(answer.headers.get('lienthong-trace-id'), /^[0-9a-f]{32}$/)
    }
  }
  t.strictSame([...operations.keys()].filter(name => !cases.some(([operationId]) => operationId === name)), [], 'every operation was asked')
})

await t.test('every example is valid, and the bodies can be posted as they stand', async t => {
  let count = 0
  const check = (schema: Json, example: unknown, name: string): void => {
    if (schema['$ref'] === undefined) return
    count++
    t.ok(ajv.validate({ $ref: `openapi.json${schema['$ref'] as string}` }, example), name, { errors: ajv.errors })
  }
  for (const { operation } of operations.values()) {
    for (const each of [operation.requestBody, ...Object.values(operation.responses) as Json[]].flatMap(part => Object.values((part?.['content'] ?? {}) as Json) as Json[])) {
      if ('example' in each) check(each['schema'], each['example'], operation.operationId)
      for (const [code, { value }] of Object.entries((each['examples'] ?? {}) as Json) as Array<[string, Json]>) check(each['schema'], value, `${operation.operationId} ${code}`)
    }
  }
  t.ok(count > 40)
  for (const operationId of ['acceptPackage', 'validatePackage']) {
    const { path = '', operation } = operations.get(operationId) ?? {}
    for (const [type, { example }] of Object.entries(operation?.requestBody?.content ?? {})) {
      const isForm = type === 'multipart/form-data'
      const parts = isForm ? Object.entries(example as Record<string, string>).map(([name, content]) => ({ name, content, ...(name === 'package' ? {} : { filename: name }) })) : []
      const as = type === 'application/json' || isForm ? 'xa-duc-trong' : 'ubnd-tinh'
      const posted = typeof example === 'string' ? example : JSON.stringify(example)
      const answer = await ask(as, path, { headers: isForm ? FORM : { 'content-type': type }, body: isForm ? formBytes(parts) : posted })
      t.ok(answer.status === 202 || answer.status === 200, `${operationId} ${type}`, { answer: answer.json })
    }
  }
})

await t.test('the documentation is a page', async t => {
  const page = await ask(undefined, '/docs')
  t.equal(page.status, 200)
  t.match(page.headers.get('content-type'), /^text\/html/)
  t.match(page.headers.get('content-security-policy'), /default-src/)
  t.equal((await ask(undefined, '/')).status, 200, 'the root leads there')
})

await t.test('the bytes are sacred, and asking for them again is cheap', async t => {
  for (const [path, bytes] of [[`/v1/packages/${id}/content`, Buffer.from(body)], [`/v1/inbox/${first}/content`, Buffer.from(body)], [`/v1/packages/${withFile.json['id']}/attachments/1`, file]] as const) {
    const as = path.startsWith('/v1/inbox') || path.includes('attachments') ? 'so-noi-vu' : 'ubnd-tinh'
    const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`
    const answer = await ask(as, path)
    t.ok(answer.bytes.equals(bytes), path)
    t.equal(answer.headers.get('etag'), etag)
    t.equal(answer.headers.get('content-length'), String(bytes.length))
    t.equal(answer.headers.get('content-digest'), `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`)
    for (const condition of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const unchanged = await ask(as, path, { headers: { 'if-none-match': condition } })
      t.strictSame([unchanged.status, unchanged.bytes.length, unchanged.headers.get('etag')], [304, 0, etag], condition)
    }
    t.equal((await ask(as, path, { headers: { 'if-none-match': '"x"' } })).status, 200)
    const head = await ask(as, path, { method: 'HEAD' })
    t.strictSame([head.status, head.bytes.length, head.headers.get('content-length')], [200, 0, String(bytes.length)], 'HEAD')
    // Ranges are not offered, and a server may ignore them (RFC 9110 §14.2): the whole is answered, never a wrong part.
    const range = await ask(as, path, { headers: { range: 'bytes=2-5' } })
    t.strictSame([range.status, range.bytes.length, range.headers.get('accept-ranges')], [200, bytes.length, null], 'Range')
  }
  const { headers } = await ask('so-noi-vu', `/v1/packages/${withFile.json['id']}/attachments/1`)
  t.equal(headers.get('content-disposition'), 'attachment; filename="Don _1_.pdf"; filename*=UTF-8\'\'%C4%90%C6%A1n%20%221%22.pdf')
  t.equal(headers.get('x-content-type-options'), 'nosniff')
})

await t.test('a timeline tells the story in order', async t => {
  const { json } = await eventually(async () => {
    const answer = await ask('ubnd-tinh', `/v1/packages/${id}/timeline`)
    return answer.json['items'].filter(({ type }: { type: string }) => type === 'delivery.delivered').length === 2 && answer
  })
  const story = json['items'] as Array<{ seq: number, at: string, type: string, deliveryId?: string }>
  t.equal(story[0]?.type, 'package.accepted')
  t.strictSame(story.map(({ seq }) => seq), story.map(({ seq }) => seq).sort((a, b) => a - b))
  t.strictSame(story.map(({ at }) => at), story.map(({ at }) => at).sort())
  const { deliveries } = (await ask('ubnd-tinh', `/v1/packages/${id}`)).json as { deliveries: Array<{ id: string, state: string }> }
  for (const delivery of deliveries) t.equal(story.filter(({ deliveryId }) => deliveryId === delivery.id).at(-1)?.type, `delivery.${delivery.state}`)
  const paged: number[] = []
  for (let cursor = ''; ;) {
    const page = (await ask('ubnd-tinh', `/v1/packages/${id}/timeline?limit=2${cursor}`)).json
    paged.push(...page['items'].map(({ seq }: { seq: number }) => seq))
    if (page['nextCursor'] === undefined) break
    cursor = `&cursor=${page['nextCursor']}`
  }
  t.strictSame(paged, story.map(({ seq }) => seq))
})

await t.test('lists lose and repeat nothing while packages arrive', async t => {
  const send = async (n: number): Promise<string> => (await ask('so-tai-chinh', '/v1/packages', { headers: XML, body: documentMessage({ from: 'H36.03', documentId: `list-${n}`, to: n % 3 === 0 ? ['H36.07.02'] : ['H36.102'] }) })).json['id'] as string
  const early = await Promise.all(Array.from({ length: 60 }, async (_, n) => await send(n)))
  const read = async (query: string): Promise<string[]> => {
    const seen: string[] = []
    for (let cursor = ''; ;) {
      const { json } = await ask('so-tai-chinh', `/v1/packages?limit=7${query}${cursor}`)
      seen.push(...json['items'].map((each: { id: string }) => each.id))
      if (json['nextCursor'] === undefined) return seen
      cursor = `&cursor=${json['nextCursor']}`
    }
  }
  let n = 60
  const more: string[] = []
  let reading = true
  const arriving = (async () => { while (reading) more.push(await send(n++)) })()
  const [all, filtered] = await Promise.all([read(''), read('&to=H36.07.02&kind=document')])
  reading = false
  await arriving
  for (const [list, expected] of [[all, early], [filtered, early.filter((_, index) => index % 3 === 0)]] as const) {
    t.equal(new Set(list).size, list.length, 'nothing twice')
    t.strictSame(expected.filter(each => !list.includes(each)), [], 'nothing lost')
    t.strictSame(list, [...list].sort().reverse(), 'newest first')
  }
  t.ok(filtered.every(each => [...early, ...more].indexOf(each) % 3 === 0), 'the filter holds')
  t.strictSame(await read('&from=H36'), [], 'another sender')
  t.strictSame(await read('&acceptedTo=2026-01-01T00:00:00Z'), [])
  t.equal((await ask('so-tai-chinh', '/v1/packages?cursor=bm8')).status, 400)
  const one = await ask('so-tai-chinh', `/v1/packages?correlationId=${encodeURIComponent('document:H36.03:list-5')}`)
  t.strictSame(one.json['items'].map((each: { id: string }) => each.id), [early[5]])
})
