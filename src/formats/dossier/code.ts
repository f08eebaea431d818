// Mã hồ sơ: agency code, day, sequence (Thông tư 01/2018/TT-VPCP art. 19). The hub reads codes and never issues one.

export interface DossierCode {
  /** Code of the agency that took the dossier in, as written. */
  organization: string
  /** Day of acceptance, yyyy-MM-dd. */
  date: string
  sequence: string
}

/** Parses `000.00.11.H36-260316-0007`; also the newer `yyyyMMdd` and longer sequences. Undefined for any other form. */
export function parseDossierCode (code: string): DossierCode | undefined {
  const match = /^(.+)-(\d{6}|\d{8})-(\d{4,7})$/.exec(code)
  if (match === null) return undefined
  const [, organization = '', digits = '', sequence = ''] = match
  const full = digits.length === 6 ? `20${digits}` : digits
  const [year, month, day] = [Number(full.slice(0, 4)), Number(full.slice(4, 6)), Number(full.slice(6))]
  const at = new Date(Date.UTC(year, month - 1, day))
  const exists = at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day
  return exists ? { organization, date: at.toISOString().slice(0, 10), sequence } : undefined
}
