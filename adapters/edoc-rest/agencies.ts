// The agencies of the platform: read whole, and those of this hub registered and deleted there, each once.
import { accountNaming, type AdapterKit, digestOf, type Errand, fieldsOf, limited, type ListedAgency, pause, readAgencies, runErrands } from 'lienthong/adapter'
import type { Platform } from './platform.js'
import { accountsOf, type Settings } from './settings.js'

/** Over 120,000 agencies of some 200 bytes. */
const MOST_LIST_BYTES = 64 * 2 ** 20

interface Keeping { readonly settings: Settings, readonly platform: Platform, readonly kit: AdapterKit }

/** All agencies that the platform lists now. Throws an `EdocFailure` or `HttpFailure`. */
export async function listAgencies ({ settings, platform }: Pick<Keeping, 'settings' | 'platform'>, signal: AbortSignal): Promise<ListedAgency[]> {
  const [account] = accountsOf(settings)
  if (account === undefined) throw new RangeError('no account')
  return readAgencies(await platform.ask({ account, operation: 'agencies', signal, mostBytes: MOST_LIST_BYTES }))
}

/** Registers and deletes what the settings say, until all of it is done or the signal aborts. */
export async function keepAgencies ({ settings, platform, kit }: Keeping, signal: AbortSignal): Promise<void> {
  const { registrations, removals, accounts, callTimeoutMs, pollIntervalMs, maxBackoffMs } = settings
  const errandOf = (operation: Errand['operation'], { code, fields, digest }: { code: string, fields: Record<string, unknown>, digest: string }): Errand[] => {
    const account = accountNaming(code, accounts)
    return account === undefined ? [] : [{ code, operation, digest, run: async () => await platform.ask({ account, operation, fields, signal: limited(callTimeoutMs, signal) }) }]
  }
  const errands = [
    ...registrations.map(fieldsOf).flatMap(fields => errandOf('register', { code: fields.code, fields: { ...fields }, digest: digestOf(fields) })),
    ...removals.flatMap(code => errandOf('remove', { code, fields: { code, agencyCode: code }, digest: 'removed' }))
  ]
  const onFailure = (facts: object): void => { kit.log.warn(facts, 'agency.unchanged') }
  for (let waitMs = pollIntervalMs; errands.length > 0 && !signal.aborted; waitMs = Math.min(waitMs * 2, Math.max(maxBackoffMs, pollIntervalMs))) {
    if (await runErrands(errands, { key: 'agencies', kit, signal, onFailure })) return
    await pause(waitMs, signal)
  }
}
