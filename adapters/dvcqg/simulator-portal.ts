// The rules of the simulated portal, without HTTP: sessions that end, dossiers before their progress, ten steps a call,
// "đã tồn tại", dictionaries. What it says and when follows what integrations have seen; docs are in README.md.
import { randomUUID } from 'node:crypto'

export interface PortalRules {
  /** Accounts: user name → password. */
  accounts: Record<string, string>
  /** A session ends so long after its log-in, ms. */
  sessionMs: number
  /** Fields of HoSo that must not be empty. */
  required: readonly string[]
  mostSteps: number
  /** error_code as texts ("0", "00") or as numbers: both are seen in the wild. */
  codesAs: 'text' | 'number'
  procedures: ReadonlyArray<Record<string, unknown>>
  agencies: ReadonlyArray<Record<string, unknown>>
  fields: ReadonlyArray<Record<string, unknown>>
}

export interface KnownDossier { HoSo: Record<string, unknown>, steps: Array<Record<string, unknown>>, updates: number }

export interface Answer { error_code: number | string, message?: string, result?: unknown[], session?: string }

export interface PortalState {
  readonly dossiers: Map<string, KnownDossier>
  readonly counts: { logins: number, calls: number, expired: number }
  login (body: Record<string, unknown>): Answer
  /** Answers a business call. `onDossier` is told of every dossier that was taken. */
  business (body: Record<string, unknown>, onDossier: (HoSo: Record<string, unknown>) => void): Answer
  expireSessions (): void
  clear (): void
}

export const DEFAULT_RULES: PortalRules = {
  accounts: { '000.00.00.H36': 'simulator-password' },
  sessionMs: 15 * 60_000,
  required: ['MaHoSo', 'MaTTHC', 'TenTTHC', 'KenhThucHien', 'LoaiDoiTuong', 'NgayNopHoSo', 'TrangThaiHoSo'],
  mostSteps: 10,
  codesAs: 'text',
  procedures: [
    { MATTHC: '1.000656', TENTTHC: 'Đăng ký khai tử', LINHVUCTHUCHIEN: [{ MALINHVUC: 'G15-HT01', TENLINHVUC: 'Hộ tịch' }] },
    { MATTHC: '1.001193', TENTTHC: 'Đăng ký khai sinh', LINHVUCTHUCHIEN: [{ MALINHVUC: 'G15-HT01', TENLINHVUC: 'Hộ tịch' }] }
  ],
  agencies: [{ MADONVI: '000.00.00.H36', TENDONVI: 'UBND tỉnh Lâm Đồng', CAPDONVI: '1' }],
  fields: [{ MALINHVUC: 'G15-HT01', TENLINHVUC: 'Hộ tịch', MANGANH: 'G15' }]
}

const STAMP = /^\d{14}$/
const MOST_DOSSIERS = 10_000

/** `now` is epoch ms. `rules` is read at every call, so that a change takes effect at once. */
export function createPortalState (rules: PortalRules, now: () => number): PortalState {
  const sessions = new Map<string, number>()
  const dossiers = new Map<string, KnownDossier>()
  const counts = { logins: 0, calls: 0, expired: 0 }
  const say = (code: number, message: string, more: object = {}): Answer => ({ error_code: rules.codesAs === 'number' ? code : code === 0 ? '00' : String(code), message, ...more })
  const done = (more: object = {}): Answer => say(0, 'Thành công', more)

  function synchronise (body: Record<string, unknown>, onDossier: (HoSo: Record<string, unknown>) => void): Answer {
    const updating = body['isUpdating'] === 'True'
    const list = objectsOf(body['data'])
    if (list.length === 0) return say(4, 'Thiếu dữ liệu data')
    for (const HoSo of list) {
      const code = String(HoSo['MaHoSo'] ?? '')
      const missing = rules.required.filter(name => String(HoSo[name] ?? '').trim() === '')
      if (missing.length > 0) return say(4, `Thiếu trường bắt buộc: ${missing.join(', ')}`)
      const wrong = Object.entries(HoSo).find(([name, value]) => !(typeof value === 'string' || Array.isArray(value)) || (/^Ngay/.test(name) && value !== '' && !STAMP.test(String(value))))
      if (wrong !== undefined) return say(4, `Giá trị không hợp lệ: ${wrong[0]}`)
      if (!updating && dossiers.has(code)) return say(3, `Hồ sơ ${code} đã tồn tại`)
      if (updating && !dossiers.has(code)) return say(5, `Hồ sơ ${code} không tồn tại`)
    }
    for (const HoSo of list) {
      const code = String(HoSo['MaHoSo'])
      const known = dossiers.get(code)
      if (known === undefined && dossiers.size >= MOST_DOSSIERS) dossiers.delete(dossiers.keys().next().value ?? '')
      dossiers.set(code, { HoSo, steps: known?.steps ?? [], updates: known === undefined ? 0 : known.updates + 1 })
      onDossier(HoSo)
    }
    return done()
  }

  function progress (body: Record<string, unknown>): Answer {
    const steps = objectsOf(body['data'])
    if (steps.length === 0) return say(4, 'Thiếu dữ liệu data')
    if (steps.length > rules.mostSteps) return say(6, `Quá ${rules.mostSteps} bước trong một lần gọi`)
    for (const step of steps) {
      const missing = ['MaHoSo', 'NguoiXuLy', 'ThoiDiemXuLy', 'NoiDungXuLy', 'TrangThai'].filter(name => String(step[name] ?? '') === '')
      if (missing.length > 0) return say(4, `Thiếu trường bắt buộc: ${missing.join(', ')}`)
      if (!dossiers.has(String(step['MaHoSo']))) return say(5, `Hồ sơ ${String(step['MaHoSo'])} không tồn tại`)
    }
    for (const step of steps) dossiers.get(String(step['MaHoSo']))?.steps.push(step)
    return done()
  }

  function lookUp (body: Record<string, unknown>): Answer {
    const found = dossiers.get(String(body['mahoso'] ?? ''))
    return found === undefined ? say(5, 'Hồ sơ không tồn tại') : done({ result: [{ ...found.HoSo, TienDo: found.steps }] })
  }

  return {
    dossiers,
    counts,
    login ({ username, password }) {
      if (typeof username !== 'string' || !Object.hasOwn(rules.accounts, username) || rules.accounts[username] !== password) return say(1, 'Tên hoặc mật khẩu không đúng')
      const session = randomUUID()
      sessions.set(session, now() + rules.sessionMs)
      counts.logins++
      return { session, error_code: rules.codesAs === 'number' ? 0 : '0' }
    },
    business (body, onDossier) {
      counts.calls++
      if ((sessions.get(String(body['session'] ?? '')) ?? 0) <= now()) {
        counts.expired++
        return say(-1, 'Phiên làm việc không hợp lệ hoặc đã hết hạn (session)')
      }
      if (String(body['madonvi'] ?? '') === '') return say(4, 'Thiếu madonvi')
      switch (body['service']) {
        case 'DongBoHoSoMC': return synchronise(body, onDossier)
        case 'CapNhatTienDoHoSoMC': return progress(body)
        case 'TraCuuHoSo': return lookUp(body)
        case 'LayThuTuc': return done({ result: rules.procedures.filter(({ MATTHC }) => MATTHC === body['maTTHC']) })
        case 'LayDanhSachTTHC': return done({ result: rules.procedures.map(({ MATTHC, TENTTHC }) => ({ MATTHC, TENTTHC })) })
        case 'LayDanhMucCoQuan': return done({ result: [...rules.agencies] })
        case 'LayDanhMucLinhVuc': return done({ result: [...rules.fields] })
        case 'LayDanhSachHoiDapGuiTuDVCQG':
        case 'LayDanhSachHoiDapBoCoQuan':
        case 'LayNoiDungTraLoiTheoCauHoi': return done({ result: [] })
        default: return say(7, 'Dịch vụ không được hỗ trợ')
      }
    },
    expireSessions () { sessions.clear() },
    clear () {
      sessions.clear()
      dossiers.clear()
    }
  }
}

function objectsOf (value: unknown): Array<Record<string, unknown>> {
  return Array.isArray(value) && value.every(item => typeof item === 'object' && item !== null) ? value as Array<Record<string, unknown>> : []
}
