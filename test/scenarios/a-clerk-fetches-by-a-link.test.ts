// Promise: an agency without a system is told by mail, opens a one-time link, reads, and answers; the document itself is never in the mail.
import { createHash } from 'node:crypto'
import t from 'tap'
import { headerOf, type ReceivedMail } from '../../adapters/email/harness.js'
import { CLERK, documentForClerk, FILE, linkIn, openMailbox, readable } from '../support/clerk.js'
import { runEngine } from '../support/engine.js'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { call, XML } from '../support/wire.js'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const HOUR_MS = 3_600_000
const formTokenIn = (body: string): string => /name="formToken" value="([\w-]+)"/.exec(body)?.[1] ?? ''

for (const setUp of await setUps()) {
  await t.test(setUp, async t => {
    const { server, withMail } = await openMailbox(t, { publicUrl: 'http://nhan.example.vn/truc' })
    const province = await openProvince(t, setUp, withMail)
    const hub = await runHub(t, province.config)
    const api = async (path: string): Promise<any> => (await call(`${hub.url}${path}`, { key: province.keys.get('ubnd-tinh') })).json
    const stateOf = async (id: string): Promise<string> => (await api(`/v1/packages/${id}`)).deliveries[0].state
    /** What the proxy in front of the hub does with the public address. */
    const inside = (url: string): string => url.replace(/^http:\/\/nhan\.example\.vn\/truc|^\/truc/, hub.url)
    const visit = async (url: string, options: RequestInit = {}): Promise<{ status: number, headers: Headers, body: string }> => {
      const answer = await fetch(inside(url), { redirect: 'manual', ...options })
      return { status: answer.status, headers: answer.headers, body: await answer.text() }
    }
    const deposit = async (documentId: string): Promise<{ id: string, mail: ReceivedMail, body: string }> => {
      const body = documentForClerk(documentId)
      const { status, json } = await call(`${hub.url}/v1/packages`, { key: province.keys.get('ubnd-tinh'), headers: XML, body })
      if (status !== 202) throw new Error(JSON.stringify(json))
      await eventually(async () => await stateOf(json['id']) === 'available')
      const mail = server.received().at(-1)
      if (mail === undefined) throw new Error('no mail')
      return { id: json['id'], mail, body }
    }
    /** Presses the button of the link. */
    const open = async (link: string): Promise<{ page: string, cookie: string }> => {
      const { headers } = await visit(link, { method: 'POST' })
      return { page: headers.get('location') ?? '', cookie: (headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '' }
    }

    await t.test('the clerk reads and acknowledges', async t => {
      const { id, mail, body } = await deposit('link-1')
      t.same(mail.to, [CLERK])
      const words = `${readable(mail)} ${headerOf(mail, 'Subject') ?? ''}`
      t.notMatch(words, /hội nghị|Giấy mời|PDF/, 'neither the subject nor a file is in the mail')
      const link = linkIn(mail)
      for (const method of ['GET', 'HEAD', 'GET']) t.equal((await visit(link, { method })).status, 200, 'a scanner that follows the link spoils nothing')
      const shown = await visit(link)
      t.notMatch(shown.body, /hội nghị/, 'nor does the page of the link tell')
      t.match(Object.fromEntries(shown.headers), { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'content-security-policy': /default-src 'none'/, 'x-content-type-options': 'nosniff' })
      const raced = await Promise.all([1, 2, 3].map(async () => (await visit(link, { method: 'POST' }))))
      t.same(raced.map(({ status }) => status).sort(), [303, 410, 410], 'it opens once')
      const won = raced.find(({ status }) => status === 303)
      const setCookie = won?.headers.get('set-cookie') ?? ''
      t.match(setCookie, /; Path=\/truc\/nhan\/goi\/[\w-]+; Max-Age=\d+; HttpOnly; SameSite=Strict$/)
      const [page, headers] = [won?.headers.get('location') ?? '', { cookie: setCookie.split(';', 1)[0] ?? '' }]
      const pickUp = await visit(page, { headers })
      t.equal(pickUp.status, 200)
      t.match(pickUp.body, /hội nghị/)
      t.match(pickUp.body, /Giấy mời\.pdf/)
      t.match((await visit(page, { headers: { ...headers, 'accept-language': 'en' } })).body, /<html lang="en">[\s\S]*Received/)
      t.equal((await visit(page)).status, 401, 'not without the session')
      const file = await fetch(inside(`${page}/tep/1`), { headers })
      t.equal(await file.text(), FILE)
      t.match(file.headers.get('content-disposition'), /^attachment; filename="Giay moi\.pdf"/)
      t.equal(createHash('sha256').update(Buffer.from(await (await fetch(inside(`${page}/noi-dung`), { headers })).arrayBuffer())).digest('hex'), createHash('sha256').update(body).digest('hex'))
      t.equal((await visit(`${page}/da-nhan`, { method: 'POST', headers: { ...headers, ...FORM }, body: 'formToken=guessed' })).status, 403)
      t.equal(await stateOf(id), 'available', 'a form of somebody else acknowledges nothing')
      t.equal((await visit(`${page}/da-nhan`, { method: 'POST', headers: { ...headers, ...FORM }, body: `formToken=${formTokenIn(pickUp.body)}` })).status, 303)
      t.equal(await stateOf(id), 'delivered')
      const { items } = await api(`/v1/packages/${id}/timeline`)
      t.match(items.filter(({ actor }: { actor: string }) => actor.startsWith('link:')).map(({ type, actor }: { type: string, actor: string }) => [type, actor]),
        [['link.opened', 'link:va***@sonoivu.example.vn'], ['delivery.delivered', 'link:va***@sonoivu.example.vn']])
      t.notMatch(JSON.stringify(items), /vanthu@/, 'the whole address is in no event')
      t.match((await visit(page, { headers })).body, /Đã xác nhận nhận/)
      t.match((await visit(link)).body, /Đã xác nhận nhận/)
    })

    await t.test('the clerk returns it, and the sender reads why', async t => {
      const { id, mail } = await deposit('link-2')
      const { page, cookie } = await open(linkIn(mail))
      const headers = { cookie, ...FORM }
      const formToken = formTokenIn((await visit(page, { headers: { cookie } })).body)
      const empty = await visit(`${page}/tra-lai`, { method: 'POST', headers, body: new URLSearchParams({ formToken, reason: ' ' }).toString() })
      t.equal(empty.status, 400)
      t.match(empty.body, /Cần ghi lý do/)
      t.equal((await visit(`${page}/tra-lai`, { method: 'POST', headers, body: new URLSearchParams({ formToken, reason: 'Gửi nhầm <sở>.' }).toString() })).status, 303)
      t.match((await api(`/v1/packages/${id}`)).deliveries[0], { state: 'refused', problem: { code: 'RECIPIENT_REFUSED', detail: 'Gửi nhầm <sở>.' } })
      t.equal((await visit(`${page}/noi-dung`, { headers: { cookie } })).status, 409, 'what was returned is not read any more')
    })

    await t.test('a link is for one delivery, and a used one can be replaced, to the same address, not too often', async t => {
      const [first, second] = [await deposit('link-3'), await deposit('link-4')]
      const { page, cookie } = await open(linkIn(first.mail))
      const { page: other } = await open(linkIn(second.mail))
      t.equal((await visit(other, { headers: { cookie } })).status, 401, 'a session opens nothing else')
      const used = await visit(linkIn(first.mail))
      t.equal(used.status, 410)
      t.match(used.body, /va\*\*\*@sonoivu\.example\.vn/)
      t.match(used.body, new RegExp(`href="${page}"`), 'who has the session may go on')
      const asked = await visit(`${linkIn(first.mail)}/moi`, { method: 'POST' })
      t.equal(asked.status, 429, 'one was sent just now')
      t.match(asked.body, /năm phút/)
      t.equal((await visit(`http://nhan.example.vn/truc/nhan/${'x'.repeat(43)}`)).status, 404)
    })
  })
}

for (const setUp of await setUps()) {
  await t.test(`a clerk who does not come is reminded once, and may have a new link (${setUp})`, async t => {
    const { server, withMail } = await openMailbox(t, { publicUrl: 'http://nhan.example.vn', settings: { remindAfterHours: 3, linkDays: 1 } })
    const { province, url, advance, logged } = await runEngine(t, setUp, withMail)
    const key = province.keys.get('ubnd-tinh')
    const visit = async (link: string, options: RequestInit = {}): Promise<{ status: number, headers: Headers, body: string }> => {
      const answer = await fetch(link.replace('http://nhan.example.vn', url), { redirect: 'manual', ...options })
      return { status: answer.status, headers: answer.headers, body: await answer.text() }
    }
    const stateOf = async (id: string): Promise<string> => (await call(`${url}/v1/packages/${id}`, { key })).json['deliveries'][0].state
    const deposit = async (documentId: string): Promise<string> => {
      const { json } = await call(`${url}/v1/packages`, { key, headers: XML, body: documentForClerk(documentId) })
      await eventually(async () => await stateOf(json['id']) === 'available')
      return json['id'] as string
    }
    const mails = (): readonly ReceivedMail[] => server.received()
    const nextMail = async (count: number): Promise<ReceivedMail> => await eventually(() => mails()[count - 1])

    const id = await deposit('nhac-1')
    const first = await nextMail(1)
    advance(3 * HOUR_MS)
    const reminder = await nextMail(2)
    t.same(reminder.to, [CLERK])
    t.match(readable(reminder), /chỉ mở được một lần/)
    t.not(headerOf(reminder, 'Message-ID'), headerOf(first, 'Message-ID'), 'a mailbox does not hide it as a repetition')
    t.not(linkIn(reminder), linkIn(first), 'with a link of its own')
    advance(20 * HOUR_MS)
    t.equal((await visit(linkIn(reminder))).status, 200)
    t.equal(await stateOf(id), 'available')

    // Both links end, one day after they were made.
    advance(5 * HOUR_MS)
    for (const mail of [first, reminder]) {
      t.match(await visit(linkIn(mail)), { status: 410, body: /đã hết hạn[\s\S]*Gửi cho tôi liên kết mới/ })
      t.equal((await visit(linkIn(mail), { method: 'POST' })).status, 410, 'it opens nothing')
    }
    t.equal(mails().length, 2, 'nobody is reminded twice')

    // The mail server is away when the clerk asks: the new link comes later, and the delivery waits.
    await server.misbehave('overload')
    t.match(await visit(`${linkIn(first)}/moi`, { method: 'POST' }), { status: 200, body: /Liên kết mới đang được gửi/ })
    t.match(await visit(`${linkIn(reminder)}/moi`, { method: 'POST' }), { status: 429, body: /năm phút/ })
    await eventually(() => logged('reminder.failed').length === 1)
    t.equal(await stateOf(id), 'available')
    await server.misbehave(undefined)
    advance(HOUR_MS / 4)
    const fresh = await nextMail(3)
    t.same(fresh.to, [CLERK])

    t.equal((await visit(linkIn(first), { method: 'POST' })).status, 410, 'the old link stays ended')
    const opened = await visit(linkIn(fresh), { method: 'POST' })
    t.equal(opened.status, 303)
    const [page, headers] = [`${url}${opened.headers.get('location') ?? ''}`, { cookie: (opened.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '' }]
    t.equal((await visit(linkIn(fresh), { method: 'POST' })).status, 410, 'once')
    const { body } = await visit(page, { headers })
    t.equal((await visit(`${page}/tep/1`, { headers })).body, FILE)
    t.equal((await visit(`${page}/da-nhan`, { method: 'POST', headers: { ...headers, ...FORM }, body: `formToken=${formTokenIn(body)}` })).status, 303)
    t.equal(await stateOf(id), 'delivered')
    for (const mail of [first, reminder, fresh]) t.match(await visit(linkIn(mail)), { status: 410, body: /Đã xác nhận nhận/ })
    t.match(await visit(`${linkIn(first)}/moi`, { method: 'POST' }), { status: 410, body: /Đã xác nhận nhận/ }, 'who asks now is told that it is done')

    // Who has come is not reminded.
    const other = await deposit('nhac-2')
    t.equal((await visit(linkIn(await nextMail(4)), { method: 'POST' })).status, 303)
    const unread = await deposit('nhac-3')
    advance(4 * HOUR_MS)
    const last = await nextMail(6)
    const { deliveries: [{ id: deliveryId }] } = (await call(`${url}/v1/packages/${unread}`, { key })).json as { deliveries: [{ id: string }] }
    t.equal(headerOf(last, 'Lienthong-Delivery'), deliveryId, 'only of the one that nobody opened')
    t.equal(await stateOf(other), 'available')
    t.same([mails().length, logged('reminder.failed').length], [6, 1])
  })
}
