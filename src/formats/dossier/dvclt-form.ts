// The form inside a DVCLT message: a JSON text in JSON. Read as strictly as any package, its fields kept as they are.
import { HubError } from '../../errors.js'
import { parseJson } from './json.js'
import { addMissing, isObject, type WireReader } from './wire-reader.js'

const MAX_DEPTH = 32
/** Characters; a form has sixty short fields, a result one certificate besides. */
const MAX_LENGTH = 30 * 2 ** 20

/** The fields of the form; empty, with a fault, when there are none. Also takes the object itself, as the sector side writes it. */
export function readForm (reader: WireReader, value: unknown, pointer: string): Record<string, unknown> {
  if (value === undefined || value === null || value === '') {
    addMissing(reader, pointer)
    return {}
  }
  const form = typeof value === 'string' ? parse(reader, value, pointer) : value
  if (!isObject(form)) {
    if (form !== undefined) reader.refuse(pointer, 'an object as a JSON text', form)
    return {}
  }
  reader.free(form, pointer)
  return { ...form }
}

function parse (reader: WireReader, json: string, pointer: string): unknown {
  if (json.length > MAX_LENGTH) {
    reader.refuse(pointer, `at most ${MAX_LENGTH} characters`, `${json.length} characters`)
    return undefined
  }
  try {
    const { value, faults } = parseJson(json, MAX_DEPTH)
    for (const found of faults) reader.faults.push({ ...found, pointer: `${pointer}${found.pointer}` })
    return value
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    reader.add('reject', { code: 'JSON_MALFORMED', pointer, detail: error.detail, found: json.slice(0, 40) })
    return undefined
  }
}
