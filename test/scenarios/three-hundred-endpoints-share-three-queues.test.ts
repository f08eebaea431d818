// Promise 4 in numbers: of 300 endpoints 30 are dead (half refuse, half are silent) and 10 slow; the other 260 notice nothing. A short
// version of `npm run bench:isolation`, with room for the noise of a machine that does other things, too.
import t from 'tap'
import { openRig, runIsolationRound, THREE_HUNDRED } from '../../bench/isolation/rig.js'
import { lookAround } from '../../bench/isolation/surroundings.js'
import { median } from '../../bench/measure.js'
import { findServices } from '../support/services.js'

const { postgresUrl, rabbitmqUrl } = await findServices()

await t.test('260 good endpoints keep their throughput and their latency beside 40 bad ones', postgresUrl === undefined || rabbitmqUrl === undefined ? { skip: 'PostgreSQL or RabbitMQ does not answer' } : {}, async t => {
  if (postgresUrl === undefined || rabbitmqUrl === undefined) return
  const steps: Array<() => Promise<void>> = []
  t.teardown(async () => { for (let last = steps.pop(); last !== undefined; last = steps.pop()) await last() })
  const rig = await openRig({ postgresUrl, rabbitmqUrl, undo: step => { steps.push(step) }, profile: undefined }, THREE_HUNDRED)
  const rounds = { well: [] as Array<Awaited<ReturnType<typeof runIsolationRound>>>, ill: [] as Array<Awaited<ReturnType<typeof runIsolationRound>>> }
  await runIsolationRound(rig, { misbehaving: false, perEndpoint: 1, connections: 20 })
  for (const kind of ['well', 'ill', 'ill', 'well', 'well', 'ill'] as const) {
    const round = await runIsolationRound(rig, { misbehaving: kind === 'ill', perEndpoint: 2, connections: 20 })
    t.comment(`${kind}: ${Math.round(round.deliveredPerSecond)} delivered/s to good endpoints, p99 ${Math.round(round.latency.p99)} ms, rest drained in ${round.drainSeconds.toFixed(1)} s`)
    t.same([round.missing, round.repeated], [0, 0], 'every package arrives, once')
    rounds[kind].push(round)
  }
  const ratio = (of: (round: (typeof rounds.well)[number]) => number): number => median(rounds.ill.map((round, n) => of(round) / of(rounds.well[n] ?? round)))
  const [throughput, p99] = [ratio(({ deliveredPerSecond }) => deliveredPerSecond), ratio(({ latency }) => latency.p99)]
  const { queues, postgresConnections, rabbitmqConnections, load } = await lookAround(rig.hub.pid, { postgresUrl, rabbitmqUrl })
  t.comment(`throughput × ${throughput.toFixed(2)}, p99 × ${p99.toFixed(2)}; ${queues} queues, ${postgresConnections} connections to PostgreSQL, ${rabbitmqConnections} to RabbitMQ, load ${load.toFixed(1)}`)
  t.ok(throughput > 0.8, 'they get what they got without the bad ones')
  t.ok(p99 < 2.5, 'as fast')
  t.ok(queues === 3 && rabbitmqConnections <= 2 && postgresConnections <= 20, 'however many endpoints there are')
})
