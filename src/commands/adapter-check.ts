// `lienthong adapter check`: runs the conformance suite against an adapter and its harness, and tells the result in words and as JSON.
import { createHash } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { type PromiseResult, runConformance } from '../adapter/conformance.js'
import { CONTRACT, folderOf, loadAdapter, loadHarness } from '../adapter/load.js'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import { IN_VIETNAMESE } from './promises-vi.js'
import { readSigned, readSigningKey, signReport } from './sign-report.js'

export interface CheckOptions {
  /** File that the report is written to as JSON. */
  json?: string | undefined
  /** File with the private key; the signature is written beside the report, with `.sig`. */
  sign?: string | undefined
  /** Version of this hub. */
  hub: string
  now: () => number
  print: (lines: string) => void
}

/** What is written and signed. */
export interface CheckReport {
  /** `sha256`: of the adapter's files, node_modules left out, so that the report speaks of these and no others. */
  readonly adapter: { readonly name: string, readonly version: string, readonly sha256: string }
  readonly contract: number
  readonly hub: string
  readonly node: string
  /** ISO 8601. */
  readonly checkedAt: string
  readonly verdict: 'kept' | 'broken'
  readonly promises: readonly PromiseResult[]
}

/** Answers true when no promise is broken. Throws `CONFIG_INVALID` when adapter or harness cannot be loaded. */
export async function checkAdapterAt (target: string, options: CheckOptions): Promise<boolean> {
  if (options.sign !== undefined && options.json === undefined) throw new HubError('REQUEST_INVALID', text('--sign cần có --json.', '--sign needs --json.'))
  const key = options.sign === undefined ? undefined : await readSigningKey(options.sign)
  const name = await nameOf(target)
  const { adapter, manifest } = await loadAdapter(name)
  const harness = await loadHarness(name)
  options.print(`Bộ kết nối · adapter: ${manifest.name} ${manifest.version}; hợp đồng · contract ${CONTRACT}; trục · hub ${options.hub}\n`)
  const promises = await runConformance({ adapter, harness }, { now: options.now, watchStrays, onResult: result => { options.print(lineOf(result)) } })
  const report: CheckReport = {
    adapter: { name: manifest.name, version: manifest.version, sha256: await digestOf(await folderOf(name)) },
    contract: CONTRACT,
    hub: options.hub,
    node: process.version,
    checkedAt: new Date(options.now()).toISOString(),
    verdict: promises.some(({ verdict }) => verdict === 'broken') ? 'broken' : 'kept',
    promises
  }
  options.print(summaryOf(promises))
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`)
  if (options.json !== undefined && key !== undefined) await writeFile(`${options.json}.sig`, `${signReport(report, key)}\n`)
  return report.verdict === 'kept'
}

/**
 * Whether a report is signed by this key, tells of no broken promise and, where an adapter is given, speaks of that one as it is now. Prints what
 * it finds.
 */
export async function verifyCheck (reportFile: string, { key, target, print }: { key: string, target?: string | undefined, print: (lines: string) => void }): Promise<boolean> {
  const report = await readSigned(reportFile, key) as CheckReport | undefined
  print(report === undefined ? 'Chữ ký sai · the signature is wrong\n' : 'Chữ ký đúng · the signature is right\n')
  if (report === undefined) return false
  const { adapter: { name, version, sha256 }, checkedAt, hub, verdict } = report
  print(`${name} ${version}, sha256 ${sha256}, ${checkedAt}, hub ${hub}: ${verdict === 'kept' ? 'giữ mọi điều · every promise is kept' : 'có điều hỏng · a promise is broken'}\n`)
  if (target === undefined) return verdict === 'kept'
  const isSame = await digestOf(await folderOf(await nameOf(target))) === sha256
  print(isSame ? 'Đúng bộ kết nối này · it is this adapter\n' : 'Không phải bộ kết nối này, hoặc nó đã thay đổi · it is another adapter, or this one has changed\n')
  return isSame && verdict === 'kept'
}

/** A folder or module that is there goes before a package of that name. */
async function nameOf (target: string): Promise<string> {
  const path = resolve(target)
  const found = await stat(path).catch(() => undefined)
  return found === undefined ? target : path
}

function watchStrays (onStray: (error: unknown) => void): () => void {
  process.on('uncaughtException', onStray)
  process.on('unhandledRejection', onStray)
  return () => {
    process.off('uncaughtException', onStray)
    process.off('unhandledRejection', onStray)
  }
}

const MARKS = { kept: '✓', broken: '✗', 'not applicable': '–' } as const

function lineOf ({ name, why, verdict, reason }: PromiseResult): string {
  const lines = [`${MARKS[verdict]} ${IN_VIETNAMESE[name] ?? name}`, `    ${name}`]
  if (verdict === 'broken') lines.push(`    hỏng · broken: ${reason ?? ''}`, `    because ${why}`)
  if (verdict === 'not applicable') lines.push(`    không áp dụng · not applicable: ${reason ?? ''}`)
  return `${lines.join('\n')}\n`
}

function summaryOf (results: readonly PromiseResult[]): string {
  const count = (wanted: PromiseResult['verdict']): number => results.filter(({ verdict }) => verdict === wanted).length
  const [kept, broken, none] = [count('kept'), count('broken'), count('not applicable')]
  return `\n${kept} điều được giữ, ${broken} điều hỏng, ${none} điều không áp dụng · ${kept} kept, ${broken} broken, ${none} not applicable\n`
}

/** SHA-256 over path, size and bytes of every file, also behind links, in the order of their paths; without node_modules and names that begin with a dot. */
async function digestOf (folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile() || entry.isSymbolicLink()).map(entry => relative(folder, join(entry.parentPath, entry.name)))
    .filter(path => !path.split(sep).some(step => step === 'node_modules' || step.startsWith('.'))).sort()
  const hash = createHash('sha256')
  for (const path of files) {
    if (!(await stat(join(folder, path))).isFile()) continue
    const bytes = await readFile(join(folder, path))
    hash.update(`${path.split(sep).join('/')}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}
