// The benchmark: how much of a bare pipeline's speed is left when the hub keeps its promises.
//
// Design. The hub and the reference pipeline (reference.ts) run at the same time as processes of their own, on the same
// PostgreSQL and RabbitMQ, and take turns: hub, reference, reference, hub … A machine that is slower for a minute is slower
// for both, and the ratio of neighbouring rounds, not a figure alone, is the result. Both get the same bytes from the same
// load generator over as many connections, and deliver to the same receiver; each of those is a process of its own, so
// that the CPU time of the measured process is its own. The first round of each does not count (compilation, pools).
// Every package has a number in it; the receiver notes each, and a number that is missing or comes twice fails the run.
// After the closed loop (as fast as answers come) one round is paced at half of what the slower of the two can do:
// times under a load that does not fill queues. There a package is late from the moment at which it should have been sent.
import { findServices } from '../test/support/services.js'
import { type Child, startChild, stopped } from './child.js'
import { median } from './measure.js'
import { type BenchOptions, packagesFor, readOptions, USAGE, type VariantName } from './options.js'
import { makeTemplate, type PackageTemplate } from './packages.js'
import { middleOf, type SizeReport, toTable } from './report.js'
import { type Round, runRound } from './rounds.js'
import { OPEN, type Variant } from './variants.js'

/** A paced round lasts about this long. */
const PACED_SECONDS = 4

interface Bench { options: BenchOptions, variants: Variant[], load: Child, receiver: Child }

/** Runs the benchmark. Resolves with the exit code: 0 all arrived once, 1 not, 2 wrong arguments, 3 no services. */
async function main (): Promise<number> {
  const options = parse()
  if (options === undefined) return 2
  const { postgresUrl, rabbitmqUrl } = await findServices()
  if (postgresUrl === undefined || rabbitmqUrl === undefined) {
    process.stderr.write(`The benchmark needs PostgreSQL (${postgresUrl === undefined ? 'does not answer' : 'answers'}) and RabbitMQ (${rabbitmqUrl === undefined ? 'does not answer' : 'answers'}).
Name them in LIENTHONG_TEST_POSTGRES_URL and LIENTHONG_TEST_RABBITMQ_URL.\n`)
    return 3
  }
  const steps: Array<() => Promise<void>> = []
  const undo = (step: () => Promise<void>): void => { steps.push(step) }
  try {
    return await Promise.race([stopped(), run({ options, postgresUrl, rabbitmqUrl, undo })])
  } finally {
    for (let last = steps.pop(); last !== undefined; last = steps.pop()) {
      await last().catch((error: unknown) => { process.stderr.write(`not removed: ${String(error)}\n`) })
    }
  }
}

function parse (): BenchOptions | undefined {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`)
    return undefined
  }
}

interface Surroundings { options: BenchOptions, postgresUrl: string, rabbitmqUrl: string, undo: (step: () => Promise<void>) => void }

async function run ({ options, postgresUrl, rabbitmqUrl, undo }: Surroundings): Promise<number> {
  const [receiver, load] = await Promise.all(['receiver', 'load'].map(async name => {
    const child = await startChild(name)
    undo(async () => { await child.stop() })
    return child
  }))
  if (receiver === undefined || load === undefined) return 1
  const address = await receiver.ask<string>({ kind: 'address' })
  const variants: Variant[] = []
  for (const name of namesOf(options)) variants.push(await OPEN[name]({ postgresUrl, rabbitmqUrl, receiver: address, undo, profile: options.profile }))
  const reports: SizeReport[] = []
  for (const size of options.sizes) reports.push(await measureSize(size, { options, variants, load, receiver }))
  const faults = await receiver.ask<string[]>({ kind: 'faults' })
  process.stdout.write(`\n${toTable(reports)}\n`)
  for (const each of faults.slice(0, 20)) process.stderr.write(`${each}\n`)
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: faults.length === 0, connections: options.connections, sizes: reports })}\n`)
  return faults.length === 0 ? 0 : 1
}

function namesOf ({ only }: BenchOptions): VariantName[] {
  return only === undefined ? ['hub', 'reference'] : [only]
}

/** Numbers of packages are used once in a run, by each variant. */
let nextNumber = 1

async function measureSize (size: number, bench: Bench): Promise<SizeReport> {
  const template = makeTemplate(size)
  const packages = packagesFor(size, bench.options)
  const counted = new Map<Variant, Round[]>(bench.variants.map(variant => [variant, []]))
  for (let n = 0; n <= bench.options.rounds; n++) {
    const turn = await takeTurns({ bench, template, count: packages, reversed: n % 2 === 1 })
    for (const [variant, round] of turn) {
      const counts = n > 0
      if (counts) counted.get(variant)?.push(round)
      process.stderr.write(`${size} B, ${counts ? `round ${n}` : 'warm-up'}, ${variant.name}: ${Math.round(round.deliveredPerSecond)} delivered/s\n`)
    }
  }
  const closed = Object.fromEntries([...counted].map(([{ name }, rounds]) => [name, middleOf(rounds)]))
  const perSecond = Math.min(...Object.values(closed).map(({ deliveredPerSecond }) => deliveredPerSecond)) / 2
  const paced = await takeTurns({ bench, template, count: Math.ceil(perSecond * PACED_SECONDS), perSecond })
  const [hub, reference] = ['hub', 'reference'].map(name => [...counted].find(([variant]) => variant.name === name)?.[1])
  const ratios = (hub ?? []).flatMap(({ deliveredPerSecond }, n) => reference?.[n] === undefined ? [] : deliveredPerSecond / reference[n].deliveredPerSecond)
  return {
    size,
    packages,
    closed,
    paced: { perSecond, rounds: Object.fromEntries([...paced].map(([{ name }, round]) => [name, round])) },
    ratios,
    ...(ratios.length === 0 ? {} : { ratio: median(ratios) })
  }
}

interface Turn { bench: Bench, template: PackageTemplate, count: number, reversed?: boolean, perSecond?: number }

/** One round of each variant, with the same packages. */
async function takeTurns ({ bench, template, count, reversed, perSecond }: Turn): Promise<Map<Variant, Round>> {
  const { variants, load, receiver, options: { connections } } = bench
  const rounds = new Map<Variant, Round>()
  const first = nextNumber
  nextNumber += count
  for (const variant of reversed === true ? variants.toReversed() : variants) {
    rounds.set(variant, await runRound({ variant, load, receiver, template, first, count, connections, perSecond }))
  }
  return rounds
}

// A reader that goes away (`| head`) must not end this process before it has removed what it made.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
