// Files by link, through the door: bytes with their headers to whoever holds a link, and nothing in the log that opens it again.
import t, { type Test } from 'tap'
import { createFileLinks } from '../../../src/security/links.js'
import { AT, createHttpDouble, FILE, ID, PACKAGE, sha256, type Double } from '../../support/http-doubles.js'

const links = createFileLinks({ publicUrl: 'https://truc.example.vn', secret: 's'.repeat(40), previousSecret: null, lifetimeDays: 1 }, () => AT)
const pathOf = async (attachment: number, more: object = {}): Promise<string> => new URL(await links.publish({ packageId: ID, attachment, ...more })).pathname

async function open (t: Test, change: object = {}): Promise<Double> {
  const double = await createHttpDouble(dependencies => ({ ...dependencies, links, ...change }))
  t.teardown(async () => { await double.app.close() })
  return double
}

t.test('whoever holds the link gets the file, without a key', async t => {
  const double = await open(t)
  const { app, rawLog } = double
  const path = await pathOf(1)
  const answer = await app.inject(path)
  t.equal(answer.statusCode, 200)
  t.same(answer.rawPayload, FILE)
  t.match(answer.headers, {
    'content-type': 'application/pdf', 'content-length': String(FILE.length), 'x-content-type-options': 'nosniff', 'content-disposition': /^attachment; filename="Cong van/,
    'content-digest': `sha-256=:${Buffer.from(sha256(FILE), 'hex').toString('base64')}:`, 'cache-control': 'no-store'
  })
  t.same((await app.inject(path.replace('/files/', '/downloadfile/'))).rawPayload, FILE, 'also where the national exchange looks for files')
  const head = await app.inject({ method: 'HEAD', url: path })
  t.equal(head.statusCode, 200)
  t.equal(head.headers['content-length'], String(FILE.length))
  t.equal(head.body, '')
  t.match(double.lines.find(({ msg, method }) => msg === 'request.completed' && method === 'GET'), { route: '/files/:token', status: 200, packageId: ID, attachment: 1, bytesOut: FILE.length })
  t.notOk(rawLog.join('').includes(path.slice('/files/'.length)), 'the token is not in the log')
})

t.test('what was not made here is not found, what has ended is gone, what was purged is gone', async t => {
  const { app } = await open(t)
  const path = await pathOf(1)
  for (const url of [`${path}x`, `${path.slice(0, -1)}`, '/files/1', `/files/${'x'.repeat(150)}`, await pathOf(2), new URL(await links.publish({ packageId: ID.replace('0', '1'), attachment: 1 })).pathname]) {
    t.match((await app.inject(url)).json(), { status: 404, code: 'NOT_FOUND' }, url)
  }
  t.match((await app.inject(await pathOf(1, { expiresAt: AT }))).json(), { status: 410, code: 'LINK_EXPIRED' })
  const purged = await open(t, { store: { findPackage: async () => ({ ...PACKAGE, purgedAt: AT }) } })
  t.match((await purged.app.inject(path)).json(), { status: 410, code: 'CONTENT_PURGED' })
})
