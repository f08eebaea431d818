// Reads one field at a time from the tree and notes what is too long; nothing here knows which fields must be there.
import { text } from '../../model/text.js'
import { childOf, pointerOf, textOf, type XmlElement } from './element.js'
import type { Notes } from './notes.js'

/** `usual`: longer is tolerated with a warning. `limit`: longer is refused (also more than twice `usual`). Characters. */
export interface FieldLength {
  readonly usual?: number
  readonly limit: number
}

export interface FieldReader {
  /** Trimmed text of a child; undefined when absent or empty. Over the limit it is a fault and cut to the limit. */
  text (parent: XmlElement | undefined, name: string, length: FieldLength): string | undefined
  /** As {@link text}, of the element itself. */
  own (element: XmlElement, length: FieldLength): string | undefined
  /** The same length check for a value that was read elsewhere. */
  check (value: string | undefined, pointer: () => string, length: FieldLength): string | undefined
}

export function createFieldReader (notes: Notes): FieldReader {
  const check = (value: string | undefined, pointer: () => string, { usual, limit }: FieldLength): string | undefined => {
    if (value === undefined || value.length <= (usual ?? limit)) return value
    const most = usual === undefined ? limit : Math.min(limit, 2 * usual)
    // A letter with its marks is one, however it is written.
    const length = value.normalize('NFC').length
    if (length <= (usual ?? limit) && value.length <= limit) return value
    const detail = text(`Dài ${length} ký tự, quá ${usual ?? limit}.`, `It has ${length} characters, more than ${usual ?? limit}.`)
    const over = length > most || value.length > limit
    notes.note(over ? 'length-limit' : 'length', { code: 'FIELD_INVALID', pointer, detail, expected: `at most ${over ? most : usual ?? limit} characters`, found: value })
    return over ? value.slice(0, most) : value
  }
  const own = (element: XmlElement | undefined, length: FieldLength): string | undefined => {
    const value = textOf(element)
    return element === undefined || value === undefined || value.length <= (length.usual ?? length.limit) ? value : check(value, () => pointerOf(element), length)
  }
  return {
    own,
    text: (parent, name, length) => own(childOf(parent, name), length),
    check
  }
}
