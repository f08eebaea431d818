// What a statement did, from EXPLAIN (ANALYZE, BUFFERS): which indexes, how many rows, how long.
import type { Sql, SqlValue } from '../../src/store/sql.js'

interface PlanNode {
  'Node Type': string
  'Index Name'?: string
  'Relation Name'?: string
  'Actual Rows'?: number
  'Actual Loops'?: number
  'Rows Removed by Filter'?: number
  'Shared Hit Blocks'?: number
  'Shared Read Blocks'?: number
  Plans?: PlanNode[]
}

export interface Plan { indexes: string[], sequential: string[], rows: number, blocks: number, ms: number }

/** A view of a database that explains every reading statement it is given, after it has run. */
export function explaining (sql: Sql, plans: Plan[]): Sql {
  return {
    ...sql,
    query: async <Row>(text: string, values?: readonly SqlValue[]) => {
      const rows = await sql.query<Row>(text, values)
      if (!/\b(INSERT|UPDATE|DELETE)\b/.test(text)) plans.push(await explain(sql, text, values))
      return rows
    },
    transaction: async work => await sql.transaction(async tx => await work(explaining(tx, plans)))
  }
}

async function explain (sql: Sql, text: string, values?: readonly SqlValue[]): Promise<Plan> {
  const [row] = await sql.query<{ 'QUERY PLAN': Array<{ Plan: PlanNode, 'Execution Time': number }> }>(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values)
  const [found] = row?.['QUERY PLAN'] ?? []
  if (found === undefined) throw new Error('no plan')
  const nodes = flatten(found.Plan)
  const named = (list: Array<string | undefined>): string[] => [...new Set(list.flatMap(name => name ?? []))]
  return {
    indexes: named(nodes.map(node => node['Index Name'])),
    sequential: named(nodes.filter(node => node['Node Type'] === 'Seq Scan').map(node => node['Relation Name'])),
    rows: Math.max(...nodes.map(node => ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1))),
    blocks: (found.Plan['Shared Hit Blocks'] ?? 0) + (found.Plan['Shared Read Blocks'] ?? 0),
    ms: found['Execution Time']
  }
}

function flatten (node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)]
}
