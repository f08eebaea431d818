// What the command line shows of an error: every fault, where it is, in both languages; never a stack for what a person can mend.
import { HubError } from './errors.js'

/** Writes an error to standard error. */
export function printError (error: unknown): void {
  if (!(error instanceof HubError)) {
    process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`)
    return
  }
  const { code, detail, errors, cause } = error
  const lines = [`${code}: ${detail.vi}`, `  ${detail.en}`]
  for (const fault of errors) {
    lines.push(`  ${fault.pointer === '' ? '(gốc / root)' : fault.pointer}: ${fault.detail.vi}`, `      ${fault.detail.en}`)
  }
  if (cause instanceof Error) lines.push(`  ← ${cause.message}`)
  process.stderr.write(`${lines.join('\n')}\n`)
}
