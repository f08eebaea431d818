// What the demo sends: every axis, every kind of address, and three packages that must be refused.
import { createHash } from 'node:crypto'
import { documentIdOf, documentMessage, type DemoDocument, type DemoFile, type DemoOrganization } from './edxml.js'
import { pdf, zippedWorkbook } from './files.js'

export interface DemoPackage {
  /** What it shows, for the terminal. */
  title: string
  /** Client that posts it. */
  client: string
  contentType: string
  body: Buffer | FormData
  /** Recipients as written → axis they must be delivered on. */
  expect: Record<string, string>
}

export interface BadPackage {
  title: string
  client: string
  contentType: string
  body: Buffer
  /** The only right answer. */
  expect: { status: number, code: string }
}

/** A document that waits at the national axis. */
export interface IncomingDocument extends Pick<DemoPackage, 'title' | 'expect'> {
  from: string
  /** Receivers as the axis names them: one queue item each. */
  to: string[]
  documentId: string
  body: Buffer
}

export interface Scenario { packages: DemoPackage[], incoming: IncomingDocument[], bad: BadPackage[] }

const AGENCIES = {
  ubnd: { code: 'H36', name: 'UBND tỉnh Lâm Đồng' },
  tuPhap: { code: 'H36.11', name: 'Sở Tư pháp tỉnh Lâm Đồng' },
  taiChinh: { code: 'H36.03', name: 'Sở Tài chính tỉnh Lâm Đồng' },
  ducTrong: { code: 'H36.101', name: 'UBND xã Đức Trọng' },
  diLinh: { code: 'H36.102', name: 'UBND xã Di Linh' },
  xuanHuong: { code: 'H36.201', name: 'UBND phường Xuân Hương - Đà Lạt' },
  phanThiet: { code: 'H36.212', name: 'UBND phường Phan Thiết' },
  datDai: { code: 'H36.10.01', name: 'Chi nhánh Văn phòng đăng ký đất đai khu vực Đức Trọng' },
  thue: { code: 'G12.18.36.01', name: 'Thuế cơ sở 1 tỉnh Lâm Đồng' },
  boTuPhap: { code: 'G15', name: 'Bộ Tư pháp' },
  vpcp: { code: 'G22', name: 'Văn phòng Chính phủ' },
  huyenDucTrong: { code: 'H36.41', name: 'UBND huyện Đức Trọng' },
  oldOrder: { code: '000.03.99.H36', name: 'Trung tâm Chuyển đổi số' },
  dakNong: { code: 'H16', name: 'UBND tỉnh Đắk Nông' },
  binhThuan: { code: 'H11', name: 'UBND tỉnh Bình Thuận' },
  nobody: { code: 'H36.999', name: 'UBND xã Không Có' }
} satisfies Record<string, DemoOrganization>

/** Builds the packages of one run; `run` makes their identifiers new, so that the demo can be repeated on the same store. */
export async function buildScenario ({ run, at }: { run: string, at: number }): Promise<Scenario> {
  const { ubnd, tuPhap, taiChinh, ducTrong, diLinh, xuanHuong, phanThiet, datDai, thue, boTuPhap, vpcp, huyenDucTrong, oldOrder, dakNong, binhThuan, nobody } = AGENCIES
  let number = 0
  const plan = pdf('van-ban.pdf', 'Lam Dong, cong van mau')
  const workbook = await zippedWorkbook('PhuLuc.xlsx', [['Đơn vị', 'Số hồ sơ'], ['UBND xã Đức Trọng', '412']])
  const factsOf = (from: DemoOrganization, to: DemoOrganization[], more: { subject: string, priority?: number, files?: DemoFile[] }): DemoDocument =>
    ({ from, to, number: `${run}${++number}`, notation: 'UBND-VX', priority: 0, files: [plan], at, ...more })
  const document = (...facts: Parameters<typeof factsOf>): Buffer => documentMessage(factsOf(...facts))
  const incoming = (from: DemoOrganization, to: DemoOrganization[], subject: string): Pick<IncomingDocument, 'from' | 'to' | 'documentId' | 'body'> => {
    const facts = factsOf(from, to, { subject })
    return { from: from.code, to: to.map(({ code }) => code), documentId: documentIdOf(facts), body: documentMessage(facts) }
  }
  const xml = 'application/xml'
  const valid = document(taiChinh, [ubnd], { subject: 'V/v báo cáo quyết toán quý III' })
  return {
    packages: [
      { title: 'Văn bản mới, nhiều nơi nhận', client: 'ubnd-tinh', contentType: xml, body: document(ubnd, [tuPhap, ducTrong, datDai, vpcp], { subject: 'V/v triển khai kết nối, chia sẻ dữ liệu hồ sơ thủ tục hành chính cấp xã', files: [plan, workbook] }), expect: { [tuPhap.code]: 'province', [ducTrong.code]: 'commune', [datDai.code]: 'district', [vpcp.code]: 'national' } },
      { title: 'Văn bản hỏa tốc', client: 'ubnd-tinh', contentType: xml, body: document(ubnd, [diLinh, xuanHuong, phanThiet, thue], { subject: 'V/v ứng phó mưa lũ trên địa bàn tỉnh', priority: 3 }), expect: { [diLinh.code]: 'commune', [xuanHuong.code]: 'commune', [phanThiet.code]: 'commune', [thue.code]: 'district' } },
      { title: 'Gửi huyện đã kết thúc hoạt động', client: 'so-tu-phap', contentType: xml, body: document(tuPhap, [huyenDucTrong], { subject: 'V/v rà soát hộ tịch' }), expect: { [huyenDucTrong.code]: 'commune' } },
      { title: 'Mã định danh kiểu cũ', client: 'so-tu-phap', contentType: xml, body: document(tuPhap, [oldOrder], { subject: 'V/v cấp tài khoản dùng chung' }), expect: { [oldOrder.code]: 'province' } },
      { title: 'Hồ sơ từ một cửa xã, kèm tệp', client: 'xa-duc-trong', contentType: 'multipart/form-data', body: dossierForm(run, plan), expect: { [tuPhap.code]: 'province', 'H36.01.01': 'province' } }
    ],
    incoming: [
      { title: 'Văn bản đến từ trục quốc gia', ...incoming(boTuPhap, [tuPhap], 'V/v hướng dẫn đăng ký hộ tịch trực tuyến'), expect: { [tuPhap.code]: 'province' } },
      { title: 'Bộ, ngành gửi tỉnh đã sáp nhập', ...incoming(vpcp, [dakNong, binhThuan], 'V/v báo cáo sắp xếp đơn vị hành chính'), expect: { [dakNong.code]: 'province' } }
    ],
    bad: [
      { title: 'Nơi nhận không có trong danh mục', client: 'ubnd-tinh', contentType: xml, body: document(ubnd, [nobody], { subject: 'V/v gửi nhầm' }), expect: { status: 422, code: 'RECIPIENT_UNKNOWN' } },
      { title: 'XML hỏng', client: 'so-tai-chinh', contentType: xml, body: Buffer.from(valid.toString().replace('</edXML:MessageHeader>', '</edXML:MessageHeadr>')), expect: { status: 400, code: 'XML_MALFORMED' } },
      { title: 'Gửi thay cơ quan khác', client: 'so-tu-phap', contentType: xml, body: valid, expect: { status: 403, code: 'SENDER_NOT_ALLOWED' } }
    ]
  }
}

/** Recipients of the dossier and what the department sends on, in the canonical form. */
export function dossierBody (more: { packageId: string, kind: 'submit' | 'transfer', from: string, to: string[], MaHoSo: string, file?: DemoFile }): Buffer {
  const { file, ...header } = more
  return Buffer.from(JSON.stringify({
    ...header,
    MaTTHC: '1.000656',
    HoSo: {
      MaHoSo: more.MaHoSo,
      MaTTHC: '1.000656',
      TenTTHC: 'Đăng ký khai tử',
      MaLinhVuc: 'G15-HT01',
      TenLinhVuc: 'Hộ tịch',
      KenhThucHien: '2',
      ChuHoSo: 'Phạm Thị Dung',
      LoaiDoiTuong: '1',
      NgayNopHoSo: '20261120081512',
      NgayTiepNhan: '20261120093000',
      TrangThaiHoSo: '2',
      HinhThuc: '0',
      DonViXuLy: 'UBND xã Đức Trọng'
    },
    ThanhPhanHoSo: file === undefined
      ? []
      : [{ MaThanhPhanHoSo: 'KQ.G15.000008', TenThanhPhanHoSo: 'Giấy báo tử', LoaiBan: '2', GiayToDinhKem: [{ TenGiayTo: file.name, HashTepTin: createHash('sha256').update(file.bytes).digest('hex'), size: file.bytes.length }] }]
  }))
}

function dossierForm (run: string, file: DemoFile): FormData {
  const body = dossierBody({ packageId: `mcdt-${run}-1`, kind: 'submit', from: 'H36.101', to: ['H36.11', 'H36.01.01'], MaHoSo: dossierCode(run), file })
  const form = new FormData()
  form.append('package', new Blob([new Uint8Array(body)], { type: 'application/json' }), 'package.json')
  form.append('file', new Blob([new Uint8Array(file.bytes)], { type: 'application/pdf' }), file.name)
  return form
}

/** Mã hồ sơ of this run (Thông tư 01/2018/TT-VPCP art. 19). */
export function dossierCode (run: string): string {
  return `000.00.11.H36-261120-${run}`
}
