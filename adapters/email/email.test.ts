// The email adapter keeps every promise of the contract; a notice says enough and not more, and every reply of a mail server has one
// meaning.
import type { AdapterKit, AdapterSession, Outcome } from 'lienthong/adapter'
import t, { type Test } from 'tap'
import type { SampleDelivery } from '../../src/adapter/conformance.js'
import { checkAdapter } from '../../src/adapter/load.js'
import { adapterSuite, openSession, sampleOf } from '../../test/support/adapter-suite.js'
import { localhostIdentity, openTlsFront } from '../../test/support/tls-front.js'
import { createHarness, headerOf, type MailAccident, type MailServer, PASSWORD, type ReceivedMail, startMailServer, USER } from './harness.js'
import { adapter } from './index.js'

const NOW = Date.UTC(2026, 10, 20, 2)

await adapterSuite(t, { adapter, harness: createHarness() })

const ADDRESS = 'vanthu@xamau.example.vn'

interface Opened { server: MailServer, invited: Array<Parameters<AdapterKit['links']['invite']>[0]>, deliver: (sample?: Partial<SampleDelivery>) => Promise<Outcome | undefined>, session: AdapterSession }

async function open (t: Test, settings: Record<string, unknown> = {}, tls?: { key: string, cert: string }): Promise<Opened> {
  const server = await startMailServer(tls)
  t.teardown(async () => { await server.stop() })
  const invited: Opened['invited'] = []
  const links: AdapterKit['links'] = { publish: async () => '', invite: async invitation => { invited.push(invitation); return `https://truc.example.vn/nhan/${invited.length}` } }
  const session = await openSession(t, adapter, { host: '127.0.0.1', port: server.port, security: 'none', from: 'truc@lamdong.example.vn', recipients: { 'H36.99.03': ADDRESS }, ...settings }, { now: () => NOW, links })
  return { server, invited, session, deliver: async sample => await session.deliver?.({ ...sampleOf(adapter), ...sample }, AbortSignal.timeout(2000)) }
}

function envelopeOf (more: Partial<SampleDelivery['envelope']>): Pick<SampleDelivery, 'envelope'> {
  return { envelope: { ...sampleOf(adapter).envelope, notation: '15/UBND-VX', priority: 2, dueDate: '2026-12-01', ...more } }
}

/** Quoted-printable and encoded words undone. */
function readable (mail: ReceivedMail | undefined): string {
  const undo = (text: string): string => text.replace(/(?:=[0-9A-F]{2})+/g, hex => Buffer.from(hex.replaceAll('=', ''), 'hex').toString('utf8'))
  return undo((mail?.raw.toString('utf8') ?? '').replace(/\?=\s+=\?UTF-8\?Q\?/g, '').replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, word: string) => Buffer.from(word, 'base64').toString('utf8'))
    .replace(/=\?UTF-8\?Q\?([^?]*)\?=/g, (_, word: string) => word.replaceAll('_', ' ')).replace(/=\r\n/g, ''))
}

t.test('a notice says who sent what, how urgent it is, and where to fetch it; not what it is about', async t => {
  const { server, invited, deliver } = await open(t, { remindAfterHours: 24 })
  t.same(await deliver({ deliveryId: 'd-1', ...envelopeOf({ title: 'Về việc bí mật' }) }), { kind: 'available' })
  t.same(invited, [{ deliveryId: 'd-1', to: ADDRESS, expiresAt: NOW + 14 * 86_400_000, remindAt: NOW + 86_400_000 }])
  const [mail] = server.received()
  const words = readable(mail)
  for (const fact of ['Sở Thử nghiệm', 'UBND xã Mẫu', '15/UBND-VX', 'Thượng khẩn', '01/12/2026', 'https://truc.example.vn/nhan/1', '<html lang="vi">', 'Auto-Submitted: auto-generated', 'Message-ID: <d-1@lamdong.example.vn>']) t.ok(words.includes(fact), fact)
  t.notMatch(words, /bí mật/)
  t.same(mail?.to, [ADDRESS])
})

t.test('no word of the sender becomes a header, a line or markup', async t => {
  const { server, deliver } = await open(t)
  const name = 'Sở X\r\nBcc: ke-gian@example.com\r\n\r\n<script>alert(1)</script>{link}\u202E'
  t.match(await deliver(envelopeOf({ from: { code: 'H36.1', name }, notation: '1\r\nX-Evil: 1' })), { kind: 'available' })
  const [mail] = server.received()
  const words = readable(mail)
  t.equal(mail === undefined ? '' : headerOf(mail, 'Bcc'), undefined)
  t.equal(mail === undefined ? '' : headerOf(mail, 'X-Evil'), undefined)
  t.match(words, /&lt;script&gt;/)
  t.notMatch(words.split('<html')[1] ?? '', /<script|\u202E/)
  t.same(mail?.to, [ADDRESS], 'nobody else gets it')
})

t.test('repeating a delivery repeats its Message-ID, with a link of its own; a reminder has another', async t => {
  const { server, session, deliver, invited } = await open(t, { remindAfterHours: 24 })
  for (const attempt of [1, 2]) await deliver({ deliveryId: 'd-1', attempt })
  const { envelope, packageId, recipient } = sampleOf(adapter)
  t.match(await session.remind?.({ deliveryId: 'd-1', packageId, envelope, recipient, reason: 'late', reminderId: 'd-1.late' }, AbortSignal.timeout(2000)), { kind: 'available' })
  t.same(server.received().map(mail => headerOf(mail, 'Message-ID')), ['<d-1@lamdong.example.vn>', '<d-1@lamdong.example.vn>', '<d-1.late@lamdong.example.vn>'])
  t.match(readable(server.received()[2]), /Nhắc lại/)
  t.same(invited.map(({ remindAt }) => remindAt !== undefined), [true, true, false], 'one reminder, not a chain of them')
})

t.test('every reply of the mail server has one meaning', async t => {
  const { server, deliver, invited } = await open(t)
  const table: Array<[MailAccident, object]> = [
    [{ recipient: '550 5.1.1 No such user' }, { kind: 'refused', problem: { code: 'ENDPOINT_REFUSED', detail: { en: /550 5\.1\.1 No such user/ } } }],
    [{ recipient: '553 Bad name' }, { kind: 'refused' }],
    [{ content: '554 5.6.0 Not this' }, { kind: 'refused' }],
    [{ recipient: '550 5.7.1 Relaying denied' }, { kind: 'deferred', problem: { code: 'ENDPOINT_UNAVAILABLE' } }],
    [{ recipient: '552 5.2.2 Mailbox full' }, { kind: 'deferred' }],
    [{ recipient: '451 4.7.1 Greylisted' }, { kind: 'deferred', uncertain: undefined }],
    [{ recipient: '421 4.3.2 Closing' }, { kind: 'deferred', uncertain: undefined }],
    [{ content: '421 4.3.0 Closing' }, { kind: 'deferred', uncertain: undefined }],
    [{ from: '550 5.1.8 Bad sender' }, { kind: 'deferred', problem: { detail: { en: /sender address of the hub/ } } }]
  ]
  for (const [accident, outcome] of table) {
    await server.misbehave(accident)
    t.match(await deliver(), outcome, JSON.stringify(accident))
  }
  await server.misbehave('drop')
  t.match(await deliver(), { kind: 'deferred', uncertain: true })
  const made = invited.length
  await server.misbehave('offline')
  t.match(await deliver(), { kind: 'deferred', uncertain: undefined, problem: { detail: { en: /cannot be reached/ } } })
  t.equal(invited.length, made, 'no link is made for a mail that cannot go')
})

t.test('an agency without an address waits for the operator', async t => {
  const { deliver, server } = await open(t)
  for (const recipient of ['H36.99.04', 'toString']) t.match(await deliver({ recipient }), { kind: 'deferred', problem: { code: 'CONFIG_INVALID', detail: { en: new RegExp(`for ${recipient}`) } } })
  t.same(server.received(), [])
})

t.test('a wrong password is the hub\'s fault, and is not repeated', async t => {
  const { deliver, session } = await open(t, { user: 'truc', password: 'sai-mat-khau-nay' })
  for (const outcome of [await deliver(), await session.probe(AbortSignal.timeout(2000))]) {
    t.match(outcome, { kind: 'deferred', problem: { detail: { en: /account of the hub: 535 5\.7\.8 Bad credentials \*\*\*/ } } })
  }
})

t.test('TLS is insisted on, and certificates are checked', async t => {
  const tls = localhostIdentity()
  const login = { user: USER, password: PASSWORD }
  const trusting = await open(t, { host: 'localhost', security: 'starttls', ca: tls.cert, ...login }, tls)
  t.match(await trusting.deliver(), { kind: 'available' })
  const careful = await open(t, { host: 'localhost', security: 'starttls', ...login }, tls)
  t.match(await careful.deliver(), { kind: 'deferred', problem: { detail: { en: /certificate/ } } })
  const plain = await open(t, { security: 'starttls', ...login })
  t.match(await plain.deliver(), { kind: 'deferred' }, 'a server without TLS gets no password')
  t.same([...careful.server.received(), ...plain.server.received()], [])
})

t.test('a connection may begin with TLS, and its certificate is checked', async t => {
  const tls = localhostIdentity()
  const { server } = await open(t)
  const port = await openTlsFront(t, server.port, tls)
  const through = { host: 'localhost', port, security: 'tls', user: USER, password: PASSWORD }
  const [trusting, careful] = [await open(t, { ...through, ca: tls.cert }), await open(t, through)]
  t.match(await trusting.deliver(), { kind: 'available' })
  t.match(await careful.deliver(), { kind: 'deferred', problem: { detail: { en: /certificate/ } } })
  t.equal(server.received().length, 1)
})

t.test('settings that cannot work are refused before anything is sent', async t => {
  const { checkSettings, mask } = checkAdapter(adapter)
  const good = { host: 'mail.example.vn', from: 'truc@example.vn', recipients: { H36: ADDRESS } }
  t.same(checkSettings(good).faults, [])
  t.match(mask({ ...good, user: 'a', password: 'b' }), { password: '***' })
  for (const wrong of [
    { recipients: {} }, { recipients: { H36: 'vanthu' } }, { recipients: { H36: 'a@b.vn\r\nBcc: c@d.vn' } }, { recipients: { H36: 'a@b.vn, c@d.vn' } }, { from: 'Trục <a@b.vn>' }, { fromName: 'a\nb' },
    { text: 'không có liên kết' }, { text: '{link} {title}' }, { subject: 'a\nb' }, { subject: '{link}' }, { user: 'a' }, { security: 'none', user: 'a', password: 'b' }, { host: 'a b' }
  ]) t.ok(checkSettings({ ...good, ...wrong }).faults.length > 0, JSON.stringify(wrong))
  t.same(checkSettings({ ...good, host: '127.0.0.1', security: 'none', user: 'a', password: 'b' }).faults, [])
})
