// Promise 4: with 10,000 normal deliveries waiting, an urgent package is delivered in under two seconds, to the endpoint that they wait
// for as to any other.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { HubConfig } from '../../src/model/generated.js'
import { runEngine } from '../support/engine.js'
import { setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { makeLetter, PUSHED, receiverOf, send } from '../support/traffic.js'

const RECIPIENTS = 250
const LETTERS = 40
const codes = Array.from({ length: RECIPIENTS }, (_, n) => `H36.${5000 + n}`)

/** Agencies that one endpoint serves, four at a time, 50 ms each: two minutes of work for 10,000. */
function crowded (config: HubConfig, file: string): HubConfig {
  return {
    ...config,
    directory: { ...config.directory, files: [...config.directory.files, file] },
    endpoints: config.endpoints.map(endpoint => endpoint.id === 'so-tu-phap' ? { ...endpoint, serves: [...endpoint.serves, ...codes], concurrency: 4 } : endpoint)
  }
}

for (const setUp of await setUps()) {
  await t.test(setUp, async t => {
    const file = join(t.testdir(), 'communes.json')
    await writeFile(file, JSON.stringify({ agencies: codes.map(code => ({ code, name: `UBND xã ${code}`, level: 'xa', parent: 'H36' })) }))
    const { province, client, store } = await runEngine(t, setUp, config => crowded(config, file))
    const receiver = receiverOf(province, 'so-tu-phap')
    receiver.misbehave({ kind: 'slow', delayMs: 50 })
    for (let n = 0; n < LETTERS; n++) await send(client, makeLetter({ to: codes }))
    const delivered = receiver.counts.taken
    t.ok(delivered < RECIPIENTS * LETTERS * 0.2, `${RECIPIENTS * LETTERS - delivered} are waiting`)
    for (const [agency, endpoint] of [[PUSHED.justice, 'so-tu-phap'], [PUSHED.daLat, 'da-lat']] as const) {
      for (const priority of [1, 4]) {
        const beganAt = performance.now()
        const { deliveries: [delivery] } = await send(client, makeLetter({ to: [agency], priority }))
        await eventually(() => receiverOf(province, endpoint).has(delivery?.id ?? ''))
        const ms = performance.now() - beganAt
        t.comment(`${setUp}: priority ${priority} to ${endpoint} arrived after ${Math.round(ms)} ms, beside ${RECIPIENTS * LETTERS - receiver.counts.taken} that wait`)
        t.ok(ms < 2000)
      }
    }
    t.equal(receiver.counts.duplicates, 0)
    await store.probe()
  })
}
