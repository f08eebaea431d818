// JSON text → value, stricter than JSON.parse: bounded nesting, no key twice, no text a database cannot hold, and every
// syntax error with its place. One pass without recursion checks the grammar (RFC 8259); JSON.parse then makes the value.
import { HubError } from '../../errors.js'
import type { Fault } from '../../model/problem.js'
import { text } from '../../model/text.js'
import { escapePointer } from '../../schema.js'
import { toFault } from '../findings.js'

const SPACE = /[ \t\n\r]*/y
const STRING = /"[^"\\\u0000-\u001f]*/y
const STRING_PIECE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*/y
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y
/** U+0000 and half characters: PostgreSQL stores neither. */
const UNSTORABLE = /[\u0000\p{Cs}]/u

/** A hostile text may hold hundreds of thousands. */
const MOST_FAULTS = 200

export interface ParsedJson {
  readonly value: unknown
  /** Keys that occur twice, texts that cannot be stored: the first 200. */
  readonly faults: Fault[]
  /** How many values there are, at any depth. */
  readonly valueCount: number
}

interface Level {
  readonly kind: 'object' | 'array'
  readonly keys: Set<string>
  step: string
  index: number
}

/** Throws JSON_MALFORMED with the place, or when values nest deeper than `maxDepth`. */
export function parseJson (json: string, maxDepth: number): ParsedJson {
  return createScanner(json, maxDepth).scan()
}

function createScanner (json: string, maxDepth: number): { scan: () => ParsedJson } {
  const faults: Fault[] = []
  const stack: Level[] = []
  let at = 0
  let valueCount = 0

  const fail = (expected: string): never => {
    const before = json.slice(0, at)
    const line = before.split('\n').length
    const column = at - before.lastIndexOf('\n')
    const detail = text(`JSON không đúng cú pháp (dòng ${line}, cột ${column})`, `The JSON is not well-formed (line ${line}, column ${column})`)
    const found = at < json.length ? json.slice(at, at + 20) : 'end of text'
    throw new HubError('JSON_MALFORMED', detail, { errors: [toFault({ code: 'JSON_MALFORMED', pointer: pointer(), detail, expected, found })] })
  }
  const pointer = (): string => stack.map(level => `/${level.kind === 'array' ? level.index : escapePointer(level.step)}`).join('')
  const match = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    if (!pattern.test(json)) return false
    at = pattern.lastIndex
    return true
  }
  const take = (character: string): boolean => {
    if (json[at] !== character) return false
    at++
    return true
  }
  const readString = (): string => {
    const from = at
    if (!match(STRING)) fail('a string')
    while (match(STRING_PIECE));
    if (!take('"')) fail('the end of the string')
    const value = JSON.parse(json.slice(from, at)) as string
    if (faults.length < MOST_FAULTS && UNSTORABLE.test(value)) {
      faults.push(toFault({ code: 'FIELD_INVALID', pointer: pointer(), detail: text('Chuỗi có ký tự không hợp lệ (U+0000 hoặc nửa ký tự).', 'The text holds U+0000 or half a character.') }))
    }
    return value
  }
  const readKey = (level: Level): void => {
    const key = json[at] === '"' ? readString() : fail('a property name')
    level.step = key
    if (faults.length < MOST_FAULTS && level.keys.has(key)) faults.push(toFault({ code: 'FIELD_INVALID', pointer: pointer(), detail: text('Tên trường bị lặp.', 'The property occurs twice.') }))
    level.keys.add(key)
    match(SPACE)
    if (!take(':')) fail('":"')
    match(SPACE)
  }
  const open = (kind: Level['kind']): void => {
    if (stack.length >= maxDepth) fail(`at most ${maxDepth} levels`)
    stack.push({ kind, keys: new Set(), step: '', index: 0 })
  }
  /** Reads one scalar, or opens a container; returns true when a value is complete. */
  const readValue = (): boolean => {
    valueCount++
    if (json[at] === '"') { readString(); return true }
    if (take('{')) { open('object'); return closeIfEmpty('}') }
    if (take('[')) { open('array'); return closeIfEmpty(']') }
    return match(SCALAR) || fail('a value')
  }
  const closeIfEmpty = (end: string): boolean => {
    match(SPACE)
    if (take(end)) { stack.pop(); return true }
    const level = stack.at(-1)
    if (level?.kind === 'object') readKey(level)
    return false
  }
  /** After a complete value: on to the next, or close; returns false when the next value is to be read. */
  const afterValue = (level: Level): boolean => {
    match(SPACE)
    if (take(level.kind === 'object' ? '}' : ']')) { stack.pop(); return true }
    if (!take(',')) fail(level.kind === 'object' ? '"," or "}"' : '"," or "]"')
    match(SPACE)
    level.index++
    if (level.kind === 'object') readKey(level)
    return false
  }

  return {
    scan () {
      match(SPACE)
      let complete = readValue()
      for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
        complete = complete ? afterValue(level) : readValue()
      }
      match(SPACE)
      if (at < json.length) fail('the end of the text')
      return { value: JSON.parse(json) as unknown, faults, valueCount }
    }
  }
}
