// Promises of the door of the axis, on doubles: what counts of a call, what a file is, what goes wrong and how it is told.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { CATALOGUE, type ErrorCode, HubError } from '../../../src/errors.js'
import { text } from '../../../src/model/text.js'
import { describe, doorCodeOf } from '../../../src/http/doors/codes.js'
import { between, stamp } from '../../../src/http/doors/days.js'
import { fileOf } from '../../../src/http/doors/file-body.js'
import { choiceOf } from '../../../src/http/doors/sending.js'
import { ROOT } from '../../architecture/generate.js'
import { createDoorDouble, type DoorDouble, SECRET, signed } from '../../support/door-doubles.js'
import { AT, DELIVERY_ID, ID, ORIGINAL, OTHER_DELIVERY_ID, sha256 } from '../../support/http-doubles.js'
import { eventually } from '../../support/time.js'
import { exchange, unpaddedSha256 } from '../../support/vxp-sdk.js'
import { FORM, formBytes, openWire } from '../../support/wire.js'

interface Answer { statusCode: number, headers: Record<string, unknown>, body: string, rawPayload: Buffer, json: () => Record<string, any> }

let double: DoorDouble
let url: string
t.before(async () => {
  double = await createDoorDouble()
  url = await double.app.listen({ host: '127.0.0.1', port: 0 })
})
t.teardown(async () => { await double.app.close() })

async function call (operation: string, headers: Record<string, string>, { method = 'POST', payload }: { method?: 'GET' | 'POST', payload?: string | Buffer } = {}): Promise<Answer> {
  return await double.app.inject({ method, url: `/vxp/${operation}`, headers, ...(payload === undefined ? {} : { payload }) }) as unknown as Answer
}

const OCTETS = { as: 'sender', contentType: 'application/octet-stream' }

t.test('only a call that is signed, in time, by a known system, is heard; nothing is read of any other', async t => {
  const good = signed({ messagetype: 'edoc' })
  t.match((await call('getReceivedEdocList', good)).json(), { status: 'OK', ErrorCode: '0' })
  const cases: Array<[string, Record<string, string>]> = [
    ['no signature', {}],
    ['another secret', { ...good, 'XroadVnpt-hash-header': '0'.repeat(64) }],
    ['another text', { ...good, 'XroadVnpt-sign-header': good['XroadVnpt-sign-header']?.replace('edoc', 'edod') ?? '' }],
    ['nobody', signed({}, { as: 'nobody' })]
  ]
  for (const [name, headers] of cases) {
    const before = double.lists.length
    const answer = await call('getReceivedEdocList', headers)
    t.match([answer.statusCode, answer.json()], [200, { status: 'FAIL', ErrorCode: '15' }], name)
    t.equal(double.lists.length, before)
  }
  t.match((await call('getReceivedEdocList', signed({ messagetype: 'edoc' }, { at: 0 }))).json(), { status: 'OK' }, 'an old stamp is sent again by the SDK, as long as its program runs')
  t.match(double.lines.filter(({ msg }) => msg === 'request.completed').at(-1), { caller: 'client:recipient' })
  t.notMatch(double.rawLog.join(''), SECRET)
})

t.test('where a limit is set, time stamps may be off by that, and no more', async t => {
  const strict = await createDoorDouble(doors => ({ ...doors, axis: { ...doors.axis, timestampToleranceMinutes: 1440 } }))
  t.teardown(async () => { await strict.app.close() })
  const day = 86_400_000
  for (const [at, errorCode] of [[AT - day + 1000, '0'], [AT - day - 1000, '15'], [AT + day + 1000, '15']] as const) {
    const answer = await strict.app.inject({ method: 'POST', url: '/vxp/getReceivedEdocList', headers: signed({ messagetype: 'edoc' }, { at }) })
    t.match(answer.json(), { ErrorCode: errorCode })
  }
})

t.test('a closed door does not exist', async t => {
  const closed = await createDoorDouble(doors => ({ axis: { ...doors.axis, enabled: false }, facade: { ...doors.facade, enabled: false }, xroad: { ...doors.xroad, enabled: false } }))
  t.teardown(async () => { await closed.app.close() })
  for (const path of ['/vxp/getAgenciesList', '/lgsp/v1/auth/login', '/xroad/nhanhsdvcqg']) t.equal((await closed.app.inject({ method: 'POST', url: path, headers: signed() })).statusCode, 404)
})

t.test('the file is what came before CR LF, whatever the pieces it comes in', async t => {
  const collect = async (bytes: Buffer, size: number, options: Parameters<typeof fileOf>[1]): Promise<string> => {
    const scratch = Buffer.alloc(size)
    const pieces = async function * (): AsyncGenerator<Uint8Array> {
      // The source reuses its buffer, as sources may.
      for (let at = 0; at < bytes.length; at += size) { const part = bytes.subarray(at, at + size); part.copy(scratch); yield scratch.subarray(0, part.length) }
    }
    const found: Buffer[] = []
    for await (const chunk of fileOf(pieces(), options)) found.push(Buffer.from(chunk))
    return Buffer.concat(found).toString()
  }
  for (const file of ['<edXML>việt</edXML>', '<a/>\r\n', '\r\n\r\n', 'x', '']) {
    const bytes = Buffer.from(file)
    const sent = Buffer.concat([bytes, Buffer.from('\r\n')])
    for (const size of [1, 2, 3, 7, 1000]) {
      for (const announced of [sha256(bytes), unpaddedSha256(bytes), ` ${sha256(bytes).toUpperCase()}`]) {
        t.equal(await collect(sent, size, { sha256: announced, whole: true }), file, `${JSON.stringify(file)} in pieces of ${size}`)
        t.equal(await collect(bytes, size, { sha256: announced, whole: true }), file, 'a client without the fault')
      }
      t.equal(await collect(sent, size, { whole: true }), file)
      t.equal(await collect(sent, size, { whole: false }), `${file}\r\n`, 'a part of a form ends where it ends')
      await t.rejects(collect(Buffer.concat([bytes, Buffer.from('!')]), size, { sha256: sha256(bytes), whole: true }), { code: 'ATTACHMENT_INVALID' })
    }
  }
})

t.test('a file is handed on while it comes, and its hash is checked at its end', async t => {
  const file = Buffer.concat([Buffer.from('<edXML>'), Buffer.alloc(300_000, 'x'), Buffer.from('</edXML>')])
  const headers = signed({ from: 'H36.11', messagetype: 'edoc', servicetype: 'eDoc', 'hash-file': unpaddedSha256(file) }, OCTETS)
  const head = `POST /vxp/sendEdoc HTTP/1.1\r\nHost: x\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}Content-Length: ${file.length + 2}\r\n\r\n`
  const wire = openWire(url)
  const before = double.progress.bytes
  wire.socket.write(head)
  wire.socket.write(file.subarray(0, 200_000))
  t.ok(await eventually(() => double.progress.bytes - before > 100_000), 'before the rest is there')
  wire.socket.write(file.subarray(200_000))
  wire.socket.write('\r\n')
  await eventually(() => wire.received().includes('"DocId"'))
  wire.socket.destroy()
  t.match(double.arrivals.at(-1), { caller: { id: 'client:sender' }, parts: [{ contentType: 'application/xml', size: file.length, sha256: sha256(file) }] })
  const wrong = await call('sendEdoc', signed({ messagetype: 'edoc', 'hash-file': 'abc' }, OCTETS), { payload: '<edXML/>\r\n' })
  t.match(wrong.json(), { status: 'FAIL', ErrorCode: '10', ErrorDesc: /hash-file/ })
})

t.test('the older client sends a form; any type of content is taken for what it is', async t => {
  const hash = { messagetype: 'status', 'hash-file': sha256(ORIGINAL) }
  const form = formBytes([{ name: 'note', content: 'x' }, { name: 'file_doc', filename: 'a.edxml', type: 'application/octet-stream', content: ORIGINAL }, { name: 'file_doc', filename: 'b', content: 'second' }])
  const answer = await call('sendEdoc', { ...signed(hash, OCTETS), 'Content-Type': FORM['content-type'] }, { payload: form })
  t.match(answer.json(), { status: 'OK', DocId: ID })
  t.match(double.arrivals.at(-1)?.parts, [{ sha256: sha256(ORIGINAL) }])
  for (const type of ['application/octet-stream;charset=UTF-8', 'text/plain', 'application/x-edxml']) {
    const sent = await call('sendEdoc', { ...signed(hash, OCTETS), 'Content-Type': type }, { payload: Buffer.concat([ORIGINAL, Buffer.from('\r\n')]) })
    t.match(sent.json(), { status: 'OK' }, type)
  }
  const empty = formBytes([{ name: 'note', content: 'x' }])
  t.match((await call('sendEdoc', { ...signed({ messagetype: 'edoc' }, OCTETS), 'Content-Type': FORM['content-type'] }, { payload: empty })).json(), { status: 'FAIL', ErrorCode: '10' })
  t.match((await call('sendEdoc', signed({ messagetype: 'edoc' }, OCTETS))).json(), { status: 'FAIL', ErrorCode: '10' })
})

t.test('headers may be as long as a list of a province\'s agencies, twice', async t => {
  const to = JSON.stringify(Array.from({ length: 600 }, (_, n) => `000.00.${n}.H36`))
  const headers = signed({ messagetype: 'edoc', to }, OCTETS)
  const head = Buffer.from(`POST /vxp/sendEdoc HTTP/1.1\r\nHost: x\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}Content-Length: 8\r\n\r\n`)
  t.ok(head.length > 16 * 1024)
  const { content } = await exchange(url, { head, body: Buffer.from('<edXML/>') })
  t.match(JSON.parse(content.toString()), { status: 'OK' })
  t.equal(double.arrivals.at(-1)?.only?.length, 600)
})

t.test('who waits for 100 Continue gets it, and a refusal instead of it', async t => {
  const at = (headers: Record<string, string>): Buffer => Buffer.from(`POST /vxp/updateStatus HTTP/1.1\r\nHost: x\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`)
  const asked = await exchange(url, { head: at(signed({ docid: DELIVERY_ID, status: 'done' })), body: Buffer.from('{}'), expect: true })
  t.match(JSON.parse(asked.content.toString()), { status: 'OK' })
  const refused = await exchange(url, { head: at({}), body: Buffer.from('{}'), expect: true })
  t.match([refused.httpStatus, JSON.parse(refused.content.toString())], [200, { ErrorCode: '15' }])
})

t.test('a list asks for what waits unless it says otherwise; a status left over from updateStatus says nothing', async t => {
  const asked = async (parameters: Record<string, string>): Promise<unknown> => { await call('getReceivedEdocList', signed(parameters)); return double.lists.at(-1) }
  t.match(await asked({ messagetype: 'edoc' }), { state: 'open', kind: 'document', limit: 100, offset: 0, agencies: ['H36.99.3'] })
  t.match(await asked({ messagetype: 'status', status: 'done', pageSize: '20', pageIndex: '3', fromDate: '2026/03/01', toDate: '31/03/2026' }),
    { state: 'delivered', kind: 'status', limit: 20, offset: 40, createdFrom: Date.parse('2026-03-01T00:00:00+07:00'), createdTo: Date.parse('2026-04-01T00:00:00+07:00') })
  t.match(await asked({ messagetype: 'edoc', status: 'done', docid: DELIVERY_ID }), { state: 'open' })
  t.match(await asked({ messagetype: 'edoc', status: 'initial', docid: DELIVERY_ID }), { state: 'waiting' })
  t.match(await asked({ messagetype: 'edoc', pageIndex: '0' }), { offset: 0 })
  for (const wrong of [{ messagetype: 'x' }, { messagetype: 'edoc', status: 'lost' }, { messagetype: 'edoc', fromDate: 'today' }, { messagetype: 'edoc', pageSize: '-1' }, { messagetype: 'edoc', pageIndex: '999999999' }]) {
    t.match((await call('getReceivedEdocList', signed(wrong))).json(), { status: 'FAIL', ErrorCode: '10' }, JSON.stringify(wrong))
  }
})

t.test('bytes come as base64 inside the answer or as they are, with their length', async t => {
  const got = await call('getEdoc', signed({ docId: DELIVERY_ID, docid: OTHER_DELIVERY_ID, filePath: '/etc' }), { payload: '{}' })
  t.match(got.json(), { status: 'OK', ErrorCode: '0', data: ORIGINAL.toString('base64') })
  t.equal(Number(got.headers['content-length']), got.rawPayload.length)
  const raw = await call('downloadEdoc', signed({ docId: DELIVERY_ID }), { method: 'GET' })
  t.equal(raw.rawPayload.toString(), ORIGINAL.toString())
  t.match((await call('getEdoc', signed({ docId: ID }))).json(), { status: 'FAIL', ErrorCode: '21' })
  t.match((await call('getEdoc', signed({}))).json(), { status: 'FAIL', ErrorCode: '21' })
  t.match((await call('getEdoc', signed({ docId: DELIVERY_ID }, { as: 'sender' }))).json(), { status: 'FAIL', ErrorCode: '21' }, 'of others nothing')
  t.match((await call('countReceiveStatus', signed(), { method: 'GET' })).json(), { status: 'OK', count: 7 })
})

t.test('the recipient\'s word: in hand, received, refused with its reason', async t => {
  t.match((await call('updateStatus', signed({ docid: DELIVERY_ID, docId: OTHER_DELIVERY_ID, status: 'DONE' }), { payload: '{}' })).json(), { status: 'OK' })
  t.match(double.settled.at(-1), { deliveryId: DELIVERY_ID, agencies: ['H36.99.3'], actor: 'client:recipient', refusal: undefined })
  await call('updateStatus', signed({ docid: DELIVERY_ID, status: 'fail', description: 'Sai thể thức' }))
  t.match(double.settled.at(-1), { refusal: { code: 'RECIPIENT_REFUSED', detail: { vi: 'Sai thể thức' } } })
  await call('updateStatus', signed({ docId: DELIVERY_ID, status: 'fail' }))
  t.match(double.settled.at(-1), { deliveryId: DELIVERY_ID, refusal: { detail: { vi: /không nêu lý do/ } } })
  const before = double.settled.length
  t.match((await call('updateStatus', signed({ docid: DELIVERY_ID, status: 'processing' }))).json(), { status: 'OK' })
  t.match((await call('updateStatus', signed({ docid: ID, status: 'processing' }))).json(), { status: 'FAIL', ErrorCode: '21' })
  t.match((await call('updateStatus', signed({ docid: DELIVERY_ID, status: 'lost' }))).json(), { status: 'FAIL', ErrorCode: '10' })
  t.equal(double.settled.length, before)
})

t.test('agencies are listed in every form; which of them a system has is not its own decision', async t => {
  t.match((await call('getAgenciesList', signed())).json()['data'][0], { id: 'H36.11', pid: '', code: 'H36.11', name: 'Cơ quan H36.11', mail: '', oldCode: '' })
  t.same((await call('getAgenciesListQD20', signed({ level: '3' }))).json()['data'].map(({ code }: { code: string }) => code), ['H36.99.3'])
  t.match((await call('getAgenciesListQD20', signed({ level: 'x' }))).json(), { status: 'FAIL', ErrorCode: '10' })
  t.match((await call('getSynchronizeUnit', signed())).json()['data'][0], { id: 'H36.11', deleted: false, isAgency: true })
  for (let n = 0; n < 2; n++) t.match((await call('registerAgency', signed(), { payload: JSON.stringify({ id: 1, code: '000.3.99.H36' }) })).json(), { status: 'OK' })
  t.match(double.lines.filter(({ msg }) => msg === 'agency.registered').at(-1), { caller: 'client:recipient', agency: 'H36.99.3' })
  t.match((await call('registerAgency', signed(), { payload: '{"code":"H36.11"}' })).json(), { status: 'FAIL', ErrorCode: '19', ErrorDesc: /H36\.11/ })
  t.match((await call('registerAgency', signed(), { payload: '{"code":' })).json(), { status: 'FAIL', ErrorCode: '22' })
  t.match((await call('deleteAgency', signed({ AgencyCode: 'H36.99.3' }), { payload: '{}' })).json(), { status: 'OK' })
  t.match(double.lines.at(-2), { msg: 'agency.deregistered' })
})

t.test('each code of the catalogue has its number, as docs/doors.md says', async t => {
  const rows = [...(await readFile(join(ROOT, 'docs/doors.md'), 'utf8')).matchAll(/^\| `(\d\d)` \|[^|]*\|[^|]*\| ([^|]*) \|$/gm)].map(([, number = '', codes = '']) => ({ number, codes: [...codes.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code) }))
  t.same(rows.map(({ number }) => number), ['10', '15', '18', '19', '20', '21', '22', '23'])
  for (const { number, codes } of rows) for (const code of codes) t.equal(doorCodeOf(code as ErrorCode), number, code ?? number)
  const named = rows.flatMap(({ codes }) => codes)
  for (const code of Object.keys(CATALOGUE) as ErrorCode[]) {
    if (!named.includes(code)) t.equal(doorCodeOf(code), CATALOGUE[code].faultOf === 'caller' ? '10' : '20', `${code} is not named, so it is the file or the hub`)
  }
})

t.test('one text tells every fault, and ends somewhere', async t => {
  const detail = text('Lỗi', 'Fault')
  const errors = Array.from({ length: 200 }, (_, n) => ({ code: 'FIELD_MISSING', pointer: `/a/${n}`, detail: text(`Thiếu ${n}`, `Missing ${n}`) }))
  t.match(describe(new HubError('PACKAGE_INVALID', detail, { errors }), 'vi'), /^Lỗi \| \/a\/0: Thiếu 0 \| \/a\/1: Thiếu 1/)
  t.equal(describe(new HubError('PACKAGE_INVALID', detail, { errors }), 'vi').length, 1500)
  t.equal(describe(new HubError('NOT_FOUND', detail), 'en'), 'Fault')
})

t.test('days are those of Hà Nội; a choice of recipients is a list of codes', async t => {
  t.equal(stamp(Date.UTC(2026, 2, 15, 18)), '2026-03-16 01:00:00')
  t.same(between({ fromDate: '2026-03-16 09:13:00.0', toDate: undefined }), { from: Date.parse('2026-03-16T09:13:00+07:00') })
  t.same(between({ fromDate: ' ', toDate: '' }), {})
  t.throws(() => between({ fromDate: '2026-02-30x' }), { code: 'REQUEST_INVALID' })
  t.same(choiceOf('["H36.11"," H36.11 ",""]'), ['H36.11'])
  t.same(choiceOf('H36.11'), ['H36.11'])
  t.same([choiceOf(undefined), choiceOf('[]'), choiceOf(' ')], [undefined, undefined, undefined])
  for (const wrong of ['[1]', '[', JSON.stringify(Array.from({ length: 2001 }, () => 'a'))]) t.throws(() => choiceOf(wrong), { code: 'REQUEST_INVALID' })
})
