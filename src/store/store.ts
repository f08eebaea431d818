// Puts the store together from its parts. Whatever a database throws leaves here as a HubError.
import type { Store } from '../ports/store.js'
import { accept, findByIdempotencyKey } from './accept.js'
import { toStoreError } from './failure.js'
import { findInbox, peekInbox, settleInbox } from './inbox.js'
import { events, findPackage, findPayload, lastDossierStatus, listPackages } from './read.js'
import type { Sql } from './sql.js'
import { sweep } from './sweep.js'
import { claim, release, releaseAll, renew, settle } from './work.js'

/** A store on a migrated database. It never retries: its callers know what waiting costs. */
export function createStore (sql: Sql): Store {
  const safe = <A extends unknown[], R>(work: (sql: Sql, ...given: A) => Promise<R>) => async (...given: A): Promise<R> => {
    try {
      return await work(sql, ...given)
    } catch (error) {
      throw toStoreError(error)
    }
  }
  return {
    now: safe(now),
    accept: safe(accept),
    findByIdempotencyKey: safe(findByIdempotencyKey),
    claim: safe(claim),
    renew: safe(renew),
    release: safe(release),
    settle: safe(settle),
    sweep: safe(sweep),
    releaseAll: safe(releaseAll),
    findPackage: safe(findPackage),
    listPackages: safe(listPackages),
    lastDossierStatus: safe(lastDossierStatus),
    events: safe(events),
    findPayload: safe(findPayload),
    peekInbox: safe(peekInbox),
    findInbox: safe(findInbox),
    settleInbox: safe(settleInbox),
    probe: safe(async sql => { await now(sql) }),
    close: safe(async sql => { await sql.close() })
  }
}

async function now (sql: Sql): Promise<number> {
  const [row] = await sql.query<{ now: number }>('SELECT clock_timestamp() AS now')
  return row?.now ?? Number.NaN
}
