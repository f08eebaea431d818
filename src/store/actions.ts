// What operators did that is about no single package: read here, written by the statements that do it.
import type { OperatorAction, OperatorStore } from '../ports/operating.js'
import { escapeText, type Sql, type SqlValue } from './sql.js'

type Row = Omit<OperatorAction, 'reason'> & { reason: string | null }

/** See `OperatorStore.listActions`. */
export async function listActions (sql: Sql, { subject }: { subject?: string }, { limit, before }: Parameters<OperatorStore['listActions']>[1]): Promise<OperatorAction[]> {
  const values: SqlValue[] = [limit, before ?? Number.MAX_SAFE_INTEGER]
  if (subject !== undefined) values.push(escapeText(subject))
  const rows = await sql.query<Row>(`
    SELECT id, at, actor, action, subject, reason, detail FROM operator_action
    WHERE id < $2::bigint ${subject === undefined ? '' : 'AND subject = $3::text'} ORDER BY id DESC LIMIT $1::bigint`, values)
  return rows.map(({ reason, ...row }) => ({ ...row, ...(reason === null ? {} : { reason }) }))
}
