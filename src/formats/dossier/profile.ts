// What a dossier package must hold beyond its shape, as a table of checks with their default consequences, so that a rule is
// read, changed and counted in one place. `profile.ts` of the formats lays the rows of a configuration over it.
import type { Dossier } from '../../model/generated.js'
import { text, type Text } from '../../model/text.js'
import { type Cells, type CheckId, type Direction, refused, tolerated } from '../check.js'
import type { Finding, Findings } from '../findings.js'
import type { Profile } from '../profile.js'
import { illegalSteps, unusualCode, wrongDates, wrongIdentity, wrongOrder } from './checks.js'

export type DossierKind = Dossier['kind']

/** Its names begin so, since documents have checks of the same names. */
export type DossierCheckId = Extract<CheckId, `dossier.${string}`>

export interface DossierCheck extends Cells<DossierKind> {
  /** Everything that breaks the rule; pointers into the package. */
  readonly find: (dossier: Dossier) => Finding[]
}

export const DOSSIER_KINDS: readonly DossierKind[] = ['submit', 'supplement', 'transfer', 'progress', 'result', 'withdraw', 'ack', 'error']
const FULL: readonly DossierKind[] = ['submit', 'supplement', 'transfer']

type HoSo = NonNullable<Dossier['HoSo']>
type TextField = { [K in keyof HoSo]-?: Exclude<HoSo[K], undefined> extends string ? K : never }[keyof HoSo]

const MISSING = text('Thiếu trường bắt buộc này.', 'This required field is missing.')

function missing (pointer: string, detail: Text = MISSING): Finding {
  return { code: 'FIELD_MISSING', pointer, detail, expected: pointer.slice(pointer.lastIndexOf('/') + 1) }
}

/** `fields` of HoSo must not be empty when `applies`. */
function needs (fields: readonly TextField[], applies: (hoSo: HoSo) => boolean): DossierCheck['find'] {
  return ({ HoSo }) => HoSo === undefined || !applies(HoSo) ? [] : fields.filter(field => isEmpty(HoSo[field])).map(field => missing(`/HoSo/${field}`))
}

/** A status that a person must understand needs its reason: in the package, in GhiChu, or in the step that reports it. */
function reasonFor (status: string): DossierCheck['find'] {
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

export const DOSSIER_CHECKS: Readonly<Record<DossierCheckId, DossierCheck>> = {
  // What the kind is about
  'dossier.progress-content': {
    ...refused(['progress']),
    find: ({ HoSo, TienDo }) => isEmpty(TienDo) && HoSo === undefined ? [missing('/TienDo', text('Gói tiến độ phải có TienDo hoặc HoSo.', 'A progress package needs TienDo or HoSo.'))] : []
  },
  'dossier.result-content': {
    ...refused(['result']),
    find: ({ HoSo, TienDo, ThanhPhanHoSo }) => HoSo === undefined && isEmpty(TienDo) && isEmpty(ThanhPhanHoSo)
      ? [missing('/HoSo', text('Gói kết quả phải có HoSo, TienDo hoặc ThanhPhanHoSo.', 'A result package needs HoSo, TienDo or ThanhPhanHoSo.'))]
      : []
  },
  'dossier.answer-reference': {
    ...tolerated(['ack', 'error']),
    find: ({ inReplyTo }) => isEmpty(inReplyTo) ? [missing('/inReplyTo', text('Không rõ trả lời gói nào; chỉ biết mã hồ sơ.', 'It does not say which package it answers; only the dossier is known.'))] : []
  },
  'dossier.withdraw-status': {
    ...tolerated(['withdraw']),
    find: ({ HoSo }) => HoSo === undefined || HoSo.TrangThaiHoSo === '7' ? [] : [{ code: 'FIELD_INVALID', pointer: '/HoSo/TrangThaiHoSo', detail: text('Hồ sơ rút có trạng thái khác 7.', 'A withdrawn dossier has another status than 7.'), expected: '7', found: HoSo.TrangThaiHoSo }]
  },
  'dossier.transfer-role': { ...tolerated(['transfer']), find: ({ role }) => role === undefined ? [missing('/role')] : [] },
  'dossier.transfer-deadline': { ...tolerated(['transfer']), find: ({ deadlineAt }) => deadlineAt === undefined ? [missing('/deadlineAt')] : [] },
  // Codes
  'dossier.code-form': { ...tolerated(DOSSIER_KINDS), find: unusualCode },
  'dossier.code-same': {
    ...refused(DOSSIER_KINDS),
    find: ({ MaHoSo, MaHoSoKhac, HoSo }) => isEmpty(HoSo?.MaHoSo) || HoSo?.MaHoSo === MaHoSo || HoSo?.MaHoSo === MaHoSoKhac
      ? []
      : [{ code: 'FIELD_INVALID', pointer: '/HoSo/MaHoSo', detail: text('Khác với MaHoSo của gói.', 'It differs from MaHoSo of the package.'), expected: MaHoSo, found: HoSo?.MaHoSo ?? '' }]
  },
  'dossier.procedure-same': {
    ...tolerated(DOSSIER_KINDS),
    find: ({ MaTTHC, HoSo }) => isEmpty(MaTTHC) || HoSo === undefined || HoSo.MaTTHC === MaTTHC
      ? []
      : [{ code: 'FIELD_INVALID', pointer: '/HoSo/MaTTHC', detail: text('Khác với MaTTHC của gói.', 'It differs from MaTTHC of the package.'), expected: MaTTHC ?? '', found: HoSo.MaTTHC }]
  },
  // Always needed
  'dossier.filled': { ...refused(DOSSIER_KINDS), find: needs(['MaTTHC', 'TenTTHC', 'NgayNopHoSo'], () => true) },
  'dossier.portal-fields': { ...tolerated(FULL), find: needs(NEEDED_BY_THE_PORTAL, () => true) },
  'dossier.online-account': { ...tolerated(DOSSIER_KINDS), find: needs(['MaDoiTuong'], ({ KenhThucHien }) => KenhThucHien === '2') },
  // Companions of the status
  'dossier.accepted-date': { ...tolerated(DOSSIER_KINDS), find: needs(['NgayTiepNhan'], ({ TrangThaiHoSo }) => !notYetAccepted.has(TrangThaiHoSo)) },
  'dossier.status-2-due': { ...tolerated(DOSSIER_KINDS), find: needs(['NgayHenTra'], ({ TrangThaiHoSo }) => TrangThaiHoSo === '2') },
  'dossier.status-3-date': { ...tolerated(DOSSIER_KINDS), find: needs(['NgayTuChoi'], ({ TrangThaiHoSo }) => TrangThaiHoSo === '3') },
  'dossier.status-3-reason': { ...refused(DOSSIER_KINDS), find: reasonFor('3') },
  'dossier.status-5-supplements': { ...tolerated(DOSSIER_KINDS), find: ({ HoSo }) => HoSo?.TrangThaiHoSo === '5' && isEmpty(HoSo.DanhSachHoSoBoSung) ? [missing('/HoSo/DanhSachHoSoBoSung')] : [] },
  'dossier.status-6-fees': { ...tolerated(DOSSIER_KINDS), find: ({ HoSo }) => HoSo?.TrangThaiHoSo === '6' && isEmpty(HoSo.DanhSachLePhi) ? [missing('/HoSo/DanhSachLePhi')] : [] },
  'dossier.status-8-reason': { ...refused(DOSSIER_KINDS), find: reasonFor('8') },
  'dossier.status-9-ended': { ...tolerated(DOSSIER_KINDS), find: needs(['NgayKetThucXuLy'], ({ TrangThaiHoSo }) => TrangThaiHoSo === '9' || TrangThaiHoSo === '10') },
  'dossier.status-9-results': {
    ...tolerated(DOSSIER_KINDS),
    find: dossier => dossier.HoSo?.TrangThaiHoSo === '9' && isEmpty(dossier.HoSo.DanhSachGiayToKetQua) && !hasFiles(dossier) ? [missing('/HoSo/DanhSachGiayToKetQua')] : []
  },
  'dossier.status-10-returned': { ...tolerated(DOSSIER_KINDS), find: needs(['NgayTra', 'ThongTinTra'], ({ TrangThaiHoSo }) => TrangThaiHoSo === '10') },
  // Values
  'dossier.date-real': { ...refused(DOSSIER_KINDS), find: wrongDates },
  'dossier.date-order': { ...tolerated(DOSSIER_KINDS), find: wrongOrder },
  'dossier.identity-form': { ...tolerated(DOSSIER_KINDS), find: wrongIdentity },
  'dossier.status-steps': { ...tolerated(DOSSIER_KINDS), find: illegalSteps }
}

/** Checks a dossier of the right shape; everything that is wrong goes to `findings`, as the profile says. */
export function checkDossier (dossier: Dossier, findings: Findings, { profile, direction }: { profile: Profile, direction: Direction }): void {
  for (const [id, { find }] of Object.entries(DOSSIER_CHECKS) as Array<[DossierCheckId, DossierCheck]>) {
    const consequence = profile.consequenceOf(id, dossier.kind, direction)
    if (consequence === 'off') continue
    for (const finding of find(dossier)) findings.add(consequence, finding)
  }
}
