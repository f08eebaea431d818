// The pages behind one-time links, through the door: what they say in each state, who is slowed down, what is in the log.
import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Invitation, NewInvitation } from '../../../src/ports/invitation-store.js'
import type { HttpDependencies } from '../../../src/http/dependencies.js'
import { createInvitations, maskAddress, type Invitations } from '../../../src/security/invitations.js'
import { createHttpDouble, DELIVERY_ID, PACKAGE, type Double } from '../../support/http-doubles.js'
import type { ManualClock } from '../../support/time.js'

interface Site { double: Double, invitations: Invitations, link: string, clock: ManualClock }

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const state = (change: Partial<Invitation>): Partial<Invitation> => change

async function open (t: Test, { change = {}, publicUrl = 'https://truc.example.vn', delivery = {} }: { change?: Partial<Invitation>, publicUrl?: string, delivery?: object } = {}): Promise<Site> {
  const rows = new Map<string, Invitation>()
  const made: NewInvitation[] = []
  let site: Invitations | undefined
  const double = await createHttpDouble((dependencies): HttpDependencies => {
    const { clock } = dependencies
    site = createInvitations({
      settings: { publicUrl, secret: 's'.repeat(40), previousSecret: null, lifetimeDays: 1 },
      now: () => clock.now(),
      store: {
        async addInvitation (invitation) {
          made.push(invitation)
          const { tokenSha256, deliveryId, recipient, expiresAt } = invitation
          rows.set(tokenSha256, { deliveryId, recipient, expiresAt, agency: 'H36.99.3', state: 'available', deliveryExpiresAt: Infinity, ...change })
          return true
        },
        findInvitation: async hash => rows.get(hash),
        async openInvitation (hash, { at }) {
          const found = rows.get(hash)
          if (found === undefined || found.openedAt !== undefined || found.state !== 'available') return undefined
          rows.set(hash, { ...found, openedAt: at })
          return found
        },
        askInvitation: async () => true
      }
    })
    const { store } = dependencies
    const findInbox: typeof store.findInbox = async (id, agencies) => {
      const found = await store.findInbox(id, agencies)
      return found === undefined ? undefined : { ...found, delivery: { ...found.delivery, state: 'available', ...delivery } }
    }
    return { ...dependencies, invitations: site, store: { ...store, findInbox } }
  })
  t.teardown(async () => { await double.app.close() })
  if (site === undefined) throw new Error('no invitations')
  const url = await site.inviting('xa')({ deliveryId: DELIVERY_ID, to: 'vanthu@xa.example.vn' })
  const link = new URL(url).pathname
  t.same(made.map(({ tokenSha256 }) => tokenSha256), [createHash('sha256').update(link.slice(-43)).digest('hex')], 'only the hash is kept')
  return { double, invitations: site, link, clock: double.dependencies.clock as ManualClock }
}

async function start ({ double: { app }, link }: Site): Promise<{ page: string, cookie: string }> {
  const { statusCode, headers } = await app.inject({ method: 'POST', url: link })
  t.equal(statusCode, 303)
  return { page: String(headers['location']), cookie: String(headers['set-cookie']).split(';', 1)[0] ?? '' }
}

t.test('each state of a link has its page', async t => {
  const table: Array<[Partial<Invitation>, number, RegExp]> = [
    [state({}), 200, /<button>Mở<\/button>/], [state({ state: 'deferred' }), 200, /đang chuẩn bị/], [state({ openedAt: 1 }), 410, /đã được dùng[\s\S]*liên kết mới/],
    [state({ expiresAt: 1 }), 410, /đã hết hạn[\s\S]*va\*\*\*@xa\.example\.vn/], [state({ state: 'delivered' }), 410, /Đã xác nhận nhận/], [state({ state: 'refused' }), 410, /Đã trả lại/],
    [state({ state: 'expired' }), 410, /quá hạn/], [state({ deliveryExpiresAt: 1 }), 410, /quá hạn/]
  ]
  for (const [change, status, words] of table) {
    const { double: { app }, link } = await open(t, { change })
    const answer = await app.inject(link)
    t.equal(answer.statusCode, status)
    t.match(answer.body, words)
    t.match(answer.headers, { 'content-language': 'vi', 'content-type': 'text/html; charset=utf-8', 'referrer-policy': 'no-referrer' })
    t.notMatch(answer.body, /<script|onclick|src=/)
  }
})

t.test('a session ends, belongs to one delivery and cannot be made up; its cookie goes over TLS only', async t => {
  const site = await open(t)
  const { double: { app }, clock, link } = site
  const opened = await app.inject({ method: 'POST', url: link })
  t.match(opened.headers['set-cookie'], /; Max-Age=1800; HttpOnly; SameSite=Strict; Secure$/)
  const [page, cookie] = [String(opened.headers['location']), String(opened.headers['set-cookie']).split(';', 1)[0] ?? '']
  const visit = async (value: string, url = page): Promise<number> => (await app.inject({ url, headers: { cookie: value } })).statusCode
  t.equal(await visit(`a=b; ${cookie}`), 200)
  for (const wrong of ['', `${cookie}x`, cookie.slice(0, -1), 'lienthong_nhan=e30', 'lienthong_nhan=']) t.equal(await visit(wrong), 401, wrong)
  t.equal(await visit(cookie, page.replace(DELIVERY_ID, DELIVERY_ID.replace(/.$/, 'f'))), 401)
  clock.advance(30 * 60_000)
  t.equal(await visit(cookie), 401)
})

t.test('what the sender wrote cannot become markup, and files are offered, not shown', async t => {
  const evil = '"><script>alert(1)</script>'
  const site = await open(t)
  const { double: { app, dependencies } } = site
  const { findInbox } = dependencies.store
  dependencies.store.findInbox = async (id, agencies) => {
    const found = await findInbox(id, agencies)
    return found === undefined ? undefined : { ...found, package: { ...found.package, envelope: { ...found.package.envelope, title: evil, from: { code: 'H36', name: evil } }, attachments: PACKAGE.attachments.map(file => ({ ...file, name: `${evil}.pdf` })) } }
  }
  const { page, cookie } = await start(site)
  const shown = await app.inject({ url: page, headers: { cookie } })
  t.equal(shown.statusCode, 200)
  t.notMatch(shown.body, /<script/)
  t.match(shown.body, /&#60;script&#62;/)
  const file = await app.inject({ url: `${page}/tep/1`, headers: { cookie } })
  t.match(file.headers, { 'content-disposition': /^attachment;/, 'x-content-type-options': 'nosniff', 'content-security-policy': /sandbox/ })
  t.equal((await app.inject({ url: `${page}/tep/9`, headers: { cookie } })).statusCode, 404)
})

t.test('an acknowledgement needs the form of the session', async t => {
  const site = await open(t)
  const { double: { app, settled } } = site
  const { page, cookie } = await start(site)
  const formToken = /name="formToken" value="([\w-]+)"/.exec((await app.inject({ url: page, headers: { cookie } })).body)?.[1] ?? ''
  const post = async (path: string, payload: string, headers: object = FORM): Promise<number> => (await app.inject({ method: 'POST', url: `${page}${path}`, headers: { cookie, ...headers }, payload })).statusCode
  t.equal(await post('/da-nhan', ''), 403)
  t.equal(await post('/da-nhan', `formToken=${formToken}x`), 403)
  t.equal(await post('/da-nhan', JSON.stringify({ formToken }), { 'content-type': 'application/json' }), 415)
  t.equal(await post('/tra-lai', `formToken=${formToken}&reason=${'x'.repeat(2001)}`), 400)
  t.equal(await post('/tra-lai', `formToken=${formToken}&reason=${'x'.repeat(20_000)}`), 413)
  t.same(settled, [])
  t.equal(await post('/da-nhan', `formToken=${formToken}`), 303)
  t.match(settled, [{ deliveryId: DELIVERY_ID, agencies: ['H36.99.3'], actor: 'link:va***@xa.example.vn' }])
})

t.test('who tries wrong links is slowed down; the right one still says nothing until the time is over', async t => {
  const { double, link, clock } = await open(t)
  const { app, rawLog } = double
  for (let n = 0; n < 20; n++) t.equal((await app.inject(`/nhan/${'x'.repeat(43)}`)).statusCode, 404)
  const slowed = await app.inject(link)
  t.equal(slowed.statusCode, 429)
  t.equal(slowed.headers['retry-after'], '600')
  t.equal((await app.inject({ url: link, remoteAddress: '203.0.113.9' })).statusCode, 200, 'others are not')
  clock.advance(600_000)
  t.equal((await app.inject(link)).statusCode, 200)
  t.notOk(rawLog.join('').includes(link.slice('/nhan/'.length)), 'no token is in the log')
  t.match(double.lines.at(-1), { route: '/nhan/:token', deliveryId: DELIVERY_ID })
})

t.test('below a path of the public address, pages link below it', async t => {
  const site = await open(t, { publicUrl: 'http://example.vn/truc' })
  const { app } = site.double
  const link = site.link.replace('/truc', '')
  t.match((await app.inject(link)).body, /action="\/truc\/nhan\/[\w-]{43}"/)
  const opened = await app.inject({ method: 'POST', url: link })
  t.match(opened.headers, { location: `/truc/nhan/goi/${DELIVERY_ID}`, 'set-cookie': new RegExp(`Path=/truc/nhan/goi/${DELIVERY_ID};`) })
  t.notMatch(opened.headers['set-cookie'], /Secure/)
})

t.test('an address is masked so that its owner knows it', async t => {
  t.same(['vanthu@xa.vn', 'ab@xa.vn', 'a@xa.vn', 'none'].map(maskAddress), ['va***@xa.vn', 'a***@xa.vn', 'a***@xa.vn', '***'])
})
