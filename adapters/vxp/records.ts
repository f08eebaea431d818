// The rows of the axis's lists, read without trust: what is missing or of another type is absent, what is unsafe is no row.
import type { ListedAgency } from 'lienthong/adapter'

export interface QueueItem {
  readonly docId: string
  readonly from: string
  /** Whom it is for; absent when the list does not say. */
  readonly to?: string
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

/** Safe in a header, in a log and as the name of a file. */
const DOC_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** The rows of `data`; none when it is no list. */
export function rowsOf ({ data }: Record<string, unknown>): Array<Record<string, unknown>> {
  return Array.isArray(data) ? data.filter((row): row is Record<string, unknown> => typeof row === 'object' && row !== null) : []
}

/** Undefined for a row that cannot be asked for. */
export function readItem (row: Record<string, unknown>): QueueItem | undefined {
  const docId = word(row['docId'])
  if (docId === undefined || !DOC_ID.test(docId)) return undefined
  const to = word(row['to'])
  return { docId, from: word(row['from'])?.slice(0, 50) ?? '', ...(to === undefined || to.length > 50 ? {} : { to }), createdAt: readTime(row['created_time'] ?? row['createdTime']) }
}

export function readSent (row: Record<string, unknown>): SentEntry | undefined {
  const docId = word(row['senderDocId'])
  if (docId === undefined || !DOC_ID.test(docId)) return undefined
  return {
    docId,
    from: word(row['fromCode']),
    to: word(row['toCode']),
    title: word(row['title']),
    notation: word(row['notation']),
    sentAt: readTime(row['sentTime']),
    status: word(row['sendStatus'])
  }
}

/** `units`: by the identifiers of the rows, for `pid`. Undefined for a row that names no agency. */
export function readAgency (row: Record<string, unknown>, codeOf: (id: string) => string | undefined): ListedAgency | undefined {
  const [id, code, name, pid] = ['id', 'code', 'name', 'pid'].map(field => word(row[field]))
  if (code === undefined || code.length > 50 || name === undefined || row['isAgency'] === false || row['isAgency'] === 0) return undefined
  const parent = pid === undefined || pid === id ? undefined : codeOf(pid)
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
