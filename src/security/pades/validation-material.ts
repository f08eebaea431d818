// What a PDF brings along to prove that its certificates were in force: revocation lists and OCSP answers, inside the
// signature or in the document security store (DSS, ISO 32000-2 §12.8.4.3). It proves itself by its issuers' keys, so it
// does not matter how it came into the file, and what cannot be read is left out.
import { inflateSync } from 'node:zlib'
import { BasicOCSPResponse, CertificateRevocationList, OCSPResponse, type SignedData } from 'pkijs'
import { STEP_BYTES, type ByteSource } from '../byte-source.js'
import type { RevocationMaterial } from '../revocation.js'
import { readPacked } from './object-streams.js'

type Piece = CertificateRevocationList | BasicOCSPResponse

/** Signed attribute of Adobe's: revocation lists under [0], OCSP responses under [1]. */
const REVOCATION_ARCHIVAL = '1.2.840.113583.1.1.8'
const BASIC_OCSP = '1.3.6.1.5.5.7.48.1.1'
const MOST_PIECES = 100
const MOST_PIECE_BYTES = 4 * 2 ** 20
const MOST_BYTES = 16 * 2 ** 20

export function joinMaterial (...all: readonly RevocationMaterial[]): RevocationMaterial {
  return { lists: all.flatMap(({ lists }) => lists), answers: all.flatMap(({ answers }) => answers) }
}

/** Of the signature itself. */
export function materialOfCms ({ crls = [], signerInfos }: SignedData): RevocationMaterial {
  const attribute = signerInfos[0]?.signedAttrs?.attributes.find(({ type }) => type === REVOCATION_ARCHIVAL)
  const [archive] = (attribute?.values ?? []) as Array<{ valueBlock?: { value?: unknown } }>
  const archived = nested(archive).flatMap(choice => nested(choice).flatMap(nested)).map(derOf)
  return sorted([
    ...crls.flatMap(each => each instanceof CertificateRevocationList ? [each] : parsePiece(derOf(each.otherRevInfo)) ?? []),
    ...archived.flatMap(der => parsePiece(der) ?? [])
  ])
}

function nested (value: unknown): unknown[] {
  const inner = (value as { valueBlock?: { value?: unknown } } | undefined)?.valueBlock?.value
  return Array.isArray(inner) ? inner : []
}

function derOf (value: unknown): Buffer {
  return Buffer.from((value as { toBER (): ArrayBuffer }).toBER())
}

function sorted (pieces: readonly Piece[]): RevocationMaterial {
  return {
    lists: pieces.filter(piece => piece instanceof CertificateRevocationList),
    answers: pieces.filter(piece => piece instanceof BasicOCSPResponse)
  }
}

/** Of the document security store. Reads the file twice when there is one. */
export async function materialOfFile (source: ByteSource): Promise<RevocationMaterial> {
  const wanted = await referencesOf(source)
  const pieces: Piece[] = []
  let read = 0
  for (const offset of wanted.size === 0 ? [] : await offsetsOf(source, wanted)) {
    const bytes = await source.read(offset, Math.min(source.size, offset + MOST_PIECE_BYTES))
    read += bytes.length
    const piece = parsePiece(contentOf(bytes.toString('latin1')))
    if (piece !== undefined) pieces.push(piece)
    if (read > MOST_BYTES || pieces.length >= MOST_PIECES) break
  }
  return sorted(pieces)
}

/** Numbers of the objects that lists of a DSS name. */
async function referencesOf (source: ByteSource): Promise<Set<string>> {
  const numbers = new Set<string>()
  const note = (text: string): void => {
    for (const [, list = ''] of text.matchAll(/\/(?:CRLs?|OCSPs?)\s*\[([\d\sR]*)\]/g)) {
      for (const [, number = ''] of list.matchAll(/(\d{1,10})\s+\d{1,5}\s+R/g)) if (numbers.size < MOST_PIECES) numbers.add(number)
    }
  }
  let found = false
  await eachWindow(source, window => {
    found ||= /\/(?:DSS|VRI|ObjStm)\b/.test(window)
    note(window)
  })
  if (found) for (const { text } of await readPacked(source, source.size) ?? []) note(text)
  return numbers
}

async function offsetsOf (source: ByteSource, numbers: ReadonlySet<string>): Promise<number[]> {
  const offsets = new Set<number>()
  await eachWindow(source, (window, from) => {
    for (const match of window.matchAll(/(?<!\d)(\d{1,10})\s+\d{1,5}\s+obj\b/g)) {
      if (numbers.has(match[1] ?? '') && offsets.size < MOST_PIECES) offsets.add(from + match.index + match[0].length)
    }
  })
  return [...offsets]
}

/** Steps that overlap by what a list of references may be long. */
async function eachWindow (source: ByteSource, look: (window: string, from: number) => void): Promise<void> {
  const overlap = 4096
  for (let at = 0; at < source.size; at += STEP_BYTES) {
    const from = Math.max(0, at - overlap)
    look((await source.read(from, Math.min(source.size, at + STEP_BYTES))).toString('latin1'), from)
  }
}

/** The bytes of a stream whose object begins the text; empty when they cannot be read. */
function contentOf (text: string): Buffer {
  const mark = /^([^]{0,4096}?)\bstream\r?\n/.exec(text)
  const end = text.indexOf('endstream')
  if (mark === null || end < 0) return Buffer.alloc(0)
  const bytes = Buffer.from(text.slice(mark[0].length, end), 'latin1')
  if (!/\/Filter\b/.test(mark[1] ?? '')) return bytes
  try {
    return inflateSync(bytes, { maxOutputLength: MOST_PIECE_BYTES })
  } catch {
    return Buffer.alloc(0)
  }
}

/** A revocation list, an OCSP response or the basic response in it. */
function parsePiece (der: Buffer): Piece | undefined {
  return attempt(() => CertificateRevocationList.fromBER(der)) ?? attempt(() => {
    const { responseBytes } = OCSPResponse.fromBER(der)
    return responseBytes?.responseType === BASIC_OCSP ? BasicOCSPResponse.fromBER(responseBytes.response.getValue()) : undefined
  }) ?? attempt(() => BasicOCSPResponse.fromBER(der))
}

function attempt<T> (parse: () => T | undefined): T | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}
