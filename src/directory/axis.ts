// Tells which side of the hub an agency belongs to, when its record does not say so itself.
import { levelOneOf, normalizeCode } from '../model/agency-code.js'
import type { Agency, AgencyLevel, Axis } from '../model/generated.js'

const BY_LEVEL: Partial<Record<AgencyLevel, Axis>> = {
  trung_uong: 'national',
  tinh: 'province',
  so_nganh: 'province',
  huyen: 'district',
  khu_vuc: 'district',
  xa: 'commune'
}

/**
 * Its own `axis`; else national for agencies of another province than `provinceNumber`; else by level; else that of its
 * superior (units without a level of their own); else province.
 */
export function axisOf (agency: Agency, context: { parentOf: (agency: Agency) => Agency | undefined, provinceNumber: string | undefined }): Axis {
  for (let at: Agency | undefined = agency; at !== undefined; at = context.parentOf(at)) {
    const axis = at.axis ?? (isElsewhere(at, context.provinceNumber) ? 'national' : BY_LEVEL[at.level])
    if (axis !== undefined) return axis
  }
  return 'province'
}

/** Two digits of a province: H36 (UBND) and K36 (HĐND) are the same province (QĐ 20/2020, appendix I). */
export function provinceNumberOf (code: string): string | undefined {
  return /^[HK]([0-9]{2})$/.exec(levelOneOf(normalizeCode(code)) ?? '')?.[1]
}

function isElsewhere (agency: Agency, provinceNumber: string | undefined): boolean {
  const number = provinceNumberOf(agency.code)
  return provinceNumber !== undefined && number !== undefined && number !== provinceNumber
}
