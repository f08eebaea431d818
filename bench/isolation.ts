// The isolation benchmark: what 260 good endpoints notice of 40 bad ones. The same packages go to all 300 in every round; in every
// other round the 40 misbehave (15 refuse connections, 15 take them and never answer, 10 answer after five seconds). They come in
// blocks (well, ill, ill, well), and the ratio within a block is the result: a machine that is slow for a minute, or slower and slower,
// is so for both.
import { parseArgs } from 'node:util'
import { findServices } from '../test/support/services.js'
import { stopped } from './child.js'
import { median } from './measure.js'
import { openRig, runIsolationRound, THREE_HUNDRED, type IsolationRound } from './isolation/rig.js'
import { lookAround } from './isolation/surroundings.js'
import type { Place } from './variants.js'

const USAGE = 'npm run bench:isolation -- [--blocks 3] [--per-endpoint 5] [--connections 30] [--json]'

interface Block { well: IsolationRound[], ill: IsolationRound[] }

async function main (): Promise<number> {
  const { values } = parseArgs({ options: {
    blocks: { type: 'string', default: '3' }, 'per-endpoint': { type: 'string', default: '5' }, connections: { type: 'string', default: '30' }, json: { type: 'boolean', default: false }
  } })
  const [blocks, perEndpoint, connections] = [values.blocks, values['per-endpoint'], values.connections].map(Number) as [number, number, number]
  if (![blocks, perEndpoint, connections].every(value => Number.isInteger(value) && value > 0)) throw new TypeError(USAGE)
  const { postgresUrl, rabbitmqUrl } = await findServices()
  if (postgresUrl === undefined || rabbitmqUrl === undefined) {
    process.stderr.write('The benchmark needs PostgreSQL and RabbitMQ (LIENTHONG_TEST_POSTGRES_URL, LIENTHONG_TEST_RABBITMQ_URL).\n')
    return 3
  }
  const steps: Array<() => Promise<void>> = []
  const place = { postgresUrl, rabbitmqUrl, undo: (step: () => Promise<void>) => { steps.push(step) }, profile: undefined }
  try {
    return await Promise.race([stopped(), run(place, { blocks, perEndpoint, connections, json: values.json })])
  } finally {
    for (let last = steps.pop(); last !== undefined; last = steps.pop()) await last().catch((error: unknown) => { process.stderr.write(`not removed: ${String(error)}\n`) })
  }
}

async function run (place: Omit<Place, 'receiver'>, { blocks, perEndpoint, connections, json }: { blocks: number, perEndpoint: number, connections: number, json: boolean }): Promise<number> {
  const rig = await openRig(place, THREE_HUNDRED)
  const round = async (misbehaving: boolean): Promise<IsolationRound> => {
    const result = await runIsolationRound(rig, { misbehaving, perEndpoint, connections })
    process.stderr.write(`${misbehaving ? 'ill ' : 'well'}: ${Math.round(result.deliveredPerSecond)}/s, p99 ${Math.round(result.latency.p99)} ms, drained in ${result.drainSeconds.toFixed(1)} s\n`)
    return result
  }
  // Compilation and pools: does not count.
  await round(false)
  const results: Block[] = []
  for (let n = 0; n < blocks; n++) {
    const [first, second, third, fourth] = [await round(false), await round(true), await round(true), await round(false)]
    results.push({ well: [first, fourth], ill: [second, third] })
  }
  return report(results, await lookAround(rig.hub.pid, place), json)
}

function report (blocks: readonly Block[], surroundings: object, json: boolean): number {
  const ratio = (of: (round: IsolationRound) => number): number => median(blocks.map(({ well, ill }) => sum(ill.map(of)) / sum(well.map(of))))
  const [throughput, p99] = [ratio(({ deliveredPerSecond }) => deliveredPerSecond), ratio(({ latency }) => latency.p99)]
  const all = blocks.flatMap(({ well, ill }) => [...well, ...ill])
  const [missing, repeated] = [sum(all.map(round => round.missing)), sum(all.map(round => round.repeated))]
  process.stdout.write(`Good endpoints beside bad ones, medians of ${blocks.length} blocks of four rounds: throughput × ${throughput.toFixed(2)}, p99 × ${p99.toFixed(2)}; missing ${missing}, repeated ${repeated}\n`)
  process.stdout.write(`${Object.entries(surroundings).map(([name, value]) => `${name} ${String(value)}`).join(', ')}\n`)
  const ok = missing === 0 && throughput >= 0.95 && p99 <= 2
  if (json) process.stdout.write(`${JSON.stringify({ ok, throughput, p99, missing, repeated, ...surroundings, blocks })}\n`)
  return ok ? 0 : 1
}

function sum (values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
