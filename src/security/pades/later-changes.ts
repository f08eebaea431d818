// What was written into a PDF after a signature: a further signature and material for long-term validation are allowed,
// anything that may show a reader something else is not (shadow attacks). In doubt the answer is "unclear", never "allowed".
import { STEP_BYTES, type ByteSource } from '../byte-source.js'
import { findInEffect, PACKED, readEntries } from './cross-reference.js'
import { readPacked } from './object-streams.js'

export type LaterChanges = 'none' | 'allowed' | 'forbidden' | 'unclear'

/** Increments above this are not analysed. */
const MOST_BYTES = 16 * 2 ** 20

/** Judges the bytes from `start` to `end`. `signed`: a later signature covers them, so it may have brought its field along. */
export async function judgeChanges (source: ByteSource, start: number, end: number, signed: 'signed' | 'unsigned'): Promise<LaterChanges> {
  if (end - start > MOST_BYTES) return 'unclear'
  const changed = (await source.read(start, end)).toString('latin1')
  if (/^[\s\0]*$/.test(changed)) return 'none'
  let verdict: LaterChanges = 'allowed'
  for (let at = 0; at < changed.length;) {
    const mark = changed.indexOf('%%EOF', at)
    const next = mark < 0 ? changed.length : mark + 5
    const increment = changed.slice(at, next)
    if (mark < 0 && /^[\s\0]*$/.test(increment)) break
    const judged = await judgeIncrement(increment, { source, start: start + at, signed })
    if (judged === 'forbidden') return 'forbidden'
    if (judged === 'unclear') verdict = 'unclear'
    at = next
  }
  return verdict
}

interface Context { source: ByteSource, start: number, signed: 'signed' | 'unsigned' }

/** One increment: its objects, then whether its cross-reference brings in anything else. */
async function judgeIncrement (increment: string, { source, start, signed }: Context): Promise<LaterChanges> {
  const objects = objectsOf(increment)
  if (objects === undefined || objects.size === 0) return 'forbidden'
  const dictionaries = [...objects.values()].map(({ dictionary }) => dictionary)
  if (dictionaries.some(dictionary => /\/ObjStm\b/.test(dictionary) || DISGUISED.test(withoutStrings(dictionary)))) return 'unclear'
  const earlier = await readEarlier(source, start, new Set(objects.keys()))
  const linked = judgeLinks(increment, start, { objects, earlier })
  if (linked !== 'allowed') return linked
  let verdict: LaterChanges = 'allowed'
  for (const [number, { dictionary }] of objects) {
    const known = inEffect(number, earlier)
    const isNew = known.length === 0
    const judged = isNew ? judgeNew(dictionary, signed) : judgeRedefined(dictionary, known, signed)
    // An object not seen may be hidden in a compressed one: then new cannot be told from changed.
    const hidden = isNew && earlier.compressed && !(judged === 'allowed' && (SIGNATURE_PARTS.test(dictionary) || isValidation(dictionary)))
    // A reference that led nowhere when it was signed would lead here now.
    const awaited = isNew && earlier.referenced.has(number)
    if (hidden || awaited || judged === 'unclear') verdict = 'unclear'
    else if (judged === 'forbidden') return 'forbidden'
  }
  return verdict
}

const DISGUISED = /#[0-9a-f]{2}/i

function withoutStrings (dictionary: string): string {
  return dictionary.replace(/\((?:\\.|[^\\)])*\)|<[0-9a-f\s]*>/gi, '')
}

interface PdfObject {
  /** Text of the object without the bytes of its stream. */
  readonly dictionary: string
  /** Bytes of the stream, as latin1. */
  readonly stream?: string
}

/** The definitions that may be in effect: one when the cross-references can be followed, else all there are. */
function inEffect (number: string, { definitions, places }: Earlier): string[] {
  const all = definitions.get(number) ?? []
  const place = places?.get(number)
  const own = place === undefined ? [] : all.filter(({ at }) => at === place)
  return (own.length > 0 ? own : all).map(({ text }) => text)
}

/** The objects of an increment by number; undefined when one is defined twice or does not end. */
function objectsOf (update: string): Map<string, PdfObject> | undefined {
  const objects = new Map<string, PdfObject>()
  const header = /(\d{1,10})\s+\d{1,5}\s+obj\b/g
  for (let match = header.exec(update); match !== null; match = header.exec(update)) {
    const from = header.lastIndex
    const endobj = update.indexOf('endobj', from)
    if (endobj < 0 || match[1] === undefined || objects.has(match[1])) return undefined
    const text = update.slice(from, endobj)
    const stream = /\bstream\r?\n/.exec(text)
    if (stream === null) {
      objects.set(match[1], { dictionary: text.trim() })
      header.lastIndex = endobj
      continue
    }
    const content = from + stream.index + stream[0].length
    const endstream = update.indexOf('endstream', content)
    if (endstream < 0) return undefined
    objects.set(match[1], { dictionary: text.slice(0, stream.index).trim(), stream: update.slice(content, endstream) })
    header.lastIndex = endstream
  }
  return objects
}

/** `at`: offset in the file, or {@link PACKED}. */
interface Definition { readonly at: number, readonly text: string }

interface Earlier {
  /** Text of every definition of the objects asked for; empty text where it could not be read whole. */
  readonly definitions: Map<string, Definition[]>
  /** Where the objects asked for lie in effect; undefined when the cross-references cannot be followed. */
  readonly places: Map<string, number> | undefined
  /** Of the objects asked for, those that something refers to. */
  readonly referenced: ReadonlySet<string>
  /** Some objects are in compressed object streams that cannot be read. */
  readonly compressed: boolean
  readonly roots: ReadonlySet<string>
  /** Where the last cross-reference of what was before begins. */
  readonly crossReference: string | undefined
}

const OVERLAP = 64
const MOST_DICTIONARY_BYTES = 64 * 1024
const MOST_DEFINITIONS = 2000

async function readEarlier (source: ByteSource, end: number, numbers: ReadonlySet<string>): Promise<Earlier> {
  const offsets = new Map<number, { number: string, length: number }>()
  const roots = new Set<string>()
  const referenced = new Set<string>()
  const noteReferences = (text: string): void => {
    for (const [, number = ''] of text.matchAll(/(?<!\d)(\d{1,10})\s+\d{1,5}\s+R\b/g)) if (numbers.has(number)) referenced.add(number)
  }
  for (let at = 0; at < end; at += STEP_BYTES) {
    const from = Math.max(0, at - OVERLAP)
    const window = (await source.read(from, Math.min(end, at + STEP_BYTES))).toString('latin1')
    noteReferences(window)
    for (const [, root] of window.matchAll(/\/Root\s+(\d+\s+\d+)\s+R/g)) roots.add(root ?? '')
    for (const match of window.matchAll(/(?<!\d)(\d{1,10})\s+\d{1,5}\s+obj\b/g)) {
      if (match[1] !== undefined && numbers.has(match[1]) && offsets.size < MOST_DEFINITIONS) offsets.set(from + match.index, { number: match[1], length: match[0].length })
    }
  }
  const definitions = new Map<string, Definition[]>()
  const note = (number: string, definition: Definition): void => { definitions.set(number, [...definitions.get(number) ?? [], definition]) }
  for (const [at, { number, length }] of offsets) {
    const text = (await source.read(at + length, Math.min(end, at + length + MOST_DICTIONARY_BYTES))).toString('latin1')
    const body = text.slice(0, Math.max(0, text.search(/\b(?:stream\r?\n|endobj\b)/))).trim()
    note(number, { at, text: body })
  }
  const packed = await readPacked(source, end)
  for (const { number, text } of packed ?? []) {
    noteReferences(text)
    if (numbers.has(number)) note(number, { at: PACKED, text })
  }
  const tail = (await source.read(Math.max(0, end - 1024), end)).toString('latin1')
  const crossReference = /[\s\S]*startxref\s+(\d+)/.exec(tail)?.[1]
  const places = crossReference === undefined ? undefined : await findInEffect(source, Number(crossReference), numbers)
  return { definitions, places, referenced, compressed: packed === undefined, roots, crossReference }
}

/** The cross-reference must link what the increment brings and nothing else, on top of what was last there. */
function judgeLinks (increment: string, start: number, { objects, earlier }: { objects: Map<string, PdfObject>, earlier: Earlier }): LaterChanges {
  if (increment.includes('/XRefStm')) return 'unclear'
  for (const [, root] of increment.matchAll(/\/Root\s+(\d+\s+\d+)\s+R/g)) if (!earlier.roots.has(root ?? '') || earlier.roots.size !== 1) return 'forbidden'
  const previous = [...increment.matchAll(/\/Prev\s+(\d+)/g)].map(([, offset]) => offset)
  if (previous.length !== 1 || previous[0] !== earlier.crossReference) return 'forbidden'
  const entries = readEntries(increment, objects)
  if (entries === undefined) return 'unclear'
  const foreign = entries.some(({ number, offset }) => !(objects.has(String(number)) && offset >= start && offset < start + increment.length))
  return foreign ? 'forbidden' : 'allowed'
}

const SIGNATURE_PARTS = /\/ByteRange\s*\[|\/FT\s*\/Sig\b|\/Type\s*\/(?:Sig|DocTimeStamp)\b/
const SHOWN = /\/Type\s*\/(?:Page|Pages|Catalog|Annot|ObjStm|OCG|Action)\b|\/Subtype\s*\/(?!Form\b|Image\b|Type[013]\b|TrueType\b|CIDFont|XML\b|Widget\b|OpenType|Type1C|CIDFontType0C)[A-Z]|\/(?:JS|JavaScript|AA|OpenAction|Annots|AcroForm|Kids|Pages)\b/

/** The names of a DSS or VRI dictionary (ISO 32000-2 §12.8.4.3): nothing else may stand in it, so that nothing else comes along. */
const VALIDATION_NAME = /^\/(?:Type|DSS|VRI|Certs?|OCSPs?|CRLs?|TU|TS|[0-9A-Fa-f]{40})$/

function isValidation (dictionary: string): boolean {
  const names = withoutStrings(dictionary).match(/\/[^\s/<>[\]()]*/g) ?? []
  return names.length > 0 && names.every(name => VALIDATION_NAME.test(name))
}

/** An object nobody could refer to before; harmless unless it is a page, an annotation or an action. */
function judgeNew (dictionary: string, signed: 'signed' | 'unsigned'): LaterChanges {
  if (isValidation(dictionary) || (/\/Type\s*\/XRef\b/.test(dictionary) && !SHOWN.test(dictionary))) return 'allowed'
  if (SIGNATURE_PARTS.test(dictionary)) return signed === 'signed' && !/\/(?:JS|JavaScript|AA|A)\b/.test(dictionary) ? 'allowed' : 'forbidden'
  if (/\/Fields\b/.test(dictionary) && signed === 'signed') return withoutForm(dictionary) === '' ? 'allowed' : 'unclear'
  if (SHOWN.test(dictionary)) return 'forbidden'
  // Certificates and lists of DSS are streams without a type; appearances of a signature come with it.
  return signed === 'signed' || /^<<[^<>]*>>$/.test(dictionary) || /^\[[\d\sR]*\]$/.test(dictionary) ? 'allowed' : 'unclear'
}

/** An object that was there: only what signing must change may differ. */
function judgeRedefined (dictionary: string, known: readonly string[], signed: 'signed' | 'unsigned'): LaterChanges {
  const judged = new Set(known.map(before => before === '' ? 'unclear' : compareObjects(dictionary, before, signed)))
  // Which of several definitions was in effect is not looked up: the change must be harmless against each.
  return judged.size === 1 ? judged.values().next().value ?? 'unclear' : 'unclear'
}

function compareObjects (dictionary: string, before: string, signed: 'signed' | 'unsigned'): LaterChanges {
  if (squeeze(before) === squeeze(dictionary)) return 'allowed'
  if (/\/Type\s*\/Catalog\b/.test(dictionary) && /\/Type\s*\/Catalog\b/.test(before)) {
    const keys = signed === 'signed' ? /\/(?:AcroForm|DSS|Extensions|Perms)$/ : /\/(?:DSS|Extensions)$/
    return without(dictionary, keys) === without(before, keys) ? 'allowed' : 'forbidden'
  }
  if (isValidation(dictionary) && isValidation(before)) return 'allowed'
  if (signed === 'unsigned') return 'forbidden'
  if (/\/Type\s*\/Page\b/.test(dictionary)) return without(dictionary, /\/Annots$/) === without(before, /\/Annots$/) ? 'allowed' : 'forbidden'
  if (/\/Fields\b/.test(dictionary) && /\/Fields\b/.test(before)) return withoutForm(dictionary) === withoutForm(before) ? 'allowed' : 'forbidden'
  if (/\/FT\s*\/Sig\b/.test(dictionary) && /\/FT\s*\/Sig\b/.test(before)) return without(dictionary, /\/(?:V|AP|M)$/) === without(before, /\/(?:V|AP|M)$/) ? 'allowed' : 'forbidden'
  if (/\/(?:Producer|ModDate)\b/.test(dictionary) && /\/(?:Producer|ModDate)\b/.test(before) && !SHOWN.test(dictionary)) return 'allowed'
  if (/^\[[\d\sR]*\]$/.test(dictionary) && /^\[[\d\sR]*\]$/.test(before)) return squeeze(dictionary).startsWith(squeeze(before).slice(0, -1).trim()) ? 'allowed' : 'forbidden'
  return 'forbidden'
}

function withoutForm (dictionary: string): string {
  const rest = without(dictionary, /\/(?:Fields|SigFlags|DA|DR|Type)$/)
  return rest === '<<>>' ? '' : rest
}

function squeeze (text: string): string {
  return text.replace(/\s+/g, ' ').replace(/ ?(<<|>>|[[\]/()]) ?/g, '$1').trim()
}

/** A dictionary without some of its own keys and their values, in a form that can be compared. */
function without (dictionary: string, keys: RegExp): string {
  const tokens = squeeze(dictionary).match(/<<|>>|\[|\]|\((?:\\.|[^\\)])*\)|<[0-9A-Fa-f ]*>|\/[^\s/<>[\]()]*|[^\s/<>[\]()]+/g) ?? []
  const kept: string[] = []
  let depth = 0
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] ?? ''
    if (depth === 1 && keys.test(token) && token.startsWith('/')) { at = endOfValue(tokens, at + 1) - 1; continue }
    if (token === '<<' || token === '[') depth++
    if (token === '>>' || token === ']') depth--
    kept.push(token)
  }
  return kept.join(' ').replace(/ ?(<<|>>) ?/g, '$1')
}

/** The index after one value: a nested one, a reference of three tokens, or a single token. */
function endOfValue (tokens: readonly string[], at: number): number {
  const first = tokens[at]
  if (first === '<<' || first === '[') {
    let depth = 0
    for (let next = at; next < tokens.length; next++) {
      if (tokens[next] === '<<' || tokens[next] === '[') depth++
      if ((tokens[next] === '>>' || tokens[next] === ']') && --depth === 0) return next + 1
    }
    return tokens.length
  }
  return /^\d+$/.test(first ?? '') && /^\d+$/.test(tokens[at + 1] ?? '') && tokens[at + 2] === 'R' ? at + 3 : at + 1
}
