// The agencies of the platform: read whole, and those of this hub registered and deleted there, each once.
import { createHash } from 'node:crypto'
import type { AdapterKit, ListedAgency } from 'lienthong/adapter'
import { factsOf, nonsense } from './failure.js'
import type { Platform } from './platform.js'
import { pause } from './receive.js'
import { readAgency, rowsOf } from './records.js'
import { accountOf, accountsOf, type Registration, type Settings } from './settings.js'

/** Over 120,000 agencies of some 200 bytes. */
const MOST_LIST_BYTES = 64 * 2 ** 20

interface Keeping { readonly settings: Settings, readonly platform: Platform, readonly kit: AdapterKit }

/** All agencies that the platform lists now. Throws a `PlatformFailure` or `HttpFailure`. */
export async function listAgencies ({ settings, platform }: Pick<Keeping, 'settings' | 'platform'>, signal: AbortSignal): Promise<ListedAgency[]> {
  const [account] = accountsOf(settings)
  if (account === undefined) throw new RangeError('no account')
  const fields = await platform.ask({ account, operation: 'agencies', signal, mostBytes: MOST_LIST_BYTES })
  if (!Array.isArray(fields['data'])) throw nonsense()
  const rows = rowsOf(fields)
  const codes = new Map(rows.flatMap(({ id, code }) => typeof code === 'string' && (typeof id === 'string' || typeof id === 'number') ? [[String(id), code] as const] : []))
  return rows.flatMap(row => readAgency(row, id => codes.get(id)) ?? [])
}

/** What is to be done once: a word about one agency, and what it is recognised by. */
interface Errand { readonly code: string, readonly operation: 'register' | 'remove', readonly fields: Record<string, unknown>, readonly digest: string }

/** Registers and deletes what the settings say, until all of it is done or the signal aborts. One agency that is refused does not keep the others waiting. */
export async function keepAgencies (keeping: Keeping, signal: AbortSignal): Promise<void> {
  const { settings: { registrations, removals, pollIntervalMs, maxBackoffMs } } = keeping
  const errands = [...registrations.map(registrationOf), ...removals.map(removalOf)]
  let waitMs = pollIntervalMs
  while (errands.length > 0 && !signal.aborted) {
    const isDone = await runErrands(errands, keeping, signal)
    if (isDone) return
    await pause(waitMs, signal)
    waitMs = Math.min(waitMs * 2, Math.max(maxBackoffMs, pollIntervalMs))
  }
}

async function runErrands (errands: readonly Errand[], { settings, platform, kit }: Keeping, signal: AbortSignal): Promise<boolean> {
  const done = (await kit.memory.read('agencies') ?? {}) as Record<string, string>
  let isDone = true
  for (const { code, operation, fields, digest } of errands) {
    const account = accountOf(code, settings)
    if (done[code] === digest || account === undefined) continue
    try {
      await platform.ask({ account, operation, fields, signal: AbortSignal.any([signal, AbortSignal.timeout(settings.callTimeoutMs)]) })
      done[code] = digest
      await kit.memory.write('agencies', done)
      kit.log.info({ code }, operation === 'register' ? 'agency.registered' : 'agency.removed')
    } catch (error) {
      if (signal.aborted) return false
      isDone = false
      kit.log.warn({ code, operation, ...factsOf(error) }, 'agency.unchanged')
    }
  }
  return isDone
}

function registrationOf ({ code, id = code, pcode = '', name, mail = '', mobile = '', fax = '' }: Registration): Errand {
  const fields = { id, pcode, code, name, mail, mobile, fax }
  return { code, operation: 'register', fields, digest: createHash('sha256').update(JSON.stringify(fields)).digest('hex') }
}

function removalOf (code: string): Errand {
  return { code, operation: 'remove', fields: { code, agencyCode: code }, digest: 'removed' }
}
