// What the national portal answers: error_code as a number or a text, the rest in words.
import type { DvcqgAnswer } from '../../ports/dossier-wire.js'
import { own, isObject } from './wire-reader.js'

const EXISTS_CODES: ReadonlySet<string> = new Set(['3', '-3'])
/** Searched in the message without marks and in lower case. Which codes mean it is not published. */
const SESSION_WORDS = /session|phien (?:lam viec|dang nhap)|chua dang nhap|dang nhap lai|het phien|token/

/** Reads the body of an answer, parsed. Never throws. */
export function readDvcqgAnswer (body: unknown): DvcqgAnswer {
  if (!isObject(body)) return { kind: 'unreadable' }
  const written = own(body, 'error_code')
  if (typeof written !== 'number' && typeof written !== 'string') return { kind: 'unreadable' }
  const code = String(written).trim()
  const result = own(body, 'result')
  if (/^-?0+$/.test(code)) return { kind: 'ok', result: Array.isArray(result) ? result as unknown[] : [] }
  const said = own(body, 'message')
  const message = typeof said === 'string' ? said.slice(0, 2000) : ''
  const plain = withoutMarks(message)
  if (EXISTS_CODES.has(code) && plain.includes('da ton tai')) return { kind: 'exists', message }
  return { kind: SESSION_WORDS.test(plain) ? 'session' : 'refused', code, message }
}

/** Vietnamese in lower case without its marks: partners write either form of Unicode, and any case. */
export function withoutMarks (vietnamese: string): string {
  return vietnamese.toLowerCase().normalize('NFD').replace(/\p{Mn}/gu, '').replaceAll('đ', 'd')
}
