// `lienthong demo`: the hub's main job on real input, to be watched. Uses the public API only, as an agency would.
import { randomInt } from 'node:crypto'
import { startHub } from '../hub.js'
import { createLog } from '../log.js'
import { printError } from '../print.js'
import { startAgencies, type Answered } from './agencies.js'
import { createApiClient, type ApiClient } from './client.js'
import { prepareProvince, type Province } from './province.js'
import { printReport, summarize, type Report, type Row } from './report.js'
import { buildScenario, type BadPackage, type DemoPackage } from './scenario.js'

export interface DemoOptions {
  /** Store, broker and blobs in place of the embedded ones. */
  configFile?: string
  /** `settled`: stop by itself; `stopped`: keep running until SIGINT or SIGTERM. */
  until: 'settled' | 'stopped'
  output: 'table' | 'json'
}

interface PackageAnswer {
  id: string
  envelope: { kind: string, notation?: string, from: { code: string } }
  acceptedAt: string
  deliveries: Array<{ to: string, axis?: string, adapter?: string, state: string, attempts: number, settledAt?: string, problem?: { title: string } }>
}
interface ProblemAnswer { code: string, title: string, detail: string, errors?: Array<{ pointer: string, detail: string }> }

/** All deliveries must be settled within this time. */
const PATIENCE_MS = 60_000
/** 6 from the scenario, then 01 and 03 for each document the department of justice got, and its onward dossier. */
const ANSWERS_EXPECTED = 3
const FINAL = ['delivered', 'refused', 'dead', 'expired', 'cancelled']

/** Runs the demo. Resolves with the exit code: 0 only when every expected delivery was made and every bad package refused rightly. */
export async function runDemo ({ configFile, until, output }: DemoOptions): Promise<number> {
  const startedAt = performance.now()
  const stopped = new Promise<void>(resolve => { for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { resolve() }) })
  let province: Province | undefined
  try {
    say('Khởi động hub với tỉnh mẫu Lâm Đồng (H36) · starting the hub with the sample province')
    province = await prepareProvince(configFile)
    const hub = await startHub({ config: province.config, log: createLog(province.config.log) })
    try {
      const report = await play(hub.url, province, startedAt)
      printReport(report, { url: hub.url, key: province.keys.get('van-hanh') ?? '' })
      if (output === 'json') process.stdout.write(`${JSON.stringify(summarize(report))}\n`)
      if (until === 'stopped') await stopped
      return report.ok ? 0 : 1
    } finally {
      await hub.stop()
    }
  } catch (error) {
    printError(error)
    return 1
  } finally {
    await province?.close()
  }
}

async function play (url: string, province: Province, startedAt: number): Promise<Report> {
  const run = String(randomInt(1000, 9999))
  const faults: string[] = []
  const { packages, bad } = await buildScenario({ run, at: Date.now() })
  const agencies = startAgencies({ url, province, run, onFault: what => { faults.push(what) } })
  const client = (id: string): ApiClient => createApiClient(url, province.keys.get(id) ?? '')
  try {
    const sent: Answered[] = []
    for (const each of packages) sent.push(...await send(client(each.client), each, faults))
    let refused = 0
    for (const each of bad) refused += await sendBad(client(each.client), each, faults)
    const operator = client('van-hanh')
    const rows = await watch(operator, () => [...sent, ...agencies.answered], { packages: packages.length + ANSWERS_EXPECTED, faults })
    for (const each of province.receivers.values()) if (each.counts.rejected > 0) faults.push('a receiver rejected a signature or digest')
    return { ok: faults.length === 0, seconds: (performance.now() - startedAt) / 1000, refused, refusalsExpected: bad.length, rows, faults }
  } finally {
    await agencies.stop()
  }
}

async function send (client: ApiClient, { title, client: id, contentType, body, expect }: DemoPackage, faults: string[]): Promise<Answered[]> {
  const headers: Record<string, string> = body instanceof FormData ? {} : { 'content-type': contentType }
  const answer = await client.post<{ id: string, deliveries: unknown[] }>('/v1/packages', body, headers)
  say(`  → ${title}: ${answer.status === 202 ? `202, ${answer.body.deliveries.length} nơi nhận` : `${answer.status} ${JSON.stringify(answer.body)}`}`)
  if (answer.status === 202) return [{ title, client: id, packageId: answer.body.id, expect }]
  faults.push(`${title}: was answered ${answer.status}`)
  return []
}

async function sendBad (client: ApiClient, { title, contentType, body, expect }: BadPackage, faults: string[]): Promise<number> {
  const { status, body: problem } = await client.post<ProblemAnswer>('/v1/packages', body, { 'content-type': contentType })
  say(`  ✗ ${title}: ${status} ${problem.code}`)
  for (const { pointer, detail } of problem.errors ?? []) say(`      ${pointer}: ${detail}`)
  const right = status === expect.status && problem.code === expect.code && (problem.errors ?? []).some(({ pointer }) => pointer !== '')
  if (!right) faults.push(`${title}: expected ${expect.status} ${expect.code} with a place, got ${status} ${problem.code}`)
  return right ? 1 : 0
}

/** Polls the packages until all are settled; says each change once. */
async function watch (operator: ApiClient, sent: () => Answered[], { packages, faults }: { packages: number, faults: string[] }): Promise<Row[]> {
  const said = new Map<string, string>()
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const rows: Row[] = []
    for (const each of sent()) rows.push(...rowsOf(each, (await operator.get<PackageAnswer>(`/v1/packages/${each.packageId}`)).body))
    for (const { title, to, state, attempts } of rows) {
      const key = `${title} → ${to}`
      const news = `${state}${attempts > 1 ? `, lần ${attempts}` : ''}`
      if (said.get(key) !== news && state !== 'queued' && state !== 'active') say(`  · ${key}: ${news}`)
      said.set(key, news)
    }
    const settled = rows.every(({ state }) => FINAL.includes(state)) && sent().length >= packages
    if (settled || performance.now() > deadline) {
      if (!settled) faults.push(`not settled after ${PATIENCE_MS / 1000} s`)
      faults.push(...rows.filter(({ right }) => !right).map(({ title, to, state, axis }) => `${title} → ${to}: ${state} on ${axis}`))
      return rows
    }
    await new Promise(resolve => setTimeout(resolve, 150))
  }
}

function rowsOf ({ title, expect }: Answered, { envelope, acceptedAt, deliveries }: PackageAnswer): Row[] {
  return deliveries.map(({ to, axis = '', adapter = '', attempts, state, settledAt }) => ({
    title,
    package: envelope.notation ?? envelope.kind,
    from: envelope.from.code,
    to,
    axis,
    adapter,
    attempts,
    state,
    ms: settledAt === undefined ? null : Date.parse(settledAt) - Date.parse(acceptedAt),
    right: state === 'delivered' && expect[to] === axis
  }))
}

function say (line: string): void {
  process.stdout.write(`${line}\n`)
}
