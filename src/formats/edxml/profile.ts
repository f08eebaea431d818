// What is expected of an edXML message, as a table of checks with their default consequences. `profile.ts` of the formats
// compiles it with the rows of a configuration; the code only says what it saw, never what follows from it.
import { type Text, text } from '../../model/text.js'
import { always, type Cells, type CheckId, refused, required, tolerated } from '../check.js'

export type MessageKind = typeof KINDS[number]

/** All checks but those of dossiers. */
export type EdxmlCheckId = Exclude<CheckId, `dossier.${string}`>

export interface Check extends Cells<MessageKind> {
  /** What is expected. */
  readonly about: Text
}

export const KINDS = ['new', 'update', 'revocation', 'replacement', 'status'] as const
const FULL = ['new', 'update', 'replacement'] as const
const DOCUMENTS = ['new', 'update', 'revocation', 'replacement'] as const
const CHANGES = ['update', 'revocation', 'replacement', 'status'] as const
const STATUS = ['status'] as const

function check (vi: string, en: string, cells: Cells<MessageKind>): Check {
  return { about: text(vi, en), ...cells }
}

/** Every check with its default cells; kinds that are not named are `off`. */
export const CHECKS: Readonly<Record<EdxmlCheckId, Check>> = {
  'sender-code': check('Có mã cơ quan gửi.', 'The sender has a code.', always(KINDS)),
  recipient: check('Có cơ quan nhận, mỗi cơ quan có mã, không quá 1000.', 'There are recipients, each with a code, at most 1000.', always(DOCUMENTS)),
  'recipient-name': check('Cơ quan nhận có tên.', 'Each recipient has a name.', { kinds: DOCUMENTS, outbound: 'off', inbound: 'off' }),
  'document-id': check('Có mã văn bản.', 'There is a DocumentId.', always(DOCUMENTS)),
  'code-number': check('Có số văn bản.', 'There is a CodeNumber.', required(FULL)),
  'code-notation': check('Có ký hiệu văn bản.', 'There is a CodeNotation.', required(FULL)),
  place: check('Có nơi ban hành.', 'There is a place of promulgation.', required(FULL)),
  'promulgation-date': check('Có ngày ban hành.', 'There is a date of promulgation.', required(FULL)),
  'type-name': check('Có tên loại văn bản.', 'There is a TypeName.', required(FULL)),
  'type-known': check('Loại văn bản thuộc danh mục (NĐ 30/2020 điều 7, QCVN 102).', 'The document type is in the list (NĐ 30/2020 art. 7, QCVN 102).', tolerated(FULL)),
  subject: check('Có trích yếu.', 'There is a subject.', required(FULL)),
  'signer-name': check('Có họ tên người ký.', 'There is the name of the signer.', required(FULL)),
  trace: check('Có vết truyền nhận với thời điểm gửi.', 'There is a trace header with the time of sending.', tolerated(DOCUMENTS)),
  'trace-code': check('Vết truyền nhận có mã thật, không phải chữ null.', 'A trace header holds a code, not the word null.', tolerated(DOCUMENTS)),
  'business-type': check('BussinessDocType là 0, 1, 2 hoặc 3.', 'BussinessDocType is 0, 1, 2 or 3.', always(DOCUMENTS)),
  'business-type-given': check('Có BussinessDocType.', 'There is a BussinessDocType.', tolerated(DOCUMENTS)),
  reason: check('Có lý do khi thu hồi, cập nhật, thay thế, và với trạng thái 02, 13, 16.', 'A reason is given for a revocation, update, replacement, and for the statuses 02, 13, 16.', required(CHANGES)),
  'update-target': check('Văn bản cập nhật nêu mã văn bản được cập nhật.', 'An update names the document it updates.', tolerated(['update'])),
  'replacement-target': check('Văn bản thay thế nêu văn bản bị thay thế.', 'A replacement names what it replaces.', { kinds: ['replacement'], outbound: 'reject', inbound: 'quarantine' }),
  'target-known': check('Trục đã nhận văn bản được nêu, do chính cơ quan gửi ban hành.', 'The hub has the document it is about, from the same issuer.', { kinds: ['update', 'revocation', 'replacement'], outbound: 'reject', inbound: 'quarantine' }),
  'receiver-change': check('Thay đổi nơi nhận có mã cơ quan và ReceiverType 0 hoặc 1.', 'A change of receivers has a code and a ReceiverType of 0 or 1.', always(DOCUMENTS)),
  flag: check('Cờ là 0 hoặc 1.', 'A flag is 0 or 1.', tolerated(DOCUMENTS)),
  'response-organ': check('Trạng thái nêu cơ quan nhận trạng thái.', 'A status names the agency it answers to.', always(STATUS)),
  'response-document': check('Trạng thái nêu mã văn bản.', 'A status names the document it is about.', required(STATUS)),
  'response-empty': check('ResponseFor không rỗng.', 'ResponseFor is not empty.', tolerated(KINDS)),
  'status-code': check('Mã trạng thái gồm hai chữ số.', 'The status code has two digits.', always(STATUS)),
  'status-code-form': check('Mã trạng thái có số 0 ở đầu.', 'The status code has its leading zero.', tolerated(STATUS)),
  'status-code-known': check('Mã trạng thái là 01–06, 13, 15 hoặc 16.', 'The status code is 01 to 06, 13, 15 or 16.', tolerated(STATUS)),
  'status-time': check('Trạng thái có thời điểm.', 'A status has a time.', tolerated(STATUS)),
  'attachment-present': check('Có ít nhất một tệp đính kèm.', 'There is at least one attachment.', refused(FULL)),
  'attachment-listed': check('Danh mục và tệp đính kèm khớp nhau từng ContentId.', 'Manifest and attachments match by ContentId.', { kinds: KINDS, outbound: 'reject', inbound: 'reject', lenient: ['revocation', 'status'] }),
  'content-id-case': check('ContentId trong danh mục viết như ở tệp đính kèm.', 'A ContentId is written in the manifest as at the attachment.', tolerated(KINDS)),
  'attachment-name': check('Tệp đính kèm có tên.', 'An attachment has a name.', always(KINDS)),
  'attachment-content': check('Nội dung tệp là base64 và không rỗng.', 'The content of an attachment is base64 and not empty.', always(KINDS)),
  'attachment-padding': check('Base64 đủ dấu =.', 'Base64 has its padding.', tolerated(KINDS)),
  'attachment-archive': check('Tệp ZIP mở được trong giới hạn.', 'A ZIP opens within its limits.', always(KINDS)),
  'attachment-archive-kept': check('Tệp ZIP chứa đúng một tệp.', 'A ZIP holds exactly one file.', tolerated(KINDS)),
  'attachment-type': check('Kiểu khai báo đúng với nội dung và với danh mục.', 'The declared type agrees with the content and with the manifest.', tolerated(KINDS)),
  'other-parts': check('Thông điệp edXML không kèm phần nào khác.', 'An edXML message has no other parts.', always(KINDS)),
  'date-valid': check('Ngày giờ có thật.', 'A date or time exists.', tolerated(KINDS)),
  'date-default': check('Ngày giờ không phải giá trị mặc định 0001-01-01.', 'A date or time is not the default 0001-01-01.', tolerated(KINDS)),
  'date-form': check('Ngày giờ viết yyyy/MM/dd HH:mm:ss.', 'A date or time is written yyyy/MM/dd HH:mm:ss.', tolerated(KINDS)),
  'date-future': check('Ngày ban hành và thời điểm gửi không ở tương lai quá một ngày.', 'Promulgation and sending are not more than a day in the future.', tolerated(['new', 'update', 'replacement', 'status'])),
  'date-order': check('Ban hành không sau ngày gửi, hạn không trước ngày ban hành.', 'Promulgation is not after sending, the due date not before promulgation.', tolerated(FULL)),
  urgency: check('Độ khẩn là 0 đến 4.', 'The urgency is 0 to 4.', tolerated(DOCUMENTS)),
  'state-secret': check('Không có dấu chỉ độ mật.', 'There is no mark of a state secret.', refused(KINDS)),
  length: check('Trường không dài hơn thông lệ.', 'A field is not longer than usual.', tolerated(KINDS)),
  'length-limit': check('Trường không dài quá hai lần thông lệ.', 'A field is not longer than twice the usual.', always(KINDS)),
  'stray-bytes': check('Không có ký tự trước XML.', 'There are no characters before the XML.', tolerated(KINDS)),
  'prefix-declared': check('Mọi tiền tố được khai báo.', 'Every prefix is declared.', tolerated(KINDS)),
  'encoding-declared': check('Bảng mã khai báo đúng với nội dung.', 'The declared encoding is that of the content.', tolerated(KINDS)),
  namespace: check('Phần tử thuộc không gian tên QCVN 102.', 'The elements are in the namespace of QCVN 102.', tolerated(KINDS)),
  spelling: check('Tên phần tử đúng quy chuẩn.', 'Elements are spelt as in the standard.', tolerated(KINDS)),
  'element-repeated': check('Phần tử đơn không lặp lại.', 'A single element is not repeated.', tolerated(KINDS)),
  'element-known': check('Phần tử có trong quy chuẩn.', 'Elements are those of the standard.', tolerated(KINDS)),
  'digital-signature': check('Chữ ký ở phần tử Signature.', 'The signature is in the element Signature.', tolerated(KINDS)),
  'flat-manifest': check('Tệp nằm trong AttachmentEncoded.', 'Files are in AttachmentEncoded.', tolerated(KINDS)),
  'old-schema': check('Theo QCVN 102:2016, không phải lược đồ e-doc.vn.', 'It follows QCVN 102:2016, not the schema of e-doc.vn.', tolerated(KINDS)),
  'soap-wrapper': check('Không bọc trong SOAP.', 'It is not wrapped in SOAP.', tolerated(KINDS))
}
