// `lienthong demo`: the hub's main job on real input, to be watched. Uses the public API only, as an agency would.
import { randomInt } from 'node:crypto'
import { startHub } from '../hub.js'
import { createLog } from '../log.js'
import { printError } from '../print.js'
import { startAgencies, type Answered } from './agencies.js'
import { createApiClient, type ApiClient } from './client.js'
import { checkNation, findArrived, isAcknowledged, offer } from './nation.js'
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
/** 01 and 03 for each of the two documents that the department of justice gets, and its onward dossier. */
const ANSWERS_EXPECTED = 5
const FINAL = ['delivered', 'refused', 'dead', 'expired', 'cancelled']

/** Runs the demo. Resolves with the exit code: 0 only when every expected delivery was made and every bad package refused rightly. */
export async function runDemo (options: DemoOptions): Promise<number> {
  const report = await playAll(options)
  // After everything has ended: a request under way would still write its line into the log.
  if (report !== undefined && options.output === 'json') process.stdout.write(`${JSON.stringify(summarize(report))}\n`)
  return report?.ok === true ? 0 : 1
}

/** What was played, the hub stopped; undefined, said on standard error, when it could not be. */
async function playAll ({ configFile, until }: DemoOptions): Promise<Report | undefined> {
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
      if (until === 'stopped') await stopped
      return report
    } finally {
      await hub.stop()
    }
  } catch (error) {
    printError(error)
    return undefined
  } finally {
    await province?.close()
  }
}

async function play (url: string, province: Province, startedAt: number): Promise<Report> {
  const run = String(randomInt(1000, 9999))
  const faults: string[] = []
  const { packages, incoming, bad } = await buildScenario({ run, at: Date.now() })
  const agencies = startAgencies({ url, province, run, onFault: what => { faults.push(what) } })
  const { axis, portal } = province
  if (axis === undefined || portal === undefined) throw new Error('the sample has no national axis')
  const nation = { axis, portal }
  // Its first answer gets lost after it has taken the document: the second attempt asks, and does not send it twice.
  axis.faults.resetAfterCommit = 1
  const client = (id: string): ApiClient => createApiClient(url, province.keys.get(id) ?? '')
  try {
    const sent: Answered[] = []
    for (const each of incoming) await offer(nation, each)
    for (const each of packages) sent.push(...await send(client(each.client), each, faults))
    let refused = 0
    for (const each of bad) refused += await sendBad(client(each.client), each, faults)
    const operator = client('van-hanh')
    const all = async (): Promise<Answered[]> => [...sent, ...await findArrived(operator, incoming), ...agencies.answered]
    const rows = await watch(operator, { all, packages: packages.length + incoming.length + ANSWERS_EXPECTED, isQuiet: () => isAcknowledged(nation), faults })
    faults.push(...checkNation(nation, { rows, run }))
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

interface Watching { all: () => Promise<Answered[]>, packages: number, isQuiet: () => boolean, faults: string[] }

/** Polls the packages until all are settled; says each change once. */
async function watch (operator: ApiClient, { all, packages, isQuiet, faults }: Watching): Promise<Row[]> {
  const said = new Map<string, string>()
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const rows: Row[] = []
    const sent = await all()
    for (const each of sent) rows.push(...rowsOf(each, (await operator.get<PackageAnswer>(`/v1/packages/${each.packageId}`)).body))
    for (const { title, to, state, attempts } of rows) {
      const key = `${title} → ${to}`
      const news = `${state}${attempts > 1 ? `, lần ${attempts}` : ''}`
      if (said.get(key) !== news && state !== 'queued' && state !== 'active') say(`  · ${key}: ${news}`)
      said.set(key, news)
    }
    const settled = rows.every(({ state }) => FINAL.includes(state)) && sent.length >= packages && isQuiet()
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
