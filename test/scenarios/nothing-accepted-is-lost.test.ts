// Promises 1 and 2: 202 means safe, and once in effect. The hub is killed twice in the middle of the traffic, each time
// without warning; a sender repeats what was not answered; at the end the books of both sides must agree.
import t from 'tap'
import { freePort, openProvince, setUps, spawnHub, type HubProcess } from '../support/hub.js'
import { allSettled, briskly, FETCHED, inParallel, listPackages, makeLetter, PUSHED, send, startFetching, takenBy, type AcceptedView, type Letter } from '../support/traffic.js'

const LETTERS = 500
const KILL_AT = [LETTERS / 2, LETTERS * 4 / 5]

function makeLetters (): Letter[] {
  const recipients = [[PUSHED.justice], [FETCHED], [PUSHED.justice, FETCHED], [PUSHED.daLat, PUSHED.justice, PUSHED.land]]
  return Array.from({ length: LETTERS }, (_, n) => makeLetter({
    to: recipients[n % recipients.length] ?? [],
    priority: n % 7 === 0 ? 2 : 0,
    // Every tenth is kept as a blob, not in the row.
    ...(n % 10 === 0 ? { size: 100_000 } : {})
  }))
}

for (const setUp of await setUps()) {
  await t.test(`${setUp}: a hub killed twice delivers everything it has accepted, once in effect`, async t => {
    const port = await freePort()
    const province = await openProvince(t, setUp, config => ({ ...briskly(config), http: { ...config.http, port } }))
    let hub: HubProcess = await spawnHub(t, province.config)
    const sender = province.client(hub.url, 'ubnd-tinh')
    const fetching = startFetching(province.client(hub.url, 'xa-di-linh'))
    t.teardown(async () => { await fetching.stop() })

    const letters = makeLetters()
    const accepted = new Map<Letter, AcceptedView>()
    const kills = [...KILL_AT]
    let restart: Promise<void> | undefined
    const restarts: Array<Promise<void>> = []
    await inParallel(letters, 20, async letter => {
      accepted.set(letter, await send(sender, letter))
      if (accepted.size !== kills[0]) return
      kills.shift()
      restart = hub.end('SIGKILL').then(async code => {
        t.equal(code, null, 'the signal ended it')
        hub = await spawnHub(t, province.config)
      })
      restarts.push(restart)
    })
    await Promise.all(restarts)
    t.equal(restarts.length, KILL_AT.length)

    const deliveries = await allSettled(sender)
    const packages = await listPackages(sender)
    t.same(new Set(packages.map(({ id }) => id)), new Set([...accepted.values()].map(({ id }) => id)), 'what was accepted is there, and nothing else')
    t.equal(packages.length, LETTERS, 'a repeated letter is one package')
    t.same(deliveries.filter(({ state }) => state !== 'delivered'), [], 'everything is delivered')

    const pushed = takenBy(province.receivers)
    t.same(new Set([...pushed.keys(), ...fetching.taken.keys()]), new Set(deliveries.map(({ id }) => id)), 'recipients have each delivery, and no other')
    t.same(new Set(deliveries.map(({ id }) => id)), new Set([...accepted.values()].flatMap(view => view.deliveries.map(({ id }) => id))), 'the sender was told each delivery')
    const contents = new Map([...accepted].map(([letter, { id }]) => [id, letter.sha256]))
    t.ok([...pushed.values()].every(({ packageId, sha256 }) => contents.get(packageId) === sha256), 'every byte is the sender’s')
    const repeats = [...province.receivers.values()].reduce((sum, { counts }) => sum + counts.duplicates, 0)
    t.comment(`${setUp}: ${deliveries.length} deliveries of ${LETTERS} packages, ${repeats} of them went over the wire again after a kill`)
    t.equal(await hub.end('SIGTERM'), 0)
  })
}
