// What an errorCode means. The table is that of a province whose integrator has seen each code; others can overrule each (`errorCodes`).
import { createEdocCodes, text } from 'lienthong/adapter'

export const { meaningOf, outcomeOfCode } = createEdocCodes(text('Nền tảng của tỉnh', 'The provincial platform'), {
  10: { meaning: 'refuse', said: text('tệp không hợp lệ', 'the file is not valid') },
  15: { meaning: 'credentials', said: text('sai SystemId hoặc SecretKey, cần sửa cấu hình', 'wrong SystemId or SecretKey, correct the settings') },
  18: { meaning: 'refuse', said: text('cơ quan nhận không tồn tại trên nền tảng', 'the platform does not know the recipient') },
  19: { meaning: 'refuse', said: text('cơ quan gửi chưa đăng ký trên nền tảng', 'the sender is not registered at the platform') },
  20: { meaning: 'retry', said: text('lỗi hệ thống', 'an error of the system') },
  21: { meaning: 'retry-once', said: text('lỗi xử lý tệp', 'the file could not be processed') },
  22: { meaning: 'refuse', said: text('sai định dạng edXML', 'the edXML is not as it should be') },
  23: { meaning: 'retry', said: text('cơ quan nhận đang bị khóa, có thể đã có cơ quan kế thừa', 'the recipient is locked; another agency may have followed it') }
})
