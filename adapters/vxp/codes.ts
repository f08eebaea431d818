// What an ErrorCode means. The axis publishes none beyond 0; these are the ones that provincial façades of it answer with,
// and a province can overrule each (`errorCodes`).
import { createEdocCodes, text } from 'lienthong/adapter'

export const { meaningOf, outcomeOfCode } = createEdocCodes(text('Trục quốc gia', 'The national axis'), {
  10: { meaning: 'refuse', said: text('tệp không hợp lệ', 'the file is not valid') },
  15: { meaning: 'credentials', said: text('sai SystemId hoặc SecretKey', 'wrong SystemId or SecretKey') },
  18: { meaning: 'refuse', said: text('cơ quan nhận không tồn tại trên trục', 'the axis does not know the recipient') },
  19: { meaning: 'refuse', said: text('cơ quan gửi chưa đăng ký trên trục', 'the sender is not registered at the axis') },
  20: { meaning: 'retry', said: text('lỗi hệ thống', 'an error of the system') },
  21: { meaning: 'retry-once', said: text('lỗi xử lý tệp', 'the file could not be processed') },
  22: { meaning: 'refuse', said: text('sai định dạng edXML', 'the edXML is not as it should be') },
  23: { meaning: 'refuse', said: text('cơ quan nhận đã bị khóa, có thể đã có cơ quan kế thừa', 'the recipient is locked; another agency may have followed it') },
  100: { meaning: 'retry', said: text('lỗi tải về', 'an error while downloading') }
})
