// How many deliveries are where, and why: from roll-ups that triggers keep, so that nobody ever counts the table.
import type { Axis, DeliveryState } from '../model/generated.js'
import type { CountedState } from '../model/operation.js'
import type { DeliveryCause, DeliveryCount } from '../ports/operating.js'
import type { Sql } from './sql.js'

/** The folded sums and what has changed since, in one snapshot: exact while others write and fold. */
const SUMS = 'SELECT endpoint, axis, state, code, n FROM delivery_count UNION ALL SELECT endpoint, axis, state, code, n FROM delivery_count_change'

/** See `OperatorStore.counts`. */
export async function counts (sql: Sql): Promise<DeliveryCount[]> {
  const rows = await sql.query<{ endpoint: string, axis: Axis | '', state: CountedState, count: number }>(`
    SELECT endpoint, axis, state, sum(n)::bigint AS count FROM (${SUMS}) sums
    GROUP BY endpoint, axis, state HAVING sum(n) <> 0 ORDER BY endpoint, axis, state`)
  return rows.map(({ endpoint, axis, ...row }) => ({ ...(endpoint === '' ? {} : { endpoint }), ...(axis === '' ? {} : { axis }), ...row }))
}

// The number from the roll-ups, the ends of each group from the two ends of its range in the index: asked for in the index's
// own order, because an order by package alone tempts the planner to walk the packages.
const end = (direction: 'ASC' | 'DESC'): string => `
  LEFT JOIN LATERAL (
    SELECT d.id, d.created_at FROM delivery d
    WHERE d.state IN ('held', 'dead') AND d.state = g.state AND d.endpoint = g.endpoint AND d.problem->>'code' = g.code
    ORDER BY ${['d.state', 'd.endpoint', "d.problem->>'code'", 'd.package_id', 'd.id'].map(key => `${key} ${direction}`).join(', ')} LIMIT 1
  ) ${direction === 'ASC' ? 'oldest' : 'newest'} ON true`

const CAUSES = `
WITH g AS (
  SELECT state, endpoint, code, sum(n)::bigint AS count FROM (${SUMS}) sums
  WHERE state IN ('held', 'dead') GROUP BY state, endpoint, code HAVING sum(n) > 0
)
SELECT g.state, g.endpoint, g.code, g.count, oldest.created_at AS first_at, newest.created_at AS last_at, newest.id AS sample_id
FROM g ${end('ASC')} ${end('DESC')}
ORDER BY g.count DESC, g.endpoint, g.code, g.state`

/** See `OperatorStore.causes`. */
export async function causes (sql: Sql): Promise<DeliveryCause[]> {
  const rows = await sql.query<{ state: Extract<DeliveryState, 'dead' | 'held'>, endpoint: string, code: string, count: number, first_at: number | null, last_at: number | null, sample_id: string | null }>(CAUSES)
  return rows.map(({ endpoint, first_at: firstAt, last_at: lastAt, sample_id: sampleId, ...row }) => ({
    ...row,
    ...(endpoint === '' ? {} : { endpoint }),
    ...(firstAt === null ? {} : { firstAt }),
    ...(lastAt === null ? {} : { lastAt }),
    ...(sampleId === null ? {} : { sampleId })
  }))
}

// SKIP LOCKED shares the changes out; the sums are locked in one order everywhere.
const FOLD = `
WITH gone AS (
  DELETE FROM delivery_count_change WHERE id IN (SELECT id FROM delivery_count_change ORDER BY id LIMIT $1::bigint FOR UPDATE SKIP LOCKED)
  RETURNING endpoint, axis, state, code, n
), folded AS (
  INSERT INTO delivery_count AS c (endpoint, axis, state, code, n)
  SELECT endpoint, axis, state, code, sum(n) FROM gone GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (endpoint, axis, state, code) DO UPDATE SET n = c.n + excluded.n
)
SELECT count(*) AS folded FROM gone`

/** See `OperatorStore.foldCounts`. */
export async function foldCounts (sql: Sql, { limit }: { limit: number }): Promise<number> {
  const [row] = await sql.query<{ folded: number }>(FOLD, [limit])
  return row?.folded ?? 0
}
