// The schemas of schemas/ as OpenAPI components: one component per named definition, references rewritten.
import { SCHEMAS } from '../schema.js'

type Json = Record<string, unknown>

/** A reference to a component schema. */
export function ref (name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` }
}

const FILES = ['envelope', 'document', 'status', 'dossier', 'delivery', 'evidence', 'package', 'problem'] as const

/**
 * Component schemas by title. The API shows one language, so `LocalizedText` is a string here; nothing else differs
 * from the contract files.
 */
export function contractComponents (): Record<string, Json> {
  const components: Record<string, Json> = {}
  for (const name of FILES) {
    const file = `${name}.schema.json`
    components[titleOf(SCHEMAS[name])] = rewrite(SCHEMAS[name], file)
    for (const definition of Object.values(definitionsOf(file))) components[titleOf(definition)] = rewrite(definition, file)
  }
  for (const name of ['agency', 'code', 'level'] as const) {
    const definition = SCHEMAS['agency-directory'].$defs[name]
    components[definition.title] = rewrite(definition, 'agency-directory.schema.json')
  }
  components['LocalizedText'] = { type: 'string', description: 'One sentence, in the language of Content-Language.' }
  return components
}

function rewrite (schema: object, file: string): Json {
  return Object.fromEntries(Object.entries(schema)
    .filter(([key]) => !['$schema', '$id', '$defs'].includes(key))
    .map(([key, value]) => key === '$ref' && typeof value === 'string' ? [key, ref(targetOf(value, file)).$ref] : [key, rewriteValue(value, file)]))
}

function rewriteValue (value: unknown, file: string): unknown {
  if (Array.isArray(value)) return value.map(item => rewriteValue(item, file))
  return typeof value === 'object' && value !== null ? rewrite(value, file) : value
}

/** Component name of `other.schema.json`, `other.schema.json#/$defs/x` or `#/$defs/x`. */
function targetOf (reference: string, file: string): string {
  const [path = '', fragment = ''] = reference.split('#')
  const target = path === '' ? file : path
  if (fragment === '') return titleOf(schemaOf(target))
  const definition = definitionsOf(target)[fragment.replace('/$defs/', '')]
  if (definition === undefined) throw new Error(`${reference} in ${file} points nowhere`)
  return titleOf(definition)
}

function schemaOf (file: string): object {
  const found = Object.values(SCHEMAS).find(schema => schema.$id === file)
  if (found === undefined) throw new Error(`there is no schema ${file}`)
  return found
}

function definitionsOf (file: string): Record<string, object> {
  return (schemaOf(file) as { $defs?: Record<string, object> }).$defs ?? {}
}

function titleOf (schema: object): string {
  const { title } = schema as { title?: string }
  if (title === undefined) throw new Error('a definition of schemas/ has no title, so it has no component name')
  return title
}
