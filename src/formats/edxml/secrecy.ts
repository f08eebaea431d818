// State secrets may not travel on these axes (QĐ 28/2018/QĐ-TTg): a document that is marked mật, tối mật or tuyệt mật is
// refused. Only marks count, not the word: "bảo vệ bí mật nhà nước", "mật ong" and "mật độ dân số" are topics.
// Diacritics count, too: "mat" without them may be mặt, mất or mát.

const LEVEL = '(?:tuyệt mật|tối mật|mật)'
/** The whole of a field that states the level: `Mật`, `Độ mật: Tối mật`. */
const WHOLE = new RegExp(`^[\\[(]?\\s*(?:(?:mức\\s+)?độ\\s+(?:mật|khẩn, mật)\\s*[:\\-–]?\\s*)?(${LEVEL})\\s*[\\])]?[.!]?$`)
/** A type with its mark: `Công văn mật`, `Tờ trình (Tối mật)`; not `Danh mục bí mật`. */
const TYPE = new RegExp(`(?<!bí)(?<!bảo)(?:^|[\\s(\\[\\-–])(${LEVEL})\\s*[\\])]?$`)
/** A mark before the subject: `[MẬT] …`, `Mật: …`, `(Tối mật) …`, `TUYỆT MẬT V/v …`; not `Mật ong …`. */
const PREFIX = new RegExp(`^(?:[\\[(]\\s*(${LEVEL})\\s*[\\])]|(${LEVEL})\\s*(?:[:.–]|-\\s|\\s-)|(${LEVEL})\\s+(?:v/v|về việc)(?=\\s))`)
/** Elements by which products state the level. */
const SECRECY_ELEMENT = /^(?:domat|mucdomat|do_?mat|secrecy(?:level)?|secret(?:level)?|securitylevel|confidential(?:ity)?|classification)$/i

/** `mật` in any case, composed or not: most fields hold none, and are not looked at further. */
const MAYBE = /m(?:ậ|[aâạ][\u0300-\u036f])/i

function clean (value: string): string {
  return value.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim()
}

/** The mark in a field that states a level or a circle of readers; undefined when there is none. */
export function markInLevel (value: string): string | undefined {
  return MAYBE.test(value) ? WHOLE.exec(clean(value))?.[1] : undefined
}

export function markInType (value: string): string | undefined {
  return MAYBE.test(value) ? TYPE.exec(clean(value))?.[1] : undefined
}

export function markInSubject (value: string): string | undefined {
  if (!MAYBE.test(value)) return undefined
  const match = PREFIX.exec(clean(value))
  return match?.[1] ?? match?.[2] ?? match?.[3]
}

/** True for the name of an element that states a level. */
export function isSecrecyElement (name: string): boolean {
  return SECRECY_ELEMENT.test(name)
}
