// Promise: an agency without a system is told by mail, opens a one-time link, reads, and answers; the document itself is never in the mail.
import { createHash } from 'node:crypto'
import t from 'tap'
import { headerOf, startMailServer, type ReceivedMail } from '../../adapters/email/harness.js'
import type { HubConfig } from '../../src/model/generated.js'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { call, XML } from '../support/wire.js'
import { documentMessage } from '../unit/formats/edxml-messages.js'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const SUBJECT = 'V/v chuẩn bị hội nghị không ai được biết'
const FILE = '%PDF-1.4 mời họp'

/** The mail as a person sees it. */
function readable ({ raw }: ReceivedMail): string {
  return raw.toString('utf8').replace(/=\r\n/g, '').replace(/(?:=[0-9A-F]{2})+/g, hex => Buffer.from(hex.replaceAll('=', ''), 'hex').toString('utf8'))
}

function linkIn (mail: ReceivedMail | undefined): string {
  return /https?:\/\/[^\s"<]+\/nhan\/[\w-]{43}/.exec(mail === undefined ? '' : readable(mail))?.[0] ?? 'no link'
}

for (const setUp of await setUps()) {
  await t.test(setUp, async t => {
    const server = await startMailServer()
    t.teardown(async () => { await server.stop() })
    const withMail = (config: HubConfig): HubConfig => ({
      ...config,
      links: { ...config.links, publicUrl: 'http://nhan.example.vn/truc', secret: 'bi-mat-cua-lien-ket-khong-ai-doan-duoc' },
      endpoints: config.endpoints.map(endpoint => endpoint.id === 'so-nganh'
        ? { ...endpoint, adapter: 'email', settings: { host: '127.0.0.1', port: server.port, security: 'none', from: 'truc@lamdong.example.vn', recipients: { 'H36.02': 'vanthu@sonoivu.example.vn' } } }
        : endpoint)
    })
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
      const body = documentMessage({ to: ['H36.02'], documentId, attachments: [{ name: 'Giấy mời.pdf', content: Buffer.from(FILE).toString('base64') }] })
        .replace(/<Subject>[^<]*/, `<Subject>${SUBJECT}`)
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
    const formTokenIn = (body: string): string => /name="formToken" value="([\w-]+)"/.exec(body)?.[1] ?? ''

    await t.test('the clerk reads and acknowledges', async t => {
      const { id, mail, body } = await deposit('link-1')
      t.same(mail.to, ['vanthu@sonoivu.example.vn'])
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
