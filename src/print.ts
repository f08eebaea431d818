// What the command line shows of an error: every fault, where it is, in both languages; never a stack for what a person can mend.
import { HubError } from './errors.js'

/** Writes an error to standard error. */
export function printError (error: unknown): void {
  if (!(error instanceof HubError)) {
    process.stderr.write(`${describe(error)}\n`)
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

/** What the system refused (a port in use, a disk that is full) is no defect: its message names all there is to know. */
function describe (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'syscall' in error ? error.message : error.stack ?? error.message
}
