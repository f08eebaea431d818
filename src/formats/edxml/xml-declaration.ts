// `<?xml … ?>`: the only processing instruction that a message may have, in the only version and encoding that are read.
import type { XmlFault } from './xml-events.js'

const DECLARATION = /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(["'])(1\.[0-9]+)\1(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(["'])([A-Za-z][A-Za-z0-9._-]*)\3)?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(["'])(?:yes|no)\5)?[ \t\r\n]*\?>$/

interface Instruction {
  fault?: Omit<XmlFault, 'line' | 'column'>
  /** An encoding that its bytes cannot be in: .NET writes its strings as utf-16 whatever they are encoded in later. */
  misdeclared?: string
}

/** Whether an instruction may stand where it does. `first`: nothing stands before it. */
export function readInstruction (whole: string, { first }: { first: boolean }): Instruction {
  const target = /^<\?([^\s?]*)/.exec(whole)?.[1] ?? ''
  if (target !== 'xml') return { fault: { code: 'XML_FORBIDDEN', vi: 'Không được có chỉ thị xử lý', en: 'Processing instructions are forbidden', found: target } }
  const declaration = first ? DECLARATION.exec(whole) : null
  if (declaration === null) return { fault: { code: 'XML_MALFORMED', vi: 'XML không đúng cú pháp', en: 'The XML is not well-formed: a wrong XML declaration' } }
  const [, , version = '', , encoding = 'UTF-8'] = declaration
  if (version !== '1.0') return { fault: { code: 'XML_FORBIDDEN', vi: 'Chỉ chấp nhận XML 1.0', en: 'Only XML 1.0 is accepted', found: version } }
  if (/^utf-?16$/i.test(encoding)) return { misdeclared: encoding }
  return /^utf-?8$/i.test(encoding) ? {} : { fault: { code: 'XML_FORBIDDEN', vi: 'Chỉ chấp nhận mã hóa UTF-8', en: 'Only the encoding UTF-8 is accepted', found: encoding } }
}
