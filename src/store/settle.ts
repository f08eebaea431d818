// Recording outcomes: together, and one by one when one of them makes that fail.
import { CATALOGUE } from '../errors.js'
import type { ClaimCheck } from '../ports/broker.js'
import type { AttemptRecord, Store } from '../ports/store.js'
import { isAboutRows } from './failure.js'
import type { Sql } from './sql.js'
import { settleTogether } from './work.js'

/** See `Store.settle`. */
export async function settle (sql: Sql, records: readonly AttemptRecord[]): ReturnType<Store['settle']> {
  try {
    return await settleTogether(sql, records)
  } catch (error) {
    if (!isAboutRows(error)) throw error
    const lost: string[] = []
    const woken: ClaimCheck[] = []
    for (const record of records) {
      const alone = await settleAlone(sql, record)
      lost.push(...alone.lost)
      woken.push(...alone.woken ?? [])
    }
    return { lost, ...(woken.length === 0 ? {} : { woken }) }
  }
}

/** What became of the delivery is recorded in any case, else it would be tried again and again; the particulars are not, when nobody can store them. */
async function settleAlone (sql: Sql, record: AttemptRecord): ReturnType<Store['settle']> {
  try {
    return await settleTogether(sql, [record])
  } catch (error) {
    if (!isAboutRows(error)) throw error
    const { sent: _, requests: _own, payloads: _bytes, settlement: { externalId, problem, ...settlement }, ...bare } = record
    return await settleTogether(sql, [{
      ...bare, settlement: { ...settlement, ...(problem === undefined ? {} : { problem: { code: problem.code in CATALOGUE ? problem.code : 'INTERNAL', detail: CATALOGUE.PACKAGE_UNSTORABLE.title } }) }
    }])
  }
}
