// The catalogue of everything that can go wrong, and the only error our own code throws.
import { type Text, text } from './model/text.js'
import type { Fault, Problem } from './model/problem.js'

/** Who can mend it: the caller (4xx), an outside system, or whoever runs the hub. */
export type FaultOf = 'caller' | 'partner' | 'hub'

export interface CatalogueEntry {
  /** HTTP status when this reaches an API caller. */
  status: number
  title: Text
  faultOf: FaultOf
  /** May the same action succeed later, unchanged? */
  retry: boolean
}

const caller = (status: number, vi: string, en: string): CatalogueEntry =>
  ({ status, title: text(vi, en), faultOf: 'caller', retry: false })
const partner = (retry: boolean, vi: string, en: string): CatalogueEntry =>
  ({ status: 502, title: text(vi, en), faultOf: 'partner', retry })
const hub = (status: number, retry: boolean, vi: string, en: string): CatalogueEntry =>
  ({ status, title: text(vi, en), faultOf: 'hub', retry })

/** Code → what it means. Codes are never renamed or reused; `docs/problems.md` is generated from this table. */
export const CATALOGUE = {
  // The request
  BODY_EMPTY: caller(400, 'Nội dung trống', 'The body is empty'),
  BODY_TOO_LARGE: caller(413, 'Nội dung vượt giới hạn', 'The body is over the limit'),
  BODY_TRUNCATED: caller(400, 'Nội dung bị cắt ngang', 'The body ended too early'),
  CHECKSUM_MISMATCH: caller(400, 'Nội dung không khớp giá trị băm', 'The content does not match its checksum'),
  CONTENT_TYPE_UNSUPPORTED: caller(415, 'Kiểu nội dung không được hỗ trợ', 'The content type is not supported'),
  REQUEST_INVALID: caller(400, 'Yêu cầu không hợp lệ', 'The request is not valid'),
  UNAUTHENTICATED: caller(401, 'Chưa xác thực', 'Not authenticated'),
  FORBIDDEN: caller(403, 'Không có quyền', 'Not allowed'),
  NOT_FOUND: caller(404, 'Không tìm thấy', 'Not found'),
  METHOD_NOT_ALLOWED: caller(405, 'Phương thức không được hỗ trợ', 'The method is not allowed here'),
  TOO_MANY_REQUESTS: caller(429, 'Quá nhiều yêu cầu', 'Too many requests'),
  REQUEST_TIMEOUT: caller(408, 'Yêu cầu gửi đến quá chậm', 'The request took too long to arrive'),
  URI_TOO_LONG: caller(414, 'Địa chỉ yêu cầu quá dài', 'The request target is too long'),
  HEADERS_TOO_LARGE: caller(431, 'Phần đầu yêu cầu quá lớn', 'The request headers are too large'),
  RATE_EXCEEDED: { status: 429, title: text('Gọi quá nhiều lần trong thời gian ngắn', 'Too many calls in a short time'), faultOf: 'caller', retry: true },
  IDEMPOTENCY_KEY_REUSED: caller(409, 'Khóa Idempotency-Key đã dùng cho nội dung khác', 'The Idempotency-Key was used for other content'),
  PACKAGE_CONFLICT: caller(409, 'Mã văn bản hoặc hồ sơ đã dùng cho nội dung khác', 'The identifier was used for other content'),
  LINK_EXPIRED: caller(410, 'Liên kết đã hết hạn', 'The link has expired'),
  CONTENT_PURGED: caller(410, 'Nội dung đã được xóa khi hết thời hạn lưu giữ', 'The content was purged when its retention ended'),
  DELIVERY_NOT_AVAILABLE: caller(409, 'Gói tin không còn chờ nhận', 'The delivery is not waiting to be fetched'),
  OPERATION_NOT_POSSIBLE: caller(409, 'Không thực hiện được ở trạng thái hiện tại', 'Not possible in the present state'),
  DUPLICATE_NOT_ACCEPTED: caller(409, 'Cần xác nhận chấp nhận gửi trùng', 'The duplicate must be accepted explicitly'),
  BATCH_TOO_LARGE: caller(422, 'Quá nhiều gói tin trong một lô xử lý', 'Too many deliveries for one batch'),
  BATCH_CANCELLED: caller(409, 'Lô xử lý đã bị hủy', 'The batch was cancelled'),
  // The package
  PACKAGE_INVALID: caller(422, 'Gói tin có lỗi', 'The package has faults'),
  XML_MALFORMED: caller(400, 'XML không đúng cú pháp', 'The XML is not well-formed'),
  XML_FORBIDDEN: caller(400, 'XML chứa cấu trúc bị cấm', 'The XML holds a forbidden construct'),
  XML_LIMIT: caller(400, 'XML vượt giới hạn an toàn', 'The XML is over a safety limit'),
  JSON_MALFORMED: caller(400, 'JSON không đúng cú pháp', 'The JSON is not well-formed'),
  ENCODING_INVALID: caller(400, 'Nội dung không phải UTF-8 hợp lệ', 'The content is not valid UTF-8'),
  EDXML_STRUCTURE: caller(422, 'Cấu trúc edXML không đúng', 'The edXML structure is wrong'),
  FIELD_MISSING: caller(422, 'Thiếu trường bắt buộc', 'A required field is missing'),
  FIELD_INVALID: caller(422, 'Trường có giá trị không hợp lệ', 'A field has a wrong value'),
  FIELD_UNKNOWN: caller(422, 'Trường không có trong định nghĩa', 'A field is not defined'),
  STATUS_TRANSITION: caller(422, 'Trạng thái hồ sơ không nối tiếp trạng thái trước', 'The dossier status does not follow the one before'),
  TARGET_UNKNOWN: caller(422, 'Văn bản được nêu chưa có trên trục', 'The document it is about is not known here'),
  ATTACHMENT_INVALID: caller(422, 'Tệp đính kèm có lỗi', 'An attachment has a fault'),
  ATTACHMENT_MISSING: caller(422, 'Thiếu tệp đính kèm', 'An attachment is missing'),
  STATE_SECRET: caller(422, 'Văn bản có dấu chỉ độ mật', 'The document is marked as a state secret'),
  TRANSLATION_FAILED: caller(422, 'Không dịch được nội dung sang dạng chuẩn', 'The content cannot be translated into the canonical form'),
  PACKAGE_QUARANTINED: caller(422, 'Gói tin cần người xem xét', 'A person must look at the package'),
  SENDER_UNKNOWN: caller(422, 'Cơ quan gửi không có trong danh mục', 'The sending agency is not in the directory'),
  SENDER_NOT_ALLOWED: caller(403, 'Không được gửi thay cơ quan này', 'The caller may not speak for this agency'),
  SENDER_CLOSED: caller(422, 'Mã cơ quan gửi đã đóng', 'The sending agency is closed'),
  RECIPIENT_MISSING: caller(422, 'Không có cơ quan nhận', 'There is no recipient'),
  RECIPIENT_UNKNOWN: caller(422, 'Cơ quan nhận không có trong danh mục', 'A recipient is not in the directory'),
  RECIPIENT_UNREACHABLE: caller(422, 'Cơ quan nhận chưa kết nối', 'No endpoint serves this recipient'),
  RECIPIENT_FORMAT: caller(422, 'Cơ quan nhận không nhận loại gói tin này', 'The recipient does not take this kind of package'),
  RECIPIENT_ELSEWHERE: caller(422, 'Cơ quan nhận thuộc phía đã chuyển gói tin đến', 'The recipient is served by the side that brought the package'),
  RECIPIENT_REPEATED: caller(422, 'Cơ quan nhận được nêu hai lần', 'A recipient is named twice'),
  SUCCESSOR_AMBIGUOUS: caller(422, 'Cơ quan nhận đã đóng và có nhiều cơ quan kế thừa', 'The recipient is closed and has several successors'),
  SIGNATURE_MISSING: caller(422, 'Thiếu chữ ký số', 'A required signature is missing'),
  SIGNATURE_INVALID: caller(422, 'Chữ ký số không hợp lệ', 'A signature is not valid'),
  // An outside system
  ENDPOINT_REFUSED: partner(false, 'Hệ thống nhận từ chối', 'The receiving system refused'),
  ENDPOINT_UNAVAILABLE: partner(true, 'Hệ thống nhận không phản hồi đúng', 'The receiving system is not available'),
  ENDPOINT_TIMEOUT: partner(true, 'Hệ thống nhận không phản hồi kịp', 'The receiving system did not answer in time'),
  ENDPOINT_BUSY: partner(true, 'Hệ thống nhận đang bận', 'The receiving system has no room for more at the moment'),
  ENDPOINT_RESTING: partner(true, 'Điểm kết nối đang tạm nghỉ', 'The endpoint rests'),
  DELIVERY_UNCERTAIN: partner(false, 'Không rõ hệ thống nhận đã nhận hay chưa', 'It is not known whether the package arrived'),
  RECIPIENT_REFUSED: partner(false, 'Cơ quan nhận từ chối tiếp nhận', 'The recipient refused the package'),
  ATTEMPTS_EXHAUSTED: partner(false, 'Đã hết số lần gửi', 'All attempts are used up'),
  DELIVERY_EXPIRED: partner(false, 'Đã quá hạn chuyển', 'The delivery has expired'),
  // An operator's word
  HELD_BY_OPERATOR: hub(409, false, 'Quản trị viên giữ lại', 'An operator holds it'),
  CANCELLED_BY_OPERATOR: hub(409, false, 'Quản trị viên đã hủy', 'An operator cancelled it'),
  // The order of a document or dossier
  PREDECESSOR_DEAD: partner(false, 'Gói tin đi trước không chuyển được', 'What came before it was not delivered'),
  DOCUMENT_UNKNOWN: caller(422, 'Chưa nhận được văn bản mà trạng thái này nói đến', 'The document that this status is about never arrived'),
  REVOKED: caller(409, 'Văn bản bị thu hồi trước khi chuyển', 'The document was revoked before it was delivered'),
  REVOKED_BEFORE_DELIVERY: caller(409, 'Văn bản bị thu hồi chưa hề được chuyển đi, không còn gì để thu hồi', 'The revoked document was never sent out; nothing is left to revoke'),
  // The hub
  ADAPTER_DEFECT: hub(500, true, 'Bộ kết nối bị lỗi', 'The adapter failed'),
  TRANSFORM_FAILED: hub(500, false, 'Không chuyển đổi được nội dung', 'The content cannot be transformed'),
  EGRESS_FORBIDDEN: hub(500, false, 'Trục không được phép kết nối tới địa chỉ này', 'The hub may not connect to this address'),
  RELAY_LOOP: hub(500, false, 'Văn bản đi vòng qua trục', 'The document goes round in a circle'),
  CONTENT_MISSING: hub(500, false, 'Không tìm thấy nội dung đã lưu', 'Stored content is missing'),
  CONFIG_INVALID: hub(500, false, 'Cấu hình không hợp lệ', 'The configuration is not valid'),
  DATA_DIRECTORY_LOCKED: hub(500, false, 'Thư mục dữ liệu đang được tiến trình khác dùng', 'Another process uses the data directory'),
  STORE_UNAVAILABLE: hub(503, true, 'Cơ sở dữ liệu tạm ngưng', 'The store is not available'),
  BROKER_UNAVAILABLE: hub(503, true, 'Hàng đợi tạm ngưng', 'The broker is not available'),
  STORE_TOO_NEW: hub(500, false, 'Cơ sở dữ liệu thuộc phiên bản mới hơn', 'The database belongs to a newer release'),
  PACKAGE_UNSTORABLE: hub(500, false, 'Không lưu được gói tin', 'The package cannot be stored'),
  STORAGE_UNAVAILABLE: hub(503, true, 'Nơi lưu trữ tạm ngưng', 'The storage is not available'),
  STORAGE_FULL: hub(507, true, 'Hết chỗ lưu trữ', 'There is no storage left'),
  OVERLOADED: hub(503, true, 'Hệ thống đang quá tải', 'The hub is overloaded'),
  STOPPING: hub(503, true, 'Hệ thống đang dừng', 'The hub is stopping'),
  INTERNAL: hub(500, true, 'Lỗi nội bộ', 'Internal error')
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof CATALOGUE

export interface HubErrorOptions {
  errors?: Fault[]
  cause?: unknown
  /** Seconds after which a retry makes sense; becomes `Retry-After`. */
  retryAfterSeconds?: number
}

/** The only error our code throws on purpose. Anything else that is thrown is a defect and is shown as a bare 500. */
export class HubError extends Error {
  readonly code: ErrorCode
  readonly detail: Text
  readonly errors: Fault[]
  readonly retryAfterSeconds: number | undefined

  constructor (code: ErrorCode, detail: Text, options: HubErrorOptions = {}) {
    super(`${code}: ${detail.en}`, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'HubError'
    this.code = code
    this.detail = detail
    this.errors = options.errors ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** Builds one fault; `found` is cut to 120 characters so that a hostile value cannot flood an answer. */
export function fault (code: ErrorCode, pointer: string, detail: Text, more: { expected?: string, found?: string } = {}): Fault {
  return {
    code,
    pointer,
    detail,
    ...(more.expected === undefined ? {} : { expected: more.expected }),
    ...(more.found === undefined ? {} : { found: more.found.length > 120 ? `${more.found.slice(0, 119)}…` : more.found })
  }
}

/** Turns anything thrown into a stored reason. Internals of unknown errors never leave: they become `INTERNAL`. */
export function toProblem (error: unknown): Problem {
  if (!(error instanceof HubError)) return { code: 'INTERNAL', detail: CATALOGUE.INTERNAL.title }
  return { code: error.code, detail: error.detail, ...(error.errors.length > 0 ? { errors: error.errors } : {}) }
}
