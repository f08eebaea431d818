// Turns what a database driver throws into the hub's own errors, by SQLSTATE (PostgreSQL documentation, appendix A).
import { HubError } from '../errors.js'
import { text } from '../model/text.js'

/** Connection and server conditions that pass: retrying the same call later may succeed. */
const PASSING_CLASSES = new Set(['08', '28', '3D', '40', '53', '55', '57', '58'])
const PASSING_CODES = new Set(['25006', '25P03', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'])
/** node-postgres gives these no code. */
const PASSING_MESSAGES = /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Cannot use a pool after|PGlite is clos)/i

function codeOf (error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** The batch failed because of what is in one of its rows, or because two batches crossed: alone, the others can pass. */
export function isAboutRows (error: unknown): boolean {
  return /^(22|23|54|40P01)/.test(codeOf(error)) && codeOf(error).length === 5
}

/** What a log may show of a driver's error: its own fields hold statements, parameters and keys, that is, content. */
export function withoutContent (error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  const code = codeOf(error)
  const lean = new Error(code === '' ? error.message : `${code}: ${error.message}`)
  if (error.stack !== undefined) lean.stack = error.stack
  return lean
}

/** `STORAGE_FULL`, `STORE_UNAVAILABLE` or `INTERNAL`; a `HubError` stays itself. */
export function toStoreError (error: unknown): HubError {
  if (error instanceof HubError) return error
  const code = codeOf(error)
  if (code === '53100' || code === 'ENOSPC') {
    return new HubError('STORAGE_FULL', text('Máy chủ cơ sở dữ liệu hết dung lượng đĩa.', 'The disk of the database is full.'), { cause: withoutContent(error) })
  }
  const message = error instanceof Error ? error.message : ''
  if (PASSING_CODES.has(code) || (code.length === 5 && PASSING_CLASSES.has(code.slice(0, 2))) || PASSING_MESSAGES.test(message)) {
    return new HubError('STORE_UNAVAILABLE', text('Cơ sở dữ liệu không trả lời.', 'The database does not answer.'), { cause: withoutContent(error), retryAfterSeconds: 5 })
  }
  return new HubError('INTERNAL', text('Cơ sở dữ liệu từ chối một câu lệnh.', 'The database refused a statement.'), { cause: withoutContent(error) })
}
