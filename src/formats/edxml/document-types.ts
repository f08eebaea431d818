// Document types by name: the names of NĐ 30/2020/NĐ-CP art. 7 and of QCVN 102:2016 (amendment 1:2022). The name is what
// counts; Type and TypeDetail are dirty in practice.

const NAMES = [
  'Nghị quyết', 'Quyết định', 'Chỉ thị', 'Quy chế', 'Quy định', 'Thông cáo', 'Thông báo', 'Hướng dẫn', 'Chương trình', 'Kế hoạch', 'Phương án', 'Đề án', 'Dự án',
  'Báo cáo', 'Biên bản', 'Tờ trình', 'Hợp đồng', 'Công văn', 'Công điện', 'Bản ghi nhớ', 'Bản thỏa thuận', 'Giấy ủy quyền', 'Giấy mời', 'Giấy giới thiệu', 'Giấy nghỉ phép',
  'Phiếu gửi', 'Phiếu chuyển', 'Phiếu báo', 'Thư công', 'Bản cam kết', 'Giấy chứng nhận', 'Sao y', 'Trích sao', 'Sao lục', 'Bản sao y', 'Bản trích sao', 'Bản sao lục',
  'Hiến pháp', 'Bộ luật', 'Luật', 'Pháp lệnh', 'Lệnh', 'Nghị quyết liên tịch', 'Nghị định', 'Thông tư', 'Thông tư liên tịch',
  'Văn bản quy phạm pháp luật của đơn vị hành chính - kinh tế đặc biệt'
]

/** Lower case, without diacritics, punctuation and double blanks: `QUYẾT ĐỊNH (cá biệt)` → `quyet dinh ca biet`. */
export function foldName (name: string): string {
  return name.normalize('NFD').replace(/\p{M}+/gu, '').toLowerCase().replaceAll('đ', 'd').replace(/[^a-z0-9]+/g, ' ').trim()
}

const FOLDED: ReadonlyMap<string, string> = new Map(NAMES.map(name => [foldName(name), name]))
const EXACT: ReadonlySet<string> = new Set(NAMES)
const QUALIFIER = / (?:ca biet|quy pham phap luat|qppl|cua ubnd)$/

/** The listed name of a document type, whatever its case and diacritics; undefined when it is not listed. */
export function documentTypeOf (typeName: string): string | undefined {
  if (EXACT.has(typeName)) return typeName
  const folded = foldName(typeName)
  return FOLDED.get(folded) ?? FOLDED.get(folded.replace(QUALIFIER, ''))
}
