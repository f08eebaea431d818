// Promise: an update, a revocation or a replacement is taken only for a document that the hub has from the same issuer; the
// sender is told what is missing, and a change that follows its original at once is never refused for being too fast.
import t from 'tap'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { call, XML, type Answer } from '../support/wire.js'
import { documentMessage, traceList } from '../unit/formats/edxml-messages.js'

const reason = '<BussinessDocReason>Gửi nhầm</BussinessDocReason>'
const revocation = (documentId: string, from = 'H36'): string => documentMessage({ from, documentId, traces: traceList(`<BussinessDocType>1</BussinessDocType>${reason}`) })
const update = (documentId: string, at = '2026/03/17 09:00:00'): string => documentMessage({ documentId, traces: traceList(`<DocumentId>${documentId}</DocumentId><BussinessDocType>2</BussinessDocType>${reason}`, at) })
const replacement = (documentId: string, replaced: string): string =>
  documentMessage({ documentId, traces: traceList(`<BussinessDocType>3</BussinessDocType>${reason}<ReplacementInfoList><ReplacementInfo><DocumentId>${replaced}</DocumentId></ReplacementInfo></ReplacementInfoList>`) })

for (const setUp of await setUps()) {
  await t.test(setUp, async t => {
    const province = await openProvince(t, setUp)
    const { url } = await runHub(t, province.config)
    const post = async (body: string, { as = 'ubnd-tinh', path = '/v1/packages', headers = {} as Record<string, string> } = {}): Promise<Answer> =>
      await call(`${url}${path}`, { key: province.keys.get(as), headers: { ...XML, 'accept-language': 'en', ...headers }, body })

    await t.test('without its original it is refused, by both doors, with the place and the way out', async t => {
      for (const path of ['/v1/packages', '/v1/packages/validate']) {
        for (const body of [revocation('none'), update('none'), replacement('new', 'none')]) {
          const { status, json } = await post(body, { path })
          t.match({ status, json }, { status: 422, json: { code: 'TARGET_UNKNOWN', errors: [{ found: 'none', detail: /Send the original first/ }] } })
          t.match(json['errors'][0].pointer, /^\/edXML\/edXMLEnvelope\/edXMLHeader\/.*DocumentId$/)
        }
      }
    })

    await t.test('a change sent the moment its original was accepted is accepted', async t => {
      const answers = await Promise.all(Array.from({ length: 20 }, async (_, n) => {
        await post(documentMessage({ documentId: `fast-${n}` }))
        return await post(n % 2 === 0 ? update(`fast-${n}`) : revocation(`fast-${n}`))
      }))
      t.same(answers.map(({ status }) => status), Array(20).fill(202))
    })

    await t.test('what replaced a document may be changed itself', async t => {
      await post(documentMessage({ documentId: 'first' }))
      t.equal((await post(replacement('second', 'first'))).status, 202)
      t.equal((await post(update('second'))).status, 202)
      t.equal((await post(replacement('third', 'second'))).status, 202)
      t.equal((await post(revocation('third'))).status, 202)
    })

    await t.test('nobody changes the document of another, nor learns that it exists', async t => {
      await post(documentMessage({ documentId: 'theirs' }))
      const [known, unknown] = [await post(revocation('theirs', 'H36.03'), { as: 'so-tai-chinh' }), await post(revocation('ghosts', 'H36.03'), { as: 'so-tai-chinh' })]
      const said = ({ status, json: { code, errors: [{ detail, expected }] } }: Answer): unknown => ({ status, code, detail, expected })
      t.equal(known.status, 422)
      t.same(said(known), said(unknown))
    })

    await t.test('sending a change again is answered as the first time', async t => {
      await post(documentMessage({ documentId: 'again' }))
      const headers = { 'idempotency-key': 'change-1' }
      const first = await post(revocation('again'), { headers })
      for (const more of [{ headers }, {}]) t.match(await post(revocation('again'), more), { status: 202, json: { repeated: true, id: first.json['id'] } })
    })
  })
}

await t.test('a province that relaxes the row takes the change with a warning', async t => {
  const province = await openProvince(t, 'embedded', config => ({ ...config, validation: [{ check: 'target-known', kind: 'all', direction: 'both', consequence: 'warn' }] }))
  const { url } = await runHub(t, province.config)
  const answer = await call(`${url}/v1/packages`, { key: province.keys.get('ubnd-tinh'), headers: XML, body: revocation('none') })
  t.match(answer, { status: 202, json: { warnings: [{ code: 'TARGET_UNKNOWN' }] } })
})
