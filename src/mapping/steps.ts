// The steps a table mapping may apply to a value: few, total, and each linear in its input.
import type { MappingTransform } from '../model/generated.js'
import { parseInstant } from '../formats/edxml/dates.js'
import { mappingFailure } from './failure.js'

export type MappingStep = (value: unknown) => unknown

type Named = Extract<MappingTransform, string>

const NAMED: Record<Named, MappingStep> = {
  trim: value => String(value).trim(),
  upper: value => String(value).toUpperCase(),
  lower: value => String(value).toLowerCase(),
  string: value => typeof value === 'object' ? JSON.stringify(value) : String(value),
  number (value) {
    const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
    if (!Number.isFinite(number)) throw mappingFailure(`"${shown(value)}" không phải là số.`, `"${shown(value)}" is no number.`)
    return number
  },
  boolean (value) {
    if (value === true || value === 1 || value === '1' || value === 'true') return true
    if (value === false || value === 0 || value === '0' || value === 'false') return false
    throw mappingFailure(`"${shown(value)}" không phải là đúng/sai.`, `"${shown(value)}" is neither true nor false.`)
  },
  flag: value => NAMED.boolean(value) === true ? '1' : '0'
}

/** One step as a closure. `join` takes a list whole; every other step takes each of its items. */
export function compileStep (step: MappingTransform): MappingStep {
  if (typeof step === 'string') return each(NAMED[step])
  if ('join' in step) return value => Array.isArray(value) ? value.join(step.join) : value
  if ('date' in step) return each(value => formatDate(value, step.date))
  if ('prefix' in step) return each(value => `${step.prefix}${String(value)}`)
  if ('cut' in step) return each(value => [...String(value)].slice(0, step.cut).join(''))
  const known = new Map(Object.entries(step.map))
  const { otherwise } = step
  return each(value => {
    const found = known.get(String(value))
    if (found !== undefined) return found
    if (otherwise !== undefined) return otherwise
    throw mappingFailure(`"${shown(value)}" không có trong bảng giá trị.`, `"${shown(value)}" is not in the map of values.`)
  })
}

function each (step: MappingStep): MappingStep {
  return value => Array.isArray(value) ? value.map(step) : step(value)
}

function formatDate (value: unknown, pattern: string): string {
  const iso = parseInstant(compact(String(value)))
  if (iso === undefined) throw mappingFailure(`"${shown(value)}" không phải là ngày giờ.`, `"${shown(value)}" is no date or time.`)
  const parts: Record<string, string> = { yyyy: iso.slice(0, 4), MM: iso.slice(5, 7), dd: iso.slice(8, 10), HH: iso.slice(11, 13), mm: iso.slice(14, 16), ss: iso.slice(17, 19) }
  return pattern.replace(/yyyy|MM|dd|HH|mm|ss/g, part => parts[part] ?? part)
}

/** yyyyMMdd and yyyyMMddHHmmss, as the national portal writes them, in a form that the date parser reads. */
function compact (raw: string): string {
  return raw.replace(/^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?$/, (_all, year: string, month: string, day: string, ...time: Array<string | undefined>) =>
    `${year}-${month}-${day}${time[0] === undefined ? '' : ` ${time.slice(0, 3).join(':')}`}`)
}

function shown (value: unknown): string {
  return String(value).slice(0, 60)
}
