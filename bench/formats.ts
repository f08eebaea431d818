// What reading, writing and checking formats costs, as ratios to xml2js on the same bytes. A list of cases: each may compare
// itself with a unit that runs in the same rounds, so that a busy machine slows both. `--quick` only shows that it runs.
import { writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { DECODE_CASES } from './formats/decode.js'
import { ENCODE_CASES } from './formats/encode.js'
import { SIGNATURE_CASES } from './formats/signatures.js'
import type { FormatCase, Row } from './formats/case.js'
import { LARGE_CASES, measureLarge } from './formats/large.js'

const CASES: readonly FormatCase[] = [...DECODE_CASES, ...ENCODE_CASES, ...SIGNATURE_CASES]
const { values: { json, quick } } = parseArgs({ options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } } })
const { rounds, warmUpMs, roundMs, largeMb } = quick
  ? { rounds: 1, warmUpMs: 0, roundMs: 0, largeMb: 2 }
  : { rounds: 15, warmUpMs: 1500, roundMs: 120, largeMb: 100 }

function cpuMs (): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** CPU ms per run, over runs that take about `ms`. */
async function timed (run: () => unknown, ms: number): Promise<number> {
  const startedAt = performance.now()
  const before = cpuMs()
  let runs = 0
  do {
    for (let each = 0; each < 10; each++) await run()
    runs += 10
  } while (performance.now() - startedAt < ms)
  return (cpuMs() - before) / runs
}

function median (values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}

const samples = new Map<string, number[]>(CASES.map(({ name }) => [name, []]))
for (const { run } of CASES) await timed(run, warmUpMs)
for (let round = 0; round < rounds; round++) {
  for (const { name, run } of CASES) samples.get(name)?.push(await timed(run, roundMs))
}
const medians = new Map([...samples].map(([name, values]) => [name, median(values)]))
const rows: Row[] = CASES.map(({ name, unit, atMost }) => {
  const ms = medians.get(name) ?? 0
  const ratio = unit === undefined ? undefined : ms / (medians.get(unit) ?? 1)
  return { name, cpuMs: round(ms), ...(ratio === undefined ? {} : { unit, ratio: round(ratio), atMost, met: atMost === undefined || ratio <= atMost }) }
})
const large = []
for (const each of LARGE_CASES) large.push({ name: each.name(largeMb), ...await measureLarge(each, largeMb) })

function round (value: number): number {
  return Math.round(value * 1000) / 1000
}

const lines = rows.map(({ name, cpuMs: ms, unit, ratio, atMost }) =>
  `${name.padEnd(44)} ${ms.toFixed(3).padStart(8)} ms CPU${ratio === undefined ? '' : `  ${ratio.toFixed(2)} × ${String(unit)}${atMost === undefined ? '' : ` (at most ${round(atMost)})`}`}`)
for (const { name, mbPerCpuSecond, growthMb, loopMs } of large) {
  lines.push(`${name.padEnd(44)} ${mbPerCpuSecond} MB/s of file per CPU second (at least 60), ${growthMb} MB growth (at most 60), loop blocked at most ${loopMs} ms (at most 50)`)
}
writeSync(1, `${lines.join('\n')}\n`)
if (json) writeSync(1, `${JSON.stringify({ rows, large })}\n`)
