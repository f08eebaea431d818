// Days and instants as the doors' protocols write them, all in Hà Nội time (UTC+7).
import { fault, HubError } from '../../errors.js'
import { text } from '../../model/text.js'

const DAY_MS = 86_400_000
const OFFSET_MS = 7 * 3_600_000

/** yyyy-MM-dd HH:mm:ss */
export function stamp (at: number): string {
  return new Date(at + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ')
}

/** Epoch ms from the first day and to the end of the last, each as yyyy/MM/dd, yyyy-MM-dd or dd/MM/yyyy, with or without a time. */
export function between ({ fromDate, toDate }: { fromDate?: string | undefined, toDate?: string | undefined }): { from?: number, to?: number } {
  const from = instantOf('fromDate', fromDate)
  const to = instantOf('toDate', toDate)
  return { ...(from === undefined ? {} : { from: from.at }), ...(to === undefined ? {} : { to: to.at + (to.isDay ? DAY_MS : 1000) }) }
}

function instantOf (name: string, written: string | undefined): { at: number, isDay: boolean } | undefined {
  const value = written?.trim() ?? ''
  if (value === '') return undefined
  const [, date = '', time] = /^(\S{10})(?:[ T](\d\d:\d\d:\d\d)\S*)?$/.exec(value) ?? []
  const [, y1, m1, d1, d2, m2, y2] = /^(?:(\d{4})[/-](\d\d)[/-](\d\d)|(\d\d)[/-](\d\d)[/-](\d{4}))$/.exec(date) ?? []
  const at = Date.parse(`${y1 ?? y2}-${m1 ?? m2}-${d1 ?? d2}T${time ?? '00:00:00'}.000+07:00`)
  if (!Number.isNaN(at)) return { at, isDay: time === undefined }
  const detail = text(`${name} không phải là ngày.`, `${name} is no day.`)
  throw new HubError('REQUEST_INVALID', detail, { errors: [fault('FIELD_INVALID', `/${name}`, detail, { expected: 'yyyy/MM/dd | dd/MM/yyyy', found: value })] })
}
