// The rows of a partner's lists, read without trust: what is missing or of another type is absent, what is unsafe is no row. The
// names are those of the national axis, and those that provincial platforms were seen with.
import type { ListedAgency } from '../../ports/adapter.js'
import { nonsense } from './failure.js'

export interface QueueItem {
  readonly docId: string
  readonly from: string
  /** Whom it is for; absent when the list does not say. */
  readonly to?: string
  /** Where it stands in the queue, in lower case; empty when the list does not say. */
  readonly status: string
  /** Epoch ms; undefined when it says nothing readable. */
  readonly createdAt: number | undefined
}

export interface SentEntry {
  readonly docId: string
  readonly from: string | undefined
  readonly to: string | undefined
  readonly title: string | undefined
  readonly notation: string | undefined
  readonly sentAt: number | undefined
  readonly status: string | undefined
}

/** Safe in a header, in a query, in a log and as the name of a file. */
const DOC_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

export type Row = Record<string, unknown>

/** The rows of `data`; none when it is no list. */
export function rowsOf ({ data }: Row): Row[] {
  return Array.isArray(data) ? data.filter((row): row is Row => typeof row === 'object' && row !== null) : []
}

/** Undefined for a row that cannot be asked for. */
export function readItem (row: Row): QueueItem | undefined {
  const docId = word(row['docId'])
  if (docId === undefined || !DOC_ID.test(docId)) return undefined
  const to = word(row['to'])
  return { docId, from: word(row['from'])?.slice(0, 50) ?? '', ...(to === undefined || to.length > 50 ? {} : { to }), status: word(row['status'])?.toLowerCase() ?? '', createdAt: readTime(row['created_time'] ?? row['createdTime']) }
}

/** What was sent, by the rows of `data`. Throws where the list is none: then nobody knows. */
export function readSentList (fields: Row): SentEntry[] {
  if (fields['data'] !== null && !Array.isArray(fields['data'])) throw nonsense()
  return rowsOf(fields).flatMap(row => readSent(row) ?? [])
}

function readSent (row: Row): SentEntry | undefined {
  const docId = word(row['senderDocId'] ?? row['docId'])
  if (docId === undefined || !DOC_ID.test(docId)) return undefined
  return {
    docId,
    from: word(row['fromCode'] ?? row['from']),
    to: word(row['toCode'] ?? row['to']),
    title: word(row['title'] ?? row['edocAbstract']),
    notation: word(row['notation'] ?? row['edocCode']),
    sentAt: readTime(row['sentTime'] ?? row['createdTime']),
    status: word(row['sendStatus'] ?? row['status'])?.toLowerCase()
  }
}

/** The agencies that the rows of `data` name. Throws where the list is none. */
export function readAgencies (fields: Row): ListedAgency[] {
  if (!Array.isArray(fields['data'])) throw nonsense()
  const rows = rowsOf(fields)
  const codes = new Map(rows.flatMap(({ id, code }) => typeof code === 'string' && (typeof id === 'string' || typeof id === 'number') ? [[String(id), code] as const] : []))
  return rows.flatMap(row => readAgency(row, codes) ?? [])
}

/** `codes`: by the identifiers of the rows, for `pid`. Undefined for a row that names no agency. */
function readAgency (row: Row, codes: ReadonlyMap<string, string>): ListedAgency | undefined {
  const [id, code, name, pid] = ['id', 'code', 'name', 'pid'].map(field => word(row[field]))
  if (code === undefined || code.length > 50 || name === undefined || row['isAgency'] === false || row['isAgency'] === 0) return undefined
  const parent = pid === undefined || pid === id ? undefined : codes.get(pid)
  const others = ['oldCode', 'code102'].flatMap(field => word(row[field]) ?? []).filter(other => other !== code && other.length <= 50)
  return {
    code,
    name: name.slice(0, 400),
    ...(id === undefined ? {} : { id }),
    ...(parent === undefined || parent === code ? {} : { parent }),
    ...(others.length === 0 ? {} : { otherCodes: [...new Set(others)] }),
    ...([true, 1, '1', 'true'].some(yes => row['deleted'] === yes) ? { closed: true } : {})
  }
}

/**
 * Epoch ms of what lists call a time: epoch ms, ISO 8601, `yyyy-MM-dd HH:mm:ss`, `yyyy/MM/dd HH:mm:ss` or
 * `dd/MM/yyyy HH:mm:ss`; without a zone it is Vietnamese time.
 */
export function readTime (value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  const given = word(value) ?? ''
  if (/^\d{12,14}$/.test(given)) return Number(given)
  const turned = given.replace(/^(\d\d)[/-](\d\d)[/-](\d{4})/, '$3-$2-$1').replaceAll('/', '-').replace(/^(\d{4}-\d\d-\d\d) +/, '$1T')
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d.*)?$/.test(turned)) return undefined
  const isZoned = /(Z|[+-]\d\d:?\d\d)$/.test(turned.slice(10))
  const at = Date.parse(isZoned ? turned : turned.length === 10 ? `${turned}T00:00:00+07:00` : `${turned}+07:00`)
  return Number.isNaN(at) ? undefined : at
}

function word (value: unknown): string | undefined {
  const found = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : ''
  return found === '' ? undefined : found
}
