// The simulator as the conformance suite drives it, and the dossiers that it is sent.
import { createHash } from 'node:crypto'
import { type AdapterHarness, dossierSample, type HarnessDelivery, type Misbehaviour } from 'lienthong/adapter'
import { type Fault, type Simulator, startSimulator, type TakenCall } from './simulator.js'

const USERNAME = '000.00.00.H36'
const PASSWORD = 'harness-portal-password'
const RETRY_AFTER_SECONDS = 7
const FAULTS: Record<Exclude<Misbehaviour, 'offline'>, Fault> = {
  // Echoes what no reason may repeat.
  refuse: { kind: 'error', code: '-20', message: `Mã thủ tục không hợp lệ (${USERNAME}/${PASSWORD})` },
  overload: { kind: 'status', status: 503, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } },
  hang: { kind: 'hang' },
  drop: { kind: 'drop' },
  malformed: { kind: 'malformed' }
}

export function createHarness (): AdapterHarness {
  let simulator: Simulator | undefined
  let port = 0
  const start = async (): Promise<void> => {
    simulator = await startSimulator({ port, options: { accounts: { [USERNAME]: PASSWORD }, linkHosts: [] } })
    port = simulator.port
  }
  const seen: TakenCall[] = []
  const stop = async (): Promise<void> => {
    seen.push(...simulator?.taken ?? [])
    await simulator?.stop()
    simulator = undefined
  }
  return {
    can: ['refuse', 'overload', 'hang', 'drop', 'malformed', 'offline'],
    retryAfterMs: RETRY_AFTER_SECONDS * 1000,
    // Without files: the portal gets links and would notice a file that breaks off much later.
    sample: ({ deliveryId }) => ({ ...sampleDossier(deliveryId), attachments: [] }),
    async start () {
      seen.length = 0
      port = 0
      await start()
    },
    settings: () => ({ url: simulator?.url, username: USERNAME, password: PASSWORD, unit: USERNAME, dictionaryHours: 0 }),
    async misbehave (kind) {
      if (kind === 'offline') { await stop(); return }
      if (simulator === undefined) await start()
      simulator?.fail(kind === undefined ? undefined : FAULTS[kind])
    },
    received: () => receivedOf([...seen, ...simulator?.taken ?? []]),
    stop
  }
}

/** Each delivery once: a dossier and its progress are one package. */
function receivedOf (calls: readonly TakenCall[]): HarnessDelivery[] {
  const found = new Map<string, HarnessDelivery>()
  for (const { idempotencyKey, traceparent, body, bytes } of calls) {
    if (idempotencyKey === undefined || found.has(idempotencyKey)) continue
    const sha256 = createHash('sha256').update(JSON.stringify(body)).digest('hex')
    found.set(idempotencyKey, { deliveryId: idempotencyKey, kind: 'dossier', ...(traceparent === undefined ? {} : { traceparent }), size: bytes, sha256 })
  }
  return [...found.values()]
}

/** A dossier that was accepted, with one paper and one step; the same for the same delivery. */
export function sampleDossier (deliveryId: string): ReturnType<typeof dossierSample> {
  return dossierSample(deliveryId, { name: 'giay-bao-tu.pdf', bytes: Buffer.from('%PDF-1.4\n% sample\n%%EOF') }, ({ MaHoSo, file }) => ({
    from: 'H36.99.01',
    to: ['G22'],
    MaTTHC: '1.000656',
    HoSo: {
      MaHoSo, MaTTHC: '1.000656', TenTTHC: 'Đăng ký khai tử', MaLinhVuc: 'G15-HT01', TenLinhVuc: 'Hộ tịch', KenhThucHien: '2', ChuHoSo: 'Nguyễn Văn Mẫu',
      LoaiDoiTuong: '1', NgayNopHoSo: '20261120080000', NgayTiepNhan: '20261120090000', TrangThaiHoSo: '2', DonViXuLy: 'UBND xã Mẫu'
    },
    TienDo: [{ NguoiXuLy: 'Lê Thị Cúc', ThoiDiemXuLy: '20261120090000', NoiDungXuLy: 'Tiếp nhận hồ sơ', TrangThai: '2' }],
    ThanhPhanHoSo: [{
      TenThanhPhanHoSo: 'Giấy báo tử', SoLuong: '1', LoaiBan: '2', GiayToDinhKem: [{ IdGiayTo: '501', ...file }]
    }]
  }))
}
