// Looks up settings in schemas/config.schema.json, for whoever walks a configuration beside its schema.
import schema from '../schemas/config.schema.json' with { type: 'json' }

/** The parts of a JSON Schema that our own settings use. */
export interface SchemaNode {
  $ref?: string
  title?: string
  description?: string
  type?: string | string[]
  default?: unknown
  enum?: unknown[]
  required?: string[]
  properties?: Record<string, SchemaNode>
  items?: SchemaNode
  minimum?: number
  maximum?: number
  'x-secret'?: boolean
}

export const CONFIG_SCHEMA: SchemaNode = schema
const DEFINITIONS: Record<string, SchemaNode> = schema.$defs

/** The schema of a setting by its path (array items by index); undefined when there is none, or when an adapter owns it. */
export function schemaAt (path: readonly string[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = CONFIG_SCHEMA
  for (const step of path) {
    node = dereference(node)
    node = node?.items ?? node?.properties?.[step]
  }
  return dereference(node)
}

function dereference (node: SchemaNode | undefined): SchemaNode | undefined {
  return node?.$ref?.startsWith('#/$defs/') === true ? DEFINITIONS[node.$ref.slice('#/$defs/'.length)] : node
}

/** True for a JSON object. */
export function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
