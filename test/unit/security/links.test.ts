// Links to files: what was signed comes back, nothing else does, and they end.
import t from 'tap'
import { createFileLinks, type FileLinks } from '../../../src/security/links.js'

const NOW = Date.UTC(2026, 10, 20, 1)
const DAY_MS = 86_400_000
const ID = '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e'
const SETTINGS = { publicUrl: 'https://truc.example.vn/lt', secret: 'a'.repeat(32), previousSecret: null, lifetimeDays: 30 }

const at = (now: number, more: object = {}): FileLinks => createFileLinks({ ...SETTINGS, ...more }, () => now)
const tokenOf = (url: string): string => url.split('/').at(-1) ?? ''

t.test('a link leads to its file in every process that has the secret, and is the same for a whole day', async t => {
  const url = await at(NOW).publish({ packageId: ID, attachment: 12 })
  t.match(url, /^https:\/\/truc\.example\.vn\/lt\/files\/[\w-]{60,200}$/)
  t.same(at(NOW).read(tokenOf(url)), { packageId: ID, attachment: 12 })
  t.equal(await at(NOW + 3_600_000).publish({ packageId: ID, attachment: 12 }), url)
  t.not(await at(NOW).publish({ packageId: ID, attachment: 13 }), url)
})

t.test('a link ends after its term, or when it was told to', async t => {
  const token = tokenOf(await at(NOW).publish({ packageId: ID, attachment: 1 }))
  t.ok(at(NOW + 30 * DAY_MS).read(token))
  t.throws(() => at(NOW + 31 * DAY_MS).read(token), { code: 'LINK_EXPIRED' })
  const short = tokenOf(await at(NOW).publish({ packageId: ID, attachment: 1, expiresAt: NOW + 5000 }))
  t.ok(at(NOW + 4000).read(short))
  t.throws(() => at(NOW + 5000).read(short), { code: 'LINK_EXPIRED' })
})

t.test('no changed, cut, foreign or empty token leads anywhere', async t => {
  const token = tokenOf(await at(NOW).publish({ packageId: ID, attachment: 1 }))
  for (let place = 0; place < token.length; place++) {
    const other = token[place] === 'A' ? 'B' : 'A'
    const changed = token.slice(0, place) + other + token.slice(place + 1)
    t.equal(at(NOW).read(changed), undefined, `character ${place}`)
  }
  const payload = Buffer.from(`${ID} 1 9999999999`).toString('base64url')
  for (const wrong of ['', 'x', token.slice(1), token.slice(0, -1), `${token}A`, payload, `${payload}${token.slice(-43)}`, token.slice(-43)]) t.equal(at(NOW).read(wrong), undefined, wrong)
  t.equal(at(NOW, { secret: 'b'.repeat(32) }).read(token), undefined, 'another hub')
})

t.test('links outlive a change of the secret while the old one is named', async t => {
  const token = tokenOf(await at(NOW).publish({ packageId: ID, attachment: 1 }))
  t.ok(at(NOW, { secret: 'b'.repeat(32), previousSecret: SETTINGS.secret }).read(token))
})

t.test('without settings no link is made or read, and the reason says which settings', async t => {
  for (const more of [{ publicUrl: null }, { secret: null }]) await t.rejects(at(NOW, more).publish({ packageId: ID, attachment: 1 }), { code: 'CONFIG_INVALID', message: /links\.publicUrl and links\.secret/ })
  t.equal(at(NOW, { secret: null }).read(tokenOf(await at(NOW).publish({ packageId: ID, attachment: 1 }))), undefined)
})
