// Promise: an old message with its files beside it is accepted like any other. The original stays whole, its files are there
// one by one, and whoever receives it gets one message of the standard.
import t from 'tap'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { strictFaults } from '../support/strict-edxml.js'
import { eventually } from '../support/time.js'
import { call } from '../support/wire.js'
import { fixture } from '../unit/formats/edxml-messages.js'

const BYTES = fixture('edxml/wild/e-doc.mime')
const RELATED = { 'content-type': 'multipart/related; type="text/xml"; boundary="----=_Part_7_118.1421"; start="<Start>"' }

for (const setUp of await setUps()) {
  await t.test(setUp, async t => {
    const province = await openProvince(t, setUp)
    const { url } = await runHub(t, province.config)
    const key = province.keys.get('ubnd-tinh')
    const { status, json } = await call(`${url}/v1/packages`, { key, headers: RELATED, body: BYTES })
    t.equal(status, 202, JSON.stringify(json))
    const read = async (path: string): Promise<Buffer> => (await call(`${url}/v1/packages/${json['id']}/${path}`, { key })).bytes
    t.ok((await read('content')).equals(BYTES), 'the original, byte for byte')
    t.match((await read('attachments/1')).toString('latin1'), /^%PDF-/)
    const arrived = await eventually(() => [...province.receivers.values()].flatMap(receiver => receiver.received()).find(({ packageId }) => packageId === json['id']))
    t.same(strictFaults(arrived.body?.toString() ?? ''), [])
  })
}
