// The packages of a run: one edXML message per size, made once, in which only numbers differ from package to package.
// Patching a copy costs microseconds, so making packages is not what is measured.
import { randomBytes } from 'node:crypto'
import { documentMessage } from '../src/demo/edxml.js'

export const SENDER = 'H36.11'
export const RECIPIENT = 'H36.101'
export const DIGITS = 12

export interface PackageTemplate {
  bytes: Buffer
  /** Where the number of a package stands, {@link DIGITS} decimal digits each. */
  numberAt: number[]
}

/** Stands for the number while the message is made; nothing else in it looks like this. */
const PLACEHOLDER = '987654321098'
/** A message without a file is smaller than any size that can be asked for, so the file makes the size. */
const SMALLEST_FILE = 64

/** A document of about `size` bytes with one PDF, unique in its identifier and in its file. */
export function makeTemplate (size: number): PackageTemplate {
  const overhead = makeMessage(Buffer.alloc(0)).length
  const file = randomBytes(Math.max(SMALLEST_FILE, Math.floor((size - overhead) * 3 / 4)))
  file.write('%PDF-1.4\n%', 'latin1')
  const bytes = makeMessage(file)
  const numberAt: number[] = []
  for (let at = bytes.indexOf(PLACEHOLDER); at >= 0; at = bytes.indexOf(PLACEHOLDER, at + 1)) numberAt.push(at)
  // Inside the file's base64, where digits are digits: a store that knows equal files must not be let off.
  numberAt.push(bytes.indexOf(file.toString('base64').slice(0, 40)) + 40)
  return { bytes, numberAt }
}

/** The package with this number. */
export function makePackage ({ bytes, numberAt }: PackageTemplate, number: number): Buffer {
  const copy = Buffer.from(bytes)
  const digits = String(number).padStart(DIGITS, '0')
  for (const at of numberAt) copy.write(digits, at, 'latin1')
  return copy
}

function makeMessage (file: Buffer): Buffer {
  return documentMessage({
    from: { code: SENDER, name: 'Sở Tư pháp' },
    to: [{ code: RECIPIENT, name: 'UBND xã Đức Trọng' }],
    number: PLACEHOLDER,
    notation: 'STP-VP',
    subject: 'Về việc cung cấp thông tin phục vụ công tác quản lý',
    priority: 0,
    at: Date.UTC(2026, 10, 20, 2),
    files: [{ name: 'cong-van.pdf', contentType: 'application/pdf', bytes: file }]
  })
}
