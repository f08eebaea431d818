// The hub is not the archive: what is settled goes when its time is over, what is not stays whole, and callers are told.
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { briskly, deliveryIn, eventsOf, FETCHED, makeLetter, PUSHED, send } from '../support/traffic.js'
import { call } from '../support/wire.js'

for (const setUp of await setUps()) {
  await t.test(setUp, async t => {
    const moveTo = await mkdtemp(join(tmpdir(), 'lienthong-moved-'))
    t.teardown(async () => { await rm(moveTo, { recursive: true }) })
    const province = await openProvince(t, setUp, config => ({
      ...briskly(config), retention: { ...config.retention, payloadsAfterMs: 1000, moveTo, intervalMs: 1000 }
    }))
    const hub = await runHub(t, province.config)
    const client = province.client(hub.url, 'ubnd-tinh')
    const key = province.keys.get('ubnd-tinh')
    // Large, so that it is a blob; the other waits in an inbox.
    const [settled, waiting] = [makeLetter({ to: [PUSHED.justice], size: 80_000 }), makeLetter({ to: [PUSHED.justice, FETCHED] })]
    const [{ id }, { id: open }] = [await send(client, settled), await send(client, waiting)]
    await deliveryIn(client, id, ['delivered'])

    const purged = await eventually(async () => {
      const answer = await call(`${hub.url}/v1/packages/${id}/content`, { key })
      return answer.status === 410 && answer
    })
    t.match(purged.json, { code: 'CONTENT_PURGED', status: 410 })
    t.equal((await call(`${hub.url}/v1/packages/${id}/attachments/1`, { key })).json['code'], 'CONTENT_PURGED')
    const { json } = await call(`${hub.url}/v1/packages/${id}`, { key })
    t.match(json, { sha256: settled.sha256, purgedAt: /^20/, deliveries: [{ state: 'delivered' }] }, 'what is known of it stays')
    t.equal((await eventsOf(client, id)).at(-1)?.type, 'package.purged')
    t.match((await send(client, settled)), { id, repeated: true }, 'and it is still recognised when it is sent again')

    const [folder = ''] = (await readdir(moveTo, { recursive: true })).filter(path => path.endsWith(id))
    t.equal(createHash('sha256').update(await readFile(join(moveTo, folder, 'payloads', settled.sha256))).digest('hex'), settled.sha256)

    const kept = await call(`${hub.url}/v1/packages/${open}/content`, { key })
    t.same([kept.status, createHash('sha256').update(kept.bytes).digest('hex')], [200, waiting.sha256], 'one of its recipients has not fetched it yet')
  })
}
