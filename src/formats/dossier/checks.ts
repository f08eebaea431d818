// Checks of the profile that look at more than one field: codes, dates, identity numbers, the order of steps.
import { isDossierStatus, transition } from '../../model/dossier-status.js'
import type { Dossier } from '../../model/generated.js'
import { text } from '../../model/text.js'
import type { Finding } from '../findings.js'
import { parseDossierCode } from './code.js'
import { isStamp } from './stamps.js'

/** Kept as written: other forms exist, and the hub never issues a code. */
export function unusualCode ({ MaHoSo }: Dossier): Finding[] {
  return parseDossierCode(MaHoSo) !== undefined
    ? []
    : [{ code: 'FIELD_INVALID', pointer: '/MaHoSo', detail: text('Mã hồ sơ không theo dạng thường gặp; giữ nguyên.', 'The dossier code has an unusual form; kept as written.'), expected: '000.00.11.H36-260316-0007', found: MaHoSo }]
}

/** yyyyMMddHHmmss that no calendar knows: month 13, 30 February, hour 25. */
export function wrongDates ({ HoSo, TienDo, ThoiHan }: Dossier): Finding[] {
  const findings: Finding[] = []
  const visit = (value: unknown, pointer: string): void => {
    if (typeof value === 'string') {
      if (/^\d{14}$/.test(value) && /\/(Ngay|ThoiDiem|TuNgay|DenNgay)[A-Za-z]*$/.test(pointer) && !isStamp(value)) {
        findings.push({ code: 'FIELD_INVALID', pointer, detail: text('Ngày giờ không có thật.', 'There is no such date and time.'), expected: 'yyyyMMddHHmmss', found: value })
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) visit(inner, `${pointer}/${name}`)
    }
  }
  visit({ HoSo, TienDo, ThoiHan }, '')
  return findings
}

/** Stamps of one form compare as strings. */
export function wrongOrder ({ HoSo, TienDo = [] }: Dossier): Finding[] {
  const findings: Finding[] = []
  const check = (earlier: string | undefined, later: string | undefined, pointer: string): void => {
    if (earlier === undefined || later === undefined || earlier === '' || later === '' || earlier <= later) return
    findings.push({ code: 'FIELD_INVALID', pointer, detail: text('Trước thời điểm phải có trước nó.', 'It is earlier than what comes before it.'), expected: `at least ${earlier}`, found: later })
  }
  check(HoSo?.NgayNopHoSo, HoSo?.NgayTiepNhan, '/HoSo/NgayTiepNhan')
  check(HoSo?.NgayTiepNhan, HoSo?.NgayHenTra, '/HoSo/NgayHenTra')
  check(HoSo?.NgayTiepNhan, HoSo?.NgayKetThucXuLy, '/HoSo/NgayKetThucXuLy')
  TienDo.forEach((step, index) => { check(TienDo[index - 1]?.ThoiDiemXuLy, step.ThoiDiemXuLy, `/TienDo/${index}/ThoiDiemXuLy`) })
  return findings
}

const IDENTITY_FORMS: Readonly<Record<string, RegExp>> = { 1: /^\d{12}$/, 2: /^\d{9}$/ }

/** CCCD has 12 digits, CMND 9; nothing is known of other papers. */
export function wrongIdentity ({ HoSo }: Dossier): Finding[] {
  return (HoSo?.DinhDanhCHS ?? []).flatMap(({ LoaiDinhDanh = '', SoDinhDanh = '' }, index) => {
    const form = Object.hasOwn(IDENTITY_FORMS, LoaiDinhDanh) ? IDENTITY_FORMS[LoaiDinhDanh] : undefined
    if (form === undefined || form.test(SoDinhDanh)) return []
    // The number itself is personal: it does not go into a log or an answer.
    return [{ code: 'FIELD_INVALID', pointer: `/HoSo/DinhDanhCHS/${index}/SoDinhDanh`, detail: text('Số định danh không đúng dạng của loại giấy tờ.', 'The number does not have the form of its kind.'), expected: form.source, found: `${SoDinhDanh.length} characters` }]
  })
}

/** Steps of one package that do not follow one another, and a dossier whose status is not that of its last step. */
export function illegalSteps ({ TienDo = [] }: Dossier): Finding[] {
  return TienDo.flatMap((step, index) => {
    const before = TienDo[index - 1]?.TrangThai
    if (!isDossierStatus(before) || !isDossierStatus(step.TrangThai) || transition(before, step.TrangThai) === 'legal') return []
    return [illegalStep(before, step.TrangThai, `/TienDo/${index}/TrangThai`)]
  })
}

/** What is recorded of a step that the table of statuses does not know. */
export function illegalStep (before: string, after: string, pointer: string): Finding {
  return {
    code: 'STATUS_TRANSITION',
    pointer,
    detail: text(`Trạng thái ${after} không nối tiếp trạng thái ${before}; vẫn nhận.`, `Status ${after} does not follow status ${before}; taken all the same.`),
    expected: `a status that follows ${before}`,
    found: after
  }
}
