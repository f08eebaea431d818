// The agency directory of the axis: read whole, compared with what it was, and agencies of this hub registered in it.
import {
  type AdapterKit, compareAgencies, digestOf, type DirectoryChange, type Errand, fieldsOf, limited, type ListedAgency, pause, plain, readAgencies, runErrands
} from 'lienthong/adapter'
import type { Axis } from './axis.js'
import { accountOf, accountsOf, type Settings } from './settings.js'

/** Over 120,000 agencies of some 200 bytes. */
const MOST_LIST_BYTES = 64 * 2 ** 20
/** A value of the memory may have 1 MiB; names are in Vietnamese. */
const AGENCIES_PER_VALUE = 1500

interface Watching { readonly settings: Settings, readonly axis: Axis, readonly kit: AdapterKit }

/** All agencies that the axis lists now. Throws an `EdocFailure` or `HttpFailure`. */
export async function listAgencies ({ settings, axis }: Pick<Watching, 'settings' | 'axis'>, signal: AbortSignal): Promise<ListedAgency[]> {
  const { source, level } = settings.directory
  const account = settings.default ?? accountsOf(settings)[0]
  if (account === undefined) throw new RangeError('no account')
  const parameters: Record<string, string> = source === 'getAgenciesListQD20' && level !== undefined ? { level } : {}
  const fields = await axis.ask({ account, operation: source, parameters, signal, mostBytes: MOST_LIST_BYTES })
  return readAgencies(fields)
}

/** Looks at the directory again and again, until aborted; registers first what is to be registered. */
export async function watchAgencies (watching: Watching, signal: AbortSignal): Promise<void> {
  const { settings: { directory, register, callTimeoutMs, pollIntervalMs }, kit } = watching
  while (!signal.aborted) {
    let waitMs = directory.intervalMs
    try {
      const until = limited(callTimeoutMs, signal)
      if (register) await registerAll(watching, until)
      if (directory.sync) waitMs = await lookAgain(watching, until)
    } catch (error) {
      if (signal.aborted) return
      waitMs = Math.min(waitMs, pollIntervalMs * 10)
      kit.log.warn({ reason: error instanceof Error ? error.message : 'unknown' }, 'directory.unread')
    }
    await pause(waitMs, signal)
  }
}

interface Snapshot { takenAt: number, generation: 0 | 1, parts: number }

/** Compares with the last snapshot when that is old enough. Answers how long to wait, ms. */
async function lookAgain (watching: Watching, signal: AbortSignal): Promise<number> {
  const { kit, settings: { directory: { intervalMs } } } = watching
  const last = await kit.memory.read('directory') as Snapshot | undefined
  const remainsMs = last === undefined ? 0 : last.takenAt + intervalMs - kit.now()
  if (remainsMs > 0) return remainsMs
  const agencies = await listAgencies(watching, signal)
  if (last !== undefined) {
    const changes = compareAgencies(await readSnapshot(last, kit), agencies)
    if (changes.length > 0) kit.log.info(summaryOf(changes), 'directory.changed')
  }
  await writeSnapshot(agencies, last, kit)
  return intervalMs
}

function summaryOf (changes: readonly DirectoryChange[]): object {
  const counts: Partial<Record<DirectoryChange['kind'], number>> = {}
  for (const { kind } of changes) counts[kind] = (counts[kind] ?? 0) + 1
  const first = changes.slice(0, 5).map(change => plain(`${change.kind} ${'before' in change ? `${change.before} → ` : ''}${change.code} ${change.name}`, { maxLength: 200 }))
  return { ...counts, first }
}

async function readSnapshot ({ generation, parts }: Snapshot, { memory }: AdapterKit): Promise<ListedAgency[]> {
  const agencies: ListedAgency[] = []
  for (let part = 0; part < parts; part++) agencies.push(...(await memory.read(`directory/${generation}/${part}`) ?? []) as ListedAgency[])
  return agencies
}

/** Two generations take turns: a crash in between leaves the last one whole. */
async function writeSnapshot (agencies: readonly ListedAgency[], last: Snapshot | undefined, { memory, now }: AdapterKit): Promise<void> {
  const generation = last?.generation === 0 ? 1 : 0
  const parts = Math.ceil(agencies.length / AGENCIES_PER_VALUE)
  for (let part = 0; part < parts; part++) await memory.write(`directory/${generation}/${part}`, agencies.slice(part * AGENCIES_PER_VALUE, (part + 1) * AGENCIES_PER_VALUE))
  await memory.write('directory', { takenAt: now(), generation, parts } satisfies Snapshot)
  for (let part = 0; part < (last?.parts ?? 0); part++) await memory.write(`directory/${last?.generation ?? 0}/${part}`, undefined)
}

async function registerAll ({ settings, axis, kit }: Watching, signal: AbortSignal): Promise<void> {
  const errands = settings.registrations.flatMap((registration): Errand[] => {
    const account = accountOf(registration.code, settings)
    if (account === undefined) return []
    const body = Buffer.from(JSON.stringify(fieldsOf(registration)))
    return [{ code: registration.code, operation: 'register', digest: digestOf(registration), run: async () => await axis.ask({ account, operation: 'registerAgency', body, signal }) }]
  })
  await runErrands(errands, { key: 'registered', kit, signal, onFailure (facts) { kit.log.warn(facts, 'agency.unregistered') } })
  signal.throwIfAborted()
}
