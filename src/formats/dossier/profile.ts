// What a dossier package must hold beyond its shape, by its kind: a table of check × kind × consequence, so that a rule is
// read, changed and counted in one place. A province tightens or relaxes a row by its name.
import type { Dossier } from '../../model/generated.js'
import { text, type Text } from '../../model/text.js'
import type { Finding, Findings, Severity } from '../findings.js'
import { illegalSteps, unusualCode, wrongDates, wrongIdentity, wrongOrder } from './checks.js'

export type DossierKind = Dossier['kind']

/** `off`: not checked. */
export type Consequence = Severity | 'off'

/** Changed rows: name of the row → consequence. */
export type ProfileChanges = Readonly<Record<string, Consequence>>

export interface ProfileRow {
  /** Stable name; configuration refers to it. */
  readonly name: string
  readonly kinds: readonly DossierKind[]
  readonly consequence: Severity
  /** Everything that breaks the rule; pointers into the package. */
  readonly check: (dossier: Dossier) => Finding[]
}

const EVERY: readonly DossierKind[] = ['submit', 'supplement', 'transfer', 'progress', 'result', 'withdraw', 'ack', 'error']
const FULL: readonly DossierKind[] = ['submit', 'supplement', 'transfer']

type HoSo = NonNullable<Dossier['HoSo']>
type TextField = { [K in keyof HoSo]-?: Exclude<HoSo[K], undefined> extends string ? K : never }[keyof HoSo]

const MISSING = text('Thiếu trường bắt buộc này.', 'This required field is missing.')

function missing (pointer: string, detail: Text = MISSING): Finding {
  return { code: 'FIELD_MISSING', pointer, detail }
}

/** `fields` of HoSo must not be empty when `applies`. */
function needs (fields: readonly TextField[], applies: (hoSo: HoSo) => boolean): ProfileRow['check'] {
  return ({ HoSo }) => HoSo === undefined || !applies(HoSo) ? [] : fields.filter(field => isEmpty(HoSo[field])).map(field => missing(`/HoSo/${field}`))
}

/** A status that a person must understand needs its reason: in the package, in GhiChu, or in the step that reports it. */
function reasonFor (status: string): ProfileRow['check'] {
  return ({ HoSo, reason }) => HoSo?.TrangThaiHoSo === status && isEmpty(reason) && isEmpty(HoSo.GhiChu)
    ? [missing('/reason', text(`Trạng thái ${status} phải có lý do (reason hoặc HoSo.GhiChu).`, `Status ${status} needs a reason (reason or HoSo.GhiChu).`))]
    : []
}

function isEmpty (value: string | readonly unknown[] | undefined): boolean {
  return value === undefined || value.length === 0
}

const hasFiles = ({ ThanhPhanHoSo }: Dossier): boolean => ThanhPhanHoSo?.some(({ GiayToDinhKem }) => !isEmpty(GiayToDinhKem)) ?? false
const notYetAccepted = new Set(['1', '3', '7'])
const NEEDED_BY_THE_PORTAL: readonly TextField[] = ['MaLinhVuc', 'TenLinhVuc', 'HinhThuc', 'DonViXuLy', 'NoiNopHoSo', 'HoSoCoThanhPhanSoHoa', 'TaiKhoanDuocXacThucVoiVNeID', 'DuocThanhToanTrucTuyen']

export const PROFILE: readonly ProfileRow[] = [
  // What the kind is about
  {
    name: 'progress-content', kinds: ['progress'], consequence: 'refuse',
    check: ({ HoSo, TienDo }) => isEmpty(TienDo) && HoSo === undefined ? [missing('/TienDo', text('Gói tiến độ phải có TienDo hoặc HoSo.', 'A progress package needs TienDo or HoSo.'))] : []
  },
  {
    name: 'result-content', kinds: ['result'], consequence: 'refuse',
    check: ({ HoSo, TienDo, ThanhPhanHoSo }) => HoSo === undefined && isEmpty(TienDo) && isEmpty(ThanhPhanHoSo)
      ? [missing('/HoSo', text('Gói kết quả phải có HoSo, TienDo hoặc ThanhPhanHoSo.', 'A result package needs HoSo, TienDo or ThanhPhanHoSo.'))]
      : []
  },
  {
    name: 'answer-reference', kinds: ['ack', 'error'], consequence: 'warn',
    check: ({ inReplyTo }) => isEmpty(inReplyTo) ? [missing('/inReplyTo', text('Không rõ trả lời gói nào; chỉ biết mã hồ sơ.', 'It does not say which package it answers; only the dossier is known.'))] : []
  },
  {
    name: 'withdraw-status', kinds: ['withdraw'], consequence: 'warn',
    check: ({ HoSo }) => HoSo === undefined || HoSo.TrangThaiHoSo === '7' ? [] : [{ code: 'FIELD_INVALID', pointer: '/HoSo/TrangThaiHoSo', detail: text('Hồ sơ rút có trạng thái khác 7.', 'A withdrawn dossier has another status than 7.'), expected: '7', found: HoSo.TrangThaiHoSo }]
  },
  { name: 'transfer-role', kinds: ['transfer'], consequence: 'warn', check: ({ role }) => role === undefined ? [missing('/role')] : [] },
  { name: 'transfer-deadline', kinds: ['transfer'], consequence: 'warn', check: ({ deadlineAt }) => deadlineAt === undefined ? [missing('/deadlineAt')] : [] },
  // Codes
  { name: 'code-form', kinds: EVERY, consequence: 'warn', check: unusualCode },
  {
    name: 'code-same', kinds: EVERY, consequence: 'refuse',
    check: ({ MaHoSo, MaHoSoKhac, HoSo }) => isEmpty(HoSo?.MaHoSo) || HoSo?.MaHoSo === MaHoSo || HoSo?.MaHoSo === MaHoSoKhac
      ? []
      : [{ code: 'FIELD_INVALID', pointer: '/HoSo/MaHoSo', detail: text('Khác với MaHoSo của gói.', 'It differs from MaHoSo of the package.'), expected: MaHoSo, found: HoSo?.MaHoSo ?? '' }]
  },
  {
    name: 'procedure-same', kinds: EVERY, consequence: 'warn',
    check: ({ MaTTHC, HoSo }) => isEmpty(MaTTHC) || HoSo === undefined || HoSo.MaTTHC === MaTTHC
      ? []
      : [{ code: 'FIELD_INVALID', pointer: '/HoSo/MaTTHC', detail: text('Khác với MaTTHC của gói.', 'It differs from MaTTHC of the package.'), expected: MaTTHC ?? '', found: HoSo.MaTTHC }]
  },
  // Always needed
  { name: 'filled', kinds: EVERY, consequence: 'refuse', check: needs(['MaTTHC', 'TenTTHC', 'NgayNopHoSo'], () => true) },
  { name: 'portal-fields', kinds: FULL, consequence: 'warn', check: needs(NEEDED_BY_THE_PORTAL, () => true) },
  { name: 'online-account', kinds: EVERY, consequence: 'warn', check: needs(['MaDoiTuong'], ({ KenhThucHien }) => KenhThucHien === '2') },
  // Companions of the status
  { name: 'accepted-date', kinds: EVERY, consequence: 'warn', check: needs(['NgayTiepNhan'], ({ TrangThaiHoSo }) => !notYetAccepted.has(TrangThaiHoSo)) },
  { name: 'status-2-due', kinds: EVERY, consequence: 'warn', check: needs(['NgayHenTra'], ({ TrangThaiHoSo }) => TrangThaiHoSo === '2') },
  { name: 'status-3-date', kinds: EVERY, consequence: 'warn', check: needs(['NgayTuChoi'], ({ TrangThaiHoSo }) => TrangThaiHoSo === '3') },
  { name: 'status-3-reason', kinds: EVERY, consequence: 'refuse', check: reasonFor('3') },
  { name: 'status-5-supplements', kinds: EVERY, consequence: 'warn', check: ({ HoSo }) => HoSo?.TrangThaiHoSo === '5' && isEmpty(HoSo.DanhSachHoSoBoSung) ? [missing('/HoSo/DanhSachHoSoBoSung')] : [] },
  { name: 'status-6-fees', kinds: EVERY, consequence: 'warn', check: ({ HoSo }) => HoSo?.TrangThaiHoSo === '6' && isEmpty(HoSo.DanhSachLePhi) ? [missing('/HoSo/DanhSachLePhi')] : [] },
  { name: 'status-8-reason', kinds: EVERY, consequence: 'refuse', check: reasonFor('8') },
  { name: 'status-9-ended', kinds: EVERY, consequence: 'warn', check: needs(['NgayKetThucXuLy'], ({ TrangThaiHoSo }) => TrangThaiHoSo === '9' || TrangThaiHoSo === '10') },
  {
    name: 'status-9-results', kinds: EVERY, consequence: 'warn',
    check: dossier => dossier.HoSo?.TrangThaiHoSo === '9' && isEmpty(dossier.HoSo.DanhSachGiayToKetQua) && !hasFiles(dossier) ? [missing('/HoSo/DanhSachGiayToKetQua')] : []
  },
  { name: 'status-10-returned', kinds: EVERY, consequence: 'warn', check: needs(['NgayTra', 'ThongTinTra'], ({ TrangThaiHoSo }) => TrangThaiHoSo === '10') },
  // Values
  { name: 'date-real', kinds: EVERY, consequence: 'refuse', check: wrongDates },
  { name: 'date-order', kinds: EVERY, consequence: 'warn', check: wrongOrder },
  { name: 'identity-form', kinds: EVERY, consequence: 'warn', check: wrongIdentity },
  { name: 'status-steps', kinds: EVERY, consequence: 'warn', check: illegalSteps }
]

/** Checks a dossier of the right shape; everything that is wrong goes to `findings`. Unknown names in `changes` do nothing. */
export function checkProfile (dossier: Dossier, findings: Findings, changes: ProfileChanges = {}): void {
  for (const { name, kinds, consequence, check } of PROFILE) {
    if (!kinds.includes(dossier.kind)) continue
    const decided = Object.hasOwn(changes, name) ? changes[name] ?? consequence : consequence
    if (decided === 'off') continue
    for (const finding of check(dossier)) findings.add(decided, finding)
  }
}
