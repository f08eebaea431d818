// HoSo and TienDo are the portal's own fields: both directions follow the schema, so that a field is named in one place.
import { SCHEMAS } from '../../schema.js'
import { below, type JsonObject, own, type WireReader } from './wire-reader.js'

interface Node { readonly type?: string, readonly items?: Node, readonly properties?: Readonly<Record<string, Node>> }

/** Objects whose values are texts, or lists of such objects. */
export const HO_SO: Node = SCHEMAS.dossier.$defs.hoSo as Node
export const TIEN_DO: Node = SCHEMAS.dossier.$defs.tienDo as Node

/** All fields of `node`, unknown ones as "" or []: the portal's clients send every field. */
export function writeAll (node: Node, value: JsonObject): Record<string, unknown> {
  const written: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    const given = own(value, name)
    if (field.type === 'array') written[name] = (given as readonly JsonObject[] | undefined ?? []).map(item => writeAll(field.items ?? {}, item))
    else written[name] = given ?? ''
  }
  return written
}

/** The fields of `node` that hold something. `also`: names of the message that are read elsewhere. */
export function readAll (reader: WireReader, node: Node, { value, pointer, also = [] }: { value: unknown, pointer: string, also?: readonly string[] }): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  const from = reader.object(value, pointer)
  if (from === undefined) return read
  reader.others(from, [...Object.keys(node.properties ?? {}), ...also], pointer)
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    if (field.type === 'array') {
      const items = reader.list(own(from, name), below(pointer, name))
      if (items.length > 0) read[name] = items.map((item, index) => readAll(reader, field.items ?? {}, { value: item, pointer: below(below(pointer, name), index) }))
    } else {
      const text = reader.text(from, name, pointer)
      if (text !== undefined) read[name] = text
    }
  }
  return read
}
