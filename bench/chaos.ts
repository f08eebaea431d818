// Chaos: shows that the hub keeps its promises while everything around it, and it itself, dies, hangs and comes back.
//
// Design. A run has a PostgreSQL and a RabbitMQ of its own, two hub processes as in production, and fake agency systems. It
// posts packages of all kinds at a steady rate, while tracks of faults drawn from a seed strike and heal. Then everything is
// healed, and the hub has 30 s to come to rest by itself. A judge compares three books: what was answered with 202, what the
// recipients saw, and what the hub says. Only the runner's own processes are touched, and nothing of them is left.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChaosOptions, readOptions, USAGE } from './chaos/options.js'
import { judge } from './chaos/judge.js'
import { evidenceOf, isKept, type Report, summarize, toText } from './chaos/report.js'
import { playRun } from './chaos/run.js'
import { planFaults } from './chaos/schedule.js'
import { type Agency, STEADY } from './chaos/agencies.js'
import { openSurroundings } from './chaos/surroundings.js'

type Undo = (step: () => Promise<void>) => void

/** Runs it. Resolves with the exit code: 0 every promise kept, 1 not, 2 wrong arguments, 130 and the like when stopped. */
async function main (): Promise<number> {
  const options = parse()
  if (options === undefined) return 2
  const steps: Array<() => Promise<void>> = []
  try {
    return await Promise.race([stopped(), crashed(), run(options, step => { steps.push(step) })])
  } finally {
    for (let last = steps.pop(); last !== undefined; last = steps.pop()) {
      await last().catch((error: unknown) => { say(`not removed: ${String(error)}`) })
    }
  }
}

function parse (): ChaosOptions | undefined {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`)
    return undefined
  }
}

async function run (options: ChaosOptions, undo: Undo): Promise<number> {
  const { seed, minutes, rate, setUp, output, folder } = options
  const place = await mkdtemp(join(tmpdir(), 'lienthong-chaos-'))
  undo(async () => { if (folder === 'kept') say(`kept: ${place}`); else await rm(place, { recursive: true, force: true, maxRetries: 10 }) })
  // PostgreSQL may run as another user, and has to reach its data below.
  await chmod(place, 0o711)
  const logs = join(place, 'logs')
  say(`seed ${seed}, ${minutes} min, ${rate} packages/s, ${setUp}; logs in ${logs}`)
  const surroundings = await openSurroundings({ folder: place, logs, setUp, seed, undo })
  const codesOf = (adapter: Agency['adapter']): string[] => surroundings.agencies.filter(agency => agency.adapter === adapter && agency.code !== STEADY).map(({ code }) => code)
  const surface = { embedded: setUp === 'embedded', pushed: codesOf('webhook'), national: codesOf('vxp'), fetching: codesOf('inbox') }
  const { faults, told, settledSeconds } = await playRun(surroundings, { tracks: planFaults(seed, minutes * 60, surface), seconds: minutes * 60, rate, say })
  const { book: { sent, observations }, sender: { retries }, deaths } = surroundings
  const verdict = judge({ sent, observations, told: told.deliveries() })
  // Somebody would have to start it again.
  verdict.stuck.unshift(...deaths.map(what => ({ what })))
  const report: Report = { seed, verdict, faults, settledSeconds, retries }
  const kept = isKept(report)
  process.stdout.write(`\n${toText(report)}\n\n${kept ? '✔ every promise was kept' : '✘ not every promise was kept'}\n`)
  if (!kept) process.stdout.write(`${await evidenceOf(report, { told, logs })}\nAgain with the same faults: npm run chaos -- --seed ${seed} --minutes ${minutes} --rate ${rate}${setUp === 'embedded' ? ' --embedded' : ''} --keep\n`)
  if (output === 'json') process.stdout.write(`${JSON.stringify(summarize(report))}\n`)
  return kept ? 0 : 1
}

/** Ctrl-C and the like: what was started is taken away all the same, because the caller of `main` goes on from here. */
async function stopped (): Promise<number> {
  return await new Promise(resolve => {
    for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) process.on(signal, () => { resolve(code) })
  })
}

/** A defect of the runner itself, wherever it happens, must not leave servers behind. */
async function crashed (): Promise<number> {
  return await new Promise(resolve => {
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, (error: unknown) => { say(`the run crashed: ${error instanceof Error ? error.stack ?? error.message : String(error)}`); resolve(1) })
  })
}

function say (line: string): void {
  process.stderr.write(`${line}\n`)
}

// A reader that goes away (`| head`) must not end this process before it has removed what it started.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

try {
  process.exitCode = await main()
} catch (error) {
  say(error instanceof Error ? error.stack ?? error.message : String(error))
  process.exitCode = 1
}
// Connections that a dead process left open must not keep the run from ending.
process.exit()
