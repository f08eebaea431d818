// Promise 2: where a recipient would not recognise a repeat, an attempt with an uncertain outcome is shown to an operator; where it
// would, it is repeated.
import t from 'tap'
import type { HubConfig } from '../../src/model/generated.js'
import { openProvince, setUps, spawnHub } from '../support/hub.js'
import { runEngine } from '../support/engine.js'
import { eventually } from '../support/time.js'
import { briskly, deliveryIn, eventsOf, findPackage, makeLetter, PUSHED, receiverOf, send, withEndpoint } from '../support/traffic.js'

const ENDPOINT = 'so-tu-phap'
const letter = () => makeLetter({ to: [PUSHED.justice] })
const forgetful = (config: HubConfig): HubConfig => withEndpoint(briskly(config), ENDPOINT, { idempotent: false })

for (const setUp of await setUps()) {
  await t.test(`${setUp}: a lost answer: held where a repeat is not recognised, repeated where it is`, async t => {
    const { province, client } = await runEngine(t, setUp, forgetful)
    const [receiver, careful] = [receiverOf(province, ENDPOINT), receiverOf(province, 'da-lat')]
    receiver.misbehave({ kind: 'drop', times: 1 })
    careful.misbehave({ kind: 'drop', times: 1 })
    const { id } = await send(client, letter())
    const held = await deliveryIn(client, id, ['held'])
    t.match(held, { attempts: 1, problem: { code: 'DELIVERY_UNCERTAIN' } })
    t.match((await eventsOf(client, id)).map(({ type }) => type), ['package.accepted', 'delivery.attempted', 'delivery.held'])
    const other = await send(client, makeLetter({ to: [PUSHED.daLat] }))
    t.equal((await deliveryIn(client, other.id, ['delivered'])).attempts, 2)
    t.equal((await findPackage(client, id)).deliveries[0]?.state, 'held')
    t.same([receiver.counts.taken, receiver.counts.duplicates, careful.counts.duplicates], [1, 0, 1])
  })

  await t.test(`${setUp}: a failure that is certain is tried again everywhere`, async t => {
    const { province, client } = await runEngine(t, setUp, forgetful)
    receiverOf(province, ENDPOINT).misbehave({ kind: 'status', status: 503, times: 1 })
    const { id } = await send(client, letter())
    t.equal((await deliveryIn(client, id, ['delivered'])).attempts, 2)
  })

  await t.test(`${setUp}: a hub that is killed in the middle of such an attempt leaves it held, and takes everything else up again`, async t => {
    const province = await openProvince(t, setUp, config => withEndpoint(forgetful(config), ENDPOINT, { idempotent: false, concurrency: 1 }))
    const receiver = receiverOf(province, ENDPOINT)
    receiver.misbehave({ kind: 'slow', delayMs: 60_000 })
    const first = await spawnHub(t, province.config)
    const client = province.client(first.url, 'ubnd-tinh')
    const under = await send(client, letter())
    await eventually(() => receiver.counts.taken === 1)
    const waiting = await send(client, letter())
    await first.end('SIGKILL')
    receiver.misbehave(undefined)
    const again = province.client((await spawnHub(t, province.config)).url, 'ubnd-tinh')
    t.match(await deliveryIn(again, under.id, ['held']), { problem: { code: 'DELIVERY_UNCERTAIN' } })
    await deliveryIn(again, waiting.id, ['delivered'])
    t.same([receiver.counts.taken, receiver.counts.duplicates], [2, 0])
  })
}
