// How a command of an agency ends: its exit code for scripts, its words for people, and JSON for programs.
import { ApiError, ConnectionError, DrainError, type DeliveryState, type Text } from '../client/index.js'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import { printError } from '../print.js'

/** The same for each command; the operator of a script decides by them. */
export const EXIT = {
  done: 0,
  /** The hub refused, or a delivery or item came to another end. Trying again will not help. */
  refused: 1,
  /** The command line, the configuration or a file is wrong. */
  usage: 2,
  /** The hub could not be reached, or asks to come again later. */
  later: 3,
  /** Still under way when the time was over. */
  underway: 4
} as const

export type ExitCode = typeof EXIT[keyof typeof EXIT]

/** Where the result goes. */
export type Output = 'text' | 'json'

/** Runs a command, prints what it throws, and sets the exit code. */
export async function run (output: Output, work: () => Promise<ExitCode>): Promise<void> {
  try {
    process.exitCode = await work()
  } catch (error) {
    if (output === 'json') printJson({ error: toJson(error) })
    sayError(error)
    process.exitCode = codeOf(error)
  }
}

function codeOf (error: unknown): ExitCode {
  if (error instanceof ConnectionError) return EXIT.later
  if (error instanceof ApiError) return error.isTemporary ? EXIT.later : EXIT.refused
  return error instanceof DrainError ? EXIT.refused : EXIT.usage
}

/** What an error says to a program. */
export function toJson (error: unknown): object {
  if (error instanceof ApiError) {
    const { code, status, title, detail, errors, traceId } = error
    return { code, status, title, detail, errors, traceId }
  }
  if (error instanceof HubError) return { code: error.code, detail: error.detail, errors: error.errors }
  if (error instanceof ConnectionError) return { code: 'CONNECTION_FAILED', detail: error.detail, attempts: error.attempts }
  return { code: error instanceof Error && 'code' in error ? String(error.code) : 'FAILED', detail: { vi: said(error), en: said(error) } }
}

/** Says on standard error what went wrong, in both languages. */
export function sayError (error: unknown): void {
  if (error instanceof ApiError) {
    say(text(`${error.code}: ${error.detail.vi}`, error.detail.en))
    for (const { pointer, detail } of error.errors) say(text(`  ${pointer === '' ? '(gốc / root)' : pointer}: ${detail.vi}`, `    ${detail.en}`))
    if (error.traceId !== undefined) process.stderr.write(`  traceId ${error.traceId}\n`)
  } else if (error instanceof ConnectionError) {
    say(error.detail)
  } else if (error instanceof HubError) {
    printError(error)
  } else {
    process.stderr.write(`${line(said(error))}\n`)
  }
}

function said (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A sentence on standard error: Vietnamese, then English below when it differs. */
export function say ({ vi, en }: Text): void {
  process.stderr.write(`${line(vi)}\n${en === vi ? '' : `  ${line(en)}\n`}`)
}

export function printJson (value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

/** Words of strangers on one line of a terminal: no control characters, no tricks with the direction. */
export function line (value: string): string {
  return value.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, ' ')
}

/** A state for people. */
export const STATE_WORDS: Readonly<Record<DeliveryState, string>> = {
  queued: 'chờ lượt',
  active: 'đang gửi',
  deferred: 'sẽ gửi lại',
  available: 'chờ nơi nhận lấy',
  blocked: 'chờ gói tin trước',
  held: 'đang giữ lại',
  delivered: 'đã chuyển',
  refused: 'bị từ chối',
  dead: 'không chuyển được',
  expired: 'quá hạn',
  cancelled: 'đã hủy'
}
