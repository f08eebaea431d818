// The statuses of a dossier (TrangThaiHoSo) and which may follow which, as a table. Systems break the order in practice:
// a wrong step is recorded, never blocked, so that the national copy stays in step with the agency's.
import { type Text, text } from './text.js'

export type DossierStatus = '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '10'

export interface DossierStatusEntry {
  readonly meaning: Text
  /** Nothing follows. */
  readonly terminal: boolean
  /** The clock stands still: the citizen has to act. */
  readonly pauses: boolean
  /** Fields of HoSo that the status brings along; `reason` is that of the package. */
  readonly companions: readonly string[]
  readonly successors: readonly DossierStatus[]
}

type Given = Pick<DossierStatusEntry, 'companions' | 'successors'> & { pauses?: true }

function entry (vi: string, en: string, { companions, successors, pauses }: Given): DossierStatusEntry {
  return { meaning: text(vi, en), terminal: successors.length === 0, pauses: pauses === true, companions, successors }
}

export const DOSSIER_STATUSES: Readonly<Record<DossierStatus, DossierStatusEntry>> = {
  1: entry('Mới đăng ký', 'Registered', { companions: ['NgayNopHoSo'], successors: ['2', '3', '7'] }),
  2: entry('Được tiếp nhận', 'Accepted', { companions: ['NgayTiepNhan', 'NgayHenTra'], successors: ['4', '5', '6', '7', '8', '9'] }),
  3: entry('Không được tiếp nhận', 'Not accepted', { companions: ['NgayTuChoi', 'reason'], successors: [] }),
  4: entry('Đang xử lý', 'In progress', { companions: [], successors: ['5', '6', '7', '8', '9'] }),
  5: entry('Yêu cầu bổ sung giấy tờ', 'Papers asked for', { companions: ['DanhSachHoSoBoSung'], successors: ['4', '7', '8', '3'], pauses: true }),
  6: entry('Yêu cầu thực hiện nghĩa vụ tài chính', 'Payment asked for', { companions: ['DanhSachLePhi'], successors: ['4', '7', '8'], pauses: true }),
  7: entry('Công dân yêu cầu rút hồ sơ', 'Withdrawn by the citizen', { companions: [], successors: [] }),
  8: entry('Dừng xử lý', 'Stopped', { companions: ['reason'], successors: [] }),
  9: entry('Đã xử lý xong', 'Processed', { companions: ['NgayKetThucXuLy', 'results'], successors: ['10', '4'] }),
  10: entry('Đã trả kết quả', 'Result returned', { companions: ['NgayTra', 'ThongTinTra'], successors: [] })
}

export function isDossierStatus (value: unknown): value is DossierStatus {
  return typeof value === 'string' && Object.hasOwn(DOSSIER_STATUSES, value)
}

/** May a dossier go from one status to another? Staying where it is is no step, and legal: systems repeat what they said. */
export function transition (from: DossierStatus, to: DossierStatus): 'legal' | 'illegal' {
  return from === to || DOSSIER_STATUSES[from].successors.includes(to) ? 'legal' : 'illegal'
}
