// Hostile inputs by the thousand, from a fixed seed: mutated samples must end as decoded or refused with a HubError within a
// second, what is accepted must fit the contract, and memory must stay bounded. CPU time counts at once; time on the clock, which
// a busy machine stretches, when the same input is slow again and again.
// `--inputs N --seed N --json`.
import { readdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { HubError } from '../src/errors.js'
import { DEFAULT_LIMITS, type Codec, type DecodeContext } from '../src/formats/codec.js'
import { dossierCodec } from '../src/formats/dossier/index.js'
import { edxmlCodec } from '../src/formats/edxml/index.js'
import { faultsOf } from '../src/schema.js'
import { createMemoryContext } from '../test/support/spool.js'
import { createMutator } from './fuzz/mutate.js'

const { values } = parseArgs({ options: { inputs: { type: 'string', default: '20000' }, seed: { type: 'string', default: '102' }, json: { type: 'boolean', default: false } } })
const inputs = Number(values.inputs)
const SLOWEST_MS = 1000
const MOST_GROWTH_MB = 300

interface Seed { name: string, codec: Codec, bytes: Buffer }

function seedsOf (folder: string, ending: string, codec: Codec): Seed[] {
  const directory = new URL(`../../test/fixtures/${folder}/`, import.meta.url)
  return readdirSync(directory).filter(name => name.endsWith(ending)).map(name => ({ name, codec, bytes: readFileSync(new URL(name, directory)) }))
}

const seeds = [...seedsOf('edxml', '.edxml', edxmlCodec), ...seedsOf('edxml/variants', '.edxml', edxmlCodec), ...seedsOf('dossier', '.json', dossierCodec)]
const { mutate, chunks } = createMutator(Number(values.seed), seeds.map(({ bytes }) => bytes))
const outcomes = new Map<string, number>()
const failures: string[] = []
let slowestMs = 0
let slowest = ''
let peak = 0

async function * none (): AsyncGenerator<never> {}

/** The code of the refusal, `decoded` or `faults`. */
async function outcomeOf ({ codec }: Seed, pieces: AsyncIterable<Buffer>, context: DecodeContext): Promise<string> {
  try {
    const { envelope, content, faults } = await codec.decode(pieces, none(), context)
    if (faults.length > 0) return 'faults'
    const wrong = [...faultsOf('envelope', envelope), ...(content.kind === 'document' ? faultsOf('document', content.document) : content.kind === 'status' ? faultsOf('status', content.status) : faultsOf('dossier', content.dossier))]
    if (wrong.length > 0) throw new Error(`accepted against the contract: ${JSON.stringify(wrong[0])}`)
    return 'decoded'
  } catch (error) {
    if (error instanceof HubError && error.code !== 'INTERNAL') return error.code
    throw error
  }
}

/** Passes the pieces on and keeps them, so that an input can be read again just as it was. */
async function * keep (pieces: AsyncIterable<Buffer>, kept: Buffer[]): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    kept.push(piece)
    yield piece
  }
}

async function isSlowAgain (seed: Seed, kept: readonly Buffer[]): Promise<boolean> {
  for (let tries = 0; tries < 2; tries++) {
    const begunAt = performance.now()
    await outcomeOf(seed, (async function * () { yield * kept })(), createMemoryContext(DEFAULT_LIMITS)).catch(() => {})
    if (performance.now() - begunAt <= SLOWEST_MS) return false
  }
  return true
}

global.gc?.()
const before = process.memoryUsage.rss()
const startedAt = performance.now()
for (let n = 0; n < inputs; n++) {
  const seed = seeds[n % seeds.length]
  if (seed === undefined) break
  const bytes = mutate(seed.bytes)
  const kept: Buffer[] = []
  const [begun, begunAt] = [process.cpuUsage(), performance.now()]
  let outcome: string
  try {
    outcome = await outcomeOf(seed, keep(chunks(bytes), kept), createMemoryContext(DEFAULT_LIMITS))
  } catch (error) {
    outcome = 'CRASH'
    failures.push(`input ${n} from ${seed.name}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`)
  }
  const { user, system } = process.cpuUsage(begun)
  const ms = (user + system) / 1000
  const clockMs = performance.now() - begunAt
  if (clockMs > SLOWEST_MS && await isSlowAgain(seed, kept)) failures.push(`input ${n} from ${seed.name}: ${Math.round(clockMs)} ms, and as slow again`)
  if (ms > SLOWEST_MS) failures.push(`input ${n} from ${seed.name}: ${Math.round(ms)} ms of CPU`)
  // The first round compiles schemas and code.
  if (n >= seeds.length && ms > slowestMs) { slowestMs = ms; slowest = `input ${n} from ${seed.name}` }
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  if (n % 500 === 0) peak = Math.max(peak, process.memoryUsage.rss())
}
peak = Math.max(peak, process.memoryUsage.rss())
const growthMb = Math.round((peak - before) / 2 ** 20)
if (growthMb > MOST_GROWTH_MB) failures.push(`memory grew by ${growthMb} MB`)
const figures = {
  inputs,
  seed: Number(values.seed),
  seconds: Math.round((performance.now() - startedAt) / 1000),
  slowestMs: Math.round(slowestMs),
  slowest,
  growthMb,
  outcomes: Object.fromEntries([...outcomes].sort(([, a], [, b]) => b - a)),
  failures: failures.length
}
for (const failure of failures.slice(0, 10)) console.log(failure)
if (values.json) console.log(JSON.stringify(figures))
else console.log(figures)
process.exitCode = failures.length === 0 ? 0 : 1
