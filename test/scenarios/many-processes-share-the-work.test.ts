// Several hub processes on one store and one broker share the work; when one dies, the others finish it.
import t from 'tap'
import { openProvince, setUps, spawnHub } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { allSettled, briskly, inParallel, makeLetter, PUSHED, receiverOf, send, takenBy } from '../support/traffic.js'

const available = await setUps()

await t.test('two processes share the work and survive the death of one', available.includes('services') ? {} : { skip: 'PostgreSQL or RabbitMQ does not answer' }, async t => {
  const LETTERS = 200
  const province = await openProvince(t, 'services', config => ({ ...briskly(config), broker: { ...config.broker, prefetch: 20 } }))
  const receiver = receiverOf(province, 'so-tu-phap')
  receiver.misbehave({ kind: 'slow', delayMs: 20 })
  const [first, second] = await Promise.all([spawnHub(t, province.config), spawnHub(t, province.config)])
  const [one, other] = [province.client(first.url, 'ubnd-tinh'), province.client(second.url, 'ubnd-tinh')]
  const letters = Array.from({ length: LETTERS }, (_, n) => makeLetter({ to: [PUSHED.justice], priority: n % 3 === 0 ? 1 : 0 }))

  // The same letter to both at once is one package.
  const [shared] = letters
  if (shared === undefined) throw new Error('no letters')
  const answers = await Promise.all([send(one, shared), send(other, shared)])
  t.same(answers.map(({ id }) => id), [answers[0].id, answers[0].id])
  t.same(answers.map(({ repeated }) => repeated).sort(), [false, true])

  const accepted = new Set([answers[0].id])
  let death: Promise<number | null> | undefined
  await inParallel(letters.slice(1), 10, async letter => {
    // A sender turns to the other process when one does not answer; the Idempotency-Key makes that safe.
    const answer = await send(accepted.size % 2 === 0 ? [one, other] : [other, one], letter)
    accepted.add(answer.id)
    if (accepted.size >= LETTERS / 2) death ??= eventually(() => receiver.counts.taken > 20).then(async () => await first.end('SIGKILL'))
  })
  t.equal(await death, null)

  const deliveries = await allSettled(other)
  t.equal(deliveries.length, LETTERS)
  t.same(deliveries.filter(({ state }) => state !== 'delivered'), [])
  t.same(new Set(deliveries.map(({ packageId }) => packageId)), accepted)
  t.same(new Set(takenBy(province.receivers).keys()), new Set(deliveries.map(({ id }) => id)))
  t.comment(`${receiver.counts.duplicates} deliveries went over the wire again after the death`)
  t.equal(await second.end('SIGTERM'), 0)
})
