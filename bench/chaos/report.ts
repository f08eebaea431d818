// What a run shows at its end: each kind of fault with the time to recover, the promises with what was found, and the evidence.
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { table } from '../../src/demo/table.js'
import type { Finding, Verdict } from './judge.js'
import { type HealedFault, recoverySeconds } from './recovery.js'
import { RECOVERY_MS } from './run.js'
import type { Told } from './told.js'

export interface Report {
  seed: number
  verdict: Verdict
  faults: readonly HealedFault[]
  settledSeconds: number
  retries: number
}

/** The four that must be empty, in the order in which they are shown. */
const PROMISES = ['lost', 'duplicated', 'overtaken', 'stuck'] as const
const MOST_EVIDENCE = 5
const MOST_LINES = 12

/** The longest time that anything took to be well again, seconds; Infinity when something never was. */
export function longestRecovery ({ faults, settledSeconds }: Pick<Report, 'faults' | 'settledSeconds'>): number {
  return Math.max(settledSeconds, ...faults.map(fault => recoverySeconds(fault, faults)))
}

/** Whether every promise was kept. */
export function isKept (report: Report): boolean {
  return PROMISES.every(name => report.verdict[name].length === 0) && longestRecovery(report) <= RECOVERY_MS / 1000
}

/** The object of `--json`. `recoverySeconds` is null when something never recovered. */
export function summarize (report: Report): object {
  const { seed, verdict } = report
  const found = Object.fromEntries(PROMISES.map(name => [name, verdict[name].length]))
  const longest = longestRecovery(report)
  return { seed, accepted: verdict.accepted, delivered: verdict.delivered, ...found, recoverySeconds: Number.isFinite(longest) ? Math.round(longest * 10) / 10 : null }
}

export function toText (report: Report): string {
  const { verdict, faults, settledSeconds, retries } = report
  const kinds = [...new Set(faults.map(({ name }) => name.split(' ')[0] ?? ''))].sort()
  const rows = kinds.map(kind => {
    const own = faults.filter(({ name }) => name.startsWith(`${kind} `))
    return [kind, String(own.length), secondsText(Math.max(...own.map(fault => recoverySeconds(fault, faults))))]
  })
  const facts: Array<[string, number | string]> = [
    ['packages accepted', verdict.packages],
    ['deliveries accepted', verdict.accepted],
    ['delivered', verdict.delivered],
    ['refused by the recipient', verdict.refused],
    ['cancelled by a revocation', verdict.cancelled],
    ['held, rightly', verdict.held],
    ...PROMISES.map((name): [string, number] => [name.toUpperCase(), verdict[name].length]),
    ['repeats with the same key', verdict.repeats],
    ['messages of the hub itself', verdict.foreign],
    ['posts tried again', retries],
    ['at rest after', secondsText(settledSeconds)],
    ['longest recovery', secondsText(longestRecovery(report))]
  ]
  return [table(['fault', 'times', 'longest recovery'], rows), '', table(['seed', String(report.seed)], facts.map(([name, value]) => [name, String(value)]))].join('\n')
}

function secondsText (seconds: number): string {
  return Number.isFinite(seconds) ? `${seconds.toFixed(1)} s` : 'never'
}

/** What to look at first: some findings of each kind with the hub's own history and the lines of the logs that name them. */
export async function evidenceOf ({ verdict, faults }: Report, { told, logs }: { told: Told, logs: string }): Promise<string> {
  const lines: string[] = []
  const shown = PROMISES.flatMap(name => verdict[name].slice(0, MOST_EVIDENCE))
  const named = await linesNaming(shown.flatMap(namesOf), logs)
  const traced = new Set<string>()
  for (const name of PROMISES) {
    if (verdict[name].length > MOST_EVIDENCE) lines.push(`${name}: the first ${MOST_EVIDENCE} of ${verdict[name].length}`)
    for (const finding of verdict[name].slice(0, MOST_EVIDENCE)) {
      lines.push(`${name}: ${finding.what}`)
      const { packageId = '' } = finding
      const history = packageId === '' || traced.has(packageId) ? [] : await told.timeline(packageId)
      traced.add(packageId)
      lines.push(...[...history, ...namesOf(finding).flatMap(each => named.get(each) ?? [])].slice(0, MOST_LINES).map(line => `    ${line}`))
    }
  }
  for (const fault of faults) {
    const seconds = recoverySeconds(fault, faults)
    if (seconds > RECOVERY_MS / 1000) lines.push(`recovered late: ${fault.name}: ${secondsText(seconds)}`)
  }
  return lines.join('\n')
}

function namesOf ({ packageId, deliveryId }: Finding): string[] {
  return [packageId ?? '', deliveryId ?? ''].filter(name => name !== '')
}

/** The first lines of all logs in which each name stands, line by line: the logs of a long run are large. */
async function linesNaming (names: readonly string[], logs: string): Promise<Map<string, string[]>> {
  const found = new Map(names.map((name): [string, string[]] => [name, []]))
  for (const file of await readdir(logs)) {
    for await (const line of createInterface({ input: createReadStream(join(logs, file)) })) {
      for (const [name, lines] of found) if (lines.length < MOST_LINES && line.includes(name)) lines.push(`${file}: ${line.slice(0, 400)}`)
    }
  }
  return found
}
