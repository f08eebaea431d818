// The three ways in which the partners write an instant, all in Vietnamese time (UTC+7, no summer time):
// yyyyMMddHHmmss (national portal), dd/MM/yyyy HH:mm:ss (linked services), ISO 8601 (ministries).
const OFFSET_MS = 7 * 3_600_000

/** Epoch ms of `yyyyMMddHHmmss`; undefined for anything that no calendar knows. */
export function parseStamp (stamp: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stamp)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  const at = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // Date.UTC carries over what is too large, and takes years below 100 for 19xx.
  return at.toISOString().replace(/\D/g, '').slice(0, 14) === stamp ? at.getTime() - OFFSET_MS : undefined
}

export function isStamp (stamp: string): boolean {
  return parseStamp(stamp) !== undefined
}

/** `yyyyMMddHHmmss` in Việt Nam at `at`, epoch ms. */
export function stampOf (at: number): string {
  return new Date(at + OFFSET_MS).toISOString().replace(/\D/g, '').slice(0, 14)
}

/** `dd/MM/yyyy HH:mm:ss` of a stamp; empty stays empty. */
export function toSlashes (stamp: string): string {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stamp)
  return match === null ? '' : `${match[3]}/${match[2]}/${match[1]} ${match[4]}:${match[5]}:${match[6]}`
}

/** A stamp of `dd/MM/yyyy[ HH:mm[:ss]]`; undefined when it is none. */
export function fromSlashes (written: string): string | undefined {
  const match = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: (\d{1,2}):(\d\d)(?::(\d\d))?)?$/.exec(written.trim())
  if (match === null) return undefined
  const [, day = '', month = '', year = '', hour = '0', minute = '00', second = '00'] = match
  const stamp = `${year}${month.padStart(2, '0')}${day.padStart(2, '0')}${hour.padStart(2, '0')}${minute}${second}`
  return isStamp(stamp) ? stamp : undefined
}

/** `yyyy-MM-ddTHH:mm:ss+07:00` of a stamp. */
export function toIso (stamp: string): string {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stamp)
  return match === null ? '' : `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}+07:00`
}

/** A stamp of an ISO 8601 date or instant; without an offset it is Vietnamese time. Fractions of a second are cut. */
export function fromIso (written: string): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(written.trim())
  if (match === null) return undefined
  const [, date = '', time = '00:00', offset] = match
  const plain = `${date}${time.length === 5 ? `${time}:00` : time}`.replace(/\D/g, '')
  if (!isStamp(plain)) return undefined
  if (offset === undefined) return plain
  const at = Date.parse(`${date}T${time}${offset}`)
  return Number.isNaN(at) ? undefined : stampOf(at)
}
