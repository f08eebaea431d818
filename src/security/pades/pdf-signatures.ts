// Finds the signatures of a PDF by their byte ranges (ISO 32000-1 §12.8), reading the file in ranges. A byte range is the
// signer's claim about what was signed: every claim that does not describe a whole revision is a finding, not a help.
import { STEP_BYTES, type ByteSource } from '../byte-source.js'

export interface FoundPdfSignature {
  /** Of `/ByteRange`: two pieces of the file. */
  readonly range: readonly [number, number, number, number]
  /** The CMS, without the zeros after it. */
  readonly contents: Buffer
  /** End of the revision that is signed: the byte after the range. */
  readonly end: number
  readonly kind: 'signature' | 'timestamp'
}

export interface PdfSignatures {
  /** In the order of signing. */
  readonly found: FoundPdfSignature[]
  /** Claims that describe no signature: each is a fault of the file. */
  readonly faults: string[]
}

const NEEDLE = '/ByteRange'
const MOST_SIGNATURES = 50
/** Bytes around the contents in which the rest of the signature dictionary must stand. */
const DICTIONARY_BYTES = 64 * 1024
const MOST_CONTENTS_BYTES = 4 * 2 ** 20
const FIRST_BYTES = 4096

/** Reads the whole file once in steps. Faults are codes of docs/formats/signatures.md. */
export async function findPdfSignatures (source: ByteSource): Promise<PdfSignatures> {
  const faults: string[] = []
  const found: FoundPdfSignature[] = []
  const offsets = await findAll(source, NEEDLE)
  if (offsets.length > MOST_SIGNATURES) return { found, faults: ['too-many-signatures'] }
  for (const offset of offsets) {
    const signature = await readAt(source, offset)
    if (typeof signature === 'string') faults.push(signature)
    else found.push(signature)
  }
  found.sort((a, b) => a.end - b.end)
  const ends = new Set(found.map(({ end }) => end))
  if (ends.size !== found.length) faults.push('byte-range-shared')
  return { found, faults: [...new Set(faults)] }
}

/** Offsets of an ASCII text, also across the ends of steps. */
async function findAll (source: ByteSource, needle: string): Promise<number[]> {
  const offsets: number[] = []
  for (let at = 0; at < source.size && offsets.length <= MOST_SIGNATURES; at += STEP_BYTES) {
    const bytes = await source.read(at, Math.min(source.size, at + STEP_BYTES + needle.length - 1))
    for (let found = bytes.indexOf(needle); found >= 0 && found < STEP_BYTES; found = bytes.indexOf(needle, found + 1)) offsets.push(at + found)
  }
  return offsets
}

/** The signature whose byte range stands at `offset`, or what is wrong with it. */
async function readAt (source: ByteSource, offset: number): Promise<FoundPdfSignature | string> {
  const claim = (await source.read(offset, Math.min(source.size, offset + FIRST_BYTES))).toString('latin1')
  const numbers = /^\/ByteRange\s*\[\s*(-?\d{1,15})\s+(-?\d{1,15})\s+(-?\d{1,15})\s+(-?\d{1,15})\s*\]/.exec(claim)?.slice(1).map(Number)
  const [start = -1, length = -1, second = -1, rest = -1] = numbers ?? []
  const gapStart = start + length
  if (start !== 0 || length <= 0 || rest <= 0 || second <= gapStart || second + rest > source.size) return 'byte-range-invalid'
  if (second - gapStart > MOST_CONTENTS_BYTES) return 'contents-too-large'
  // Whatever is in the gap is not signed: it must be the contents and nothing else.
  const hex = /^<([0-9a-f\s]*)>$/i.exec((await source.read(gapStart, second)).toString('latin1'))?.[1]
  if (hex === undefined) return 'byte-range-gap'
  const before = await source.read(Math.max(0, gapStart - DICTIONARY_BYTES), gapStart)
  const after = await source.read(second, Math.min(source.size, second + DICTIONARY_BYTES))
  const dictionary = dictionaryAround(before.toString('latin1'), after.toString('latin1'))
  if (typeof dictionary === 'string') return dictionary
  // The range must be said by the dictionary it belongs to.
  if (offset < gapStart - dictionary.before || offset > second + dictionary.after) return 'byte-range-misplaced'
  const contents = derOf(Buffer.from(hex.replace(/\s+/g, ''), 'hex'))
  if (contents === undefined) return 'contents-empty'
  return { range: [start, length, second, rest], contents, end: second + rest, kind: dictionary.timestamp ? 'timestamp' : 'signature' }
}

interface Dictionary { before: number, after: number, timestamp: boolean }

/** The object that holds the contents, from `obj` to `endobj`; keys that stand twice would be read differently by different readers. */
function dictionaryAround (before: string, after: string): Dictionary | string {
  const start = before.lastIndexOf(' obj')
  const end = after.search(/\bendobj\b/)
  if (start < 0 || end < 0) return 'signature-dictionary-missing'
  const head = before.slice(start + 4)
  const tail = after.slice(0, end)
  const whole = `${head}<>${tail}`
  if (!/^\s*<</.test(head) || !/>>\s*$/.test(tail) || /\bstream\b/.test(whole)) return 'signature-dictionary-missing'
  if (!/\/Contents\s*$/.test(head)) return 'byte-range-gap'
  if (countOf(whole, /\/Contents(?![A-Za-z])/g) !== 1) return 'contents-repeated'
  if (countOf(whole, /\/ByteRange(?![A-Za-z])/g) !== 1) return 'byte-range-repeated'
  // Names may be written with #xx: nobody does, except to say one thing to one reader and another to the next.
  if (/\/[^\s/<>[\]()]*#[0-9a-f]{2}/i.test(whole.replace(/\((?:\\.|[^\\)])*\)/g, ''))) return 'name-disguised'
  const subFilter = /\/SubFilter\s*\/([A-Za-z0-9.]+)/.exec(whole)?.[1]
  if (subFilter !== 'adbe.pkcs7.detached' && subFilter !== 'ETSI.CAdES.detached' && subFilter !== 'ETSI.RFC3161') return 'sub-filter-unsupported'
  return { before: head.length, after: tail.length, timestamp: subFilter === 'ETSI.RFC3161' }
}

function countOf (text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length
}

/** One DER value; what follows must be the zeros of the placeholder. */
function derOf (bytes: Buffer): Buffer | undefined {
  if (bytes.length < 4 || bytes[0] !== 0x30) return undefined
  const first = bytes[1] ?? 0
  const digits = first & 0x7f
  if (first < 0x80 || digits < 1 || digits > 4) return undefined
  const end = 2 + digits + bytes.readUIntBE(2, digits)
  return end > bytes.length || bytes.subarray(end).some(byte => byte !== 0) ? undefined : bytes.subarray(0, end)
}
