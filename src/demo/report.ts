// What the demo shows at its end: the table, the addresses, and the same as one JSON object.
import { shorten, table } from './table.js'

export interface Row {
  title: string
  package: string
  from: string
  to: string
  axis: string
  adapter: string
  attempts: number
  state: string
  /** From acceptance to settlement. */
  ms: number | null
  right: boolean
}

export interface Report {
  ok: boolean
  seconds: number
  /** Bad packages refused for the right reason. */
  refused: number
  refusalsExpected: number
  rows: Row[]
  faults: string[]
}

/** The last line of `--json`. */
export function summarize ({ ok, seconds, refused, rows }: Report): object {
  return {
    ok,
    seconds: Math.round(seconds * 10) / 10,
    packages: new Set(rows.map(row => `${row.title} ${row.package}`)).size,
    deliveries: rows.length,
    delivered: rows.filter(({ state }) => state === 'delivered').length,
    refused,
    axes: [...new Set(rows.map(({ axis }) => axis))].sort(),
    rows: rows.map(({ right, ...row }) => row)
  }
}

/** Prints the table, what went wrong, and where to look further; the key is made for this run and dies with it. */
export function printReport ({ ok, seconds, refused, refusalsExpected, rows, faults }: Report, { url, key }: { url: string, key: string }): void {
  const cells = rows.map(row => [shorten(row.title, 34), shorten(row.package, 28), `${row.from} → ${row.to}`, row.axis, row.adapter, String(row.attempts), row.state, row.ms === null ? '' : `${row.ms} ms`])
  const lines = [
    '',
    table(['Gói tin / package', 'Số, ký hiệu', 'Từ → đến', 'Trục / axis', 'Kết nối', 'Lần', 'Trạng thái', 'Thời gian'], cells),
    '',
    ...faults.map(each => `  ! ${each}`),
    `${ok ? '✔' : '✘'} ${rows.filter(({ state }) => state === 'delivered').length}/${rows.length} delivered, ${refused}/${refusalsExpected} bad packages refused, ${seconds.toFixed(1)} s`,
    '',
    `  API      ${url}/v1`,
    `  Docs     ${url}/docs`,
    `  Health   ${url}/health/ready`,
    `  Key      ${key}   (operator; paste it under Authorize on the docs page)`,
    ''
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
