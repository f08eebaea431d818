// The one place that uses ajv: compiles the JSON Schemas of schemas/ (draft 2020-12) and turns their errors into faults.
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import adapterManifest from '../schemas/adapter-manifest.schema.json' with { type: 'json' }
import agencyDirectory from '../schemas/agency-directory.schema.json' with { type: 'json' }
import config from '../schemas/config.schema.json' with { type: 'json' }
import delivery from '../schemas/delivery.schema.json' with { type: 'json' }
import document from '../schemas/document.schema.json' with { type: 'json' }
import dossier from '../schemas/dossier.schema.json' with { type: 'json' }
import envelope from '../schemas/envelope.schema.json' with { type: 'json' }
import evidence from '../schemas/evidence.schema.json' with { type: 'json' }
import mapping from '../schemas/mapping.schema.json' with { type: 'json' }
import canonicalPackage from '../schemas/package.schema.json' with { type: 'json' }
import problem from '../schemas/problem.schema.json' with { type: 'json' }
import status from '../schemas/status.schema.json' with { type: 'json' }
import workingCalendar from '../schemas/working-calendar.schema.json' with { type: 'json' }
import { fault } from './errors.js'
import { nearest } from './model/nearest.js'
import type { Fault } from './model/problem.js'
import { text } from './model/text.js'

export const SCHEMAS = {
  problem, envelope, document, status, dossier, delivery, 'adapter-manifest': adapterManifest, 'agency-directory': agencyDirectory,
  'working-calendar': workingCalendar, evidence, config, mapping, package: canonicalPackage
} as const
export type SchemaName = keyof typeof SCHEMAS

/**
 * Strict: unknown properties and wrong types are faults, nothing is coerced, removed or filled in unless asked for.
 * `coerceTypes` is for query strings, where everything arrives as text.
 */
export function createAjv (options: { useDefaults?: true, coerceTypes?: true, allErrors?: false } = {}): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false, verbose: true, ...options })
  // Ours: the value is masked wherever it is shown.
  ajv.addVocabulary(['x-secret'])
  // CommonJS under nodenext: the callable is the default export of the default export.
  ;(addFormats as unknown as (ajv: Ajv2020) => void)(ajv)
  return ajv
}

const ajv = createAjv()
for (const schema of Object.values(SCHEMAS)) ajv.addSchema(schema)

/** All faults of `value` against a schema of `schemas/`; empty when it is valid. */
export function faultsOf (name: SchemaName, value: unknown): Fault[] {
  const validate = ajv.getSchema(`${name}.schema.json`) as ValidateFunction
  return validate(value) ? [] : toFaults(validate.errors ?? [])
}

let failFast: Ajv2020 | undefined

/**
 * As {@link faultsOf}, but stops at the first fault: for values so large that collecting all faults would cost more than
 * anybody may ask for (a hostile 2 MB with a fault in every item took minutes).
 */
export function firstFaultOf (name: SchemaName, value: unknown): Fault[] {
  if (failFast === undefined) {
    failFast = createAjv({ allErrors: false })
    for (const schema of Object.values(SCHEMAS)) failFast.addSchema(schema)
  }
  const validate = failFast.getSchema(`${name}.schema.json`) as ValidateFunction
  return validate(value) ? [] : toFaults(validate.errors ?? [])
}

/** Compiles a schema of settings (an adapter's, or the hub's own). Defaults are filled in; it may refer to those of `schemas/`. */
export function compileSettings (schema: object): (value: unknown) => Fault[] {
  const settingsAjv = createAjv({ useDefaults: true })
  for (const known of Object.values(SCHEMAS)) if (known !== schema) settingsAjv.addSchema(known)
  const validate = settingsAjv.compile(schema)
  return value => validate(value) ? [] : toFaults(validate.errors ?? [])
}

/** More say nothing new, and each costs a search for what may have been meant. */
const MOST_FAULTS = 200

/** ajv's errors in our words, the first 200. The consequences of a failed branch (`if`) are left out: its inner errors say more. */
export function toFaults (errors: readonly ErrorObject[]): Fault[] {
  return errors.filter(error => error.keyword !== 'if').slice(0, MOST_FAULTS).map(toFault)
}

function toFault (error: ErrorObject): Fault {
  const { params } = error
  const found = shown(error.data)
  switch (error.keyword) {
    case 'required':
      return fault('FIELD_MISSING', `${error.instancePath}/${escapePointer(String(error.params['missingProperty']))}`, text('Thiếu trường bắt buộc này.',
        'This required field is missing.'))
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownField(error.instancePath, String(params['additionalProperty'] ?? params['unevaluatedProperty']), error.parentSchema?.['properties'])
    default: {
      const expected = expectation(error)
      return fault('FIELD_INVALID', error.instancePath, text(`Giá trị không hợp lệ, cần: ${expected}.`,
        `The value is not valid; expected: ${expected}.`), { expected, ...(found === undefined ? {} : { found }) })
    }
  }
}

/** Scalars as JSON, the rest by its kind: a whole section in an error would hide the error. */
function shown (value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'array' : 'object'
  return value === undefined ? undefined : JSON.stringify(value)
}

function unknownField (parent: string, name: string, defined: unknown): Fault {
  const meant = typeof defined === 'object' && defined !== null ? nearest(name, Object.keys(defined), 1)[0] : undefined
  const pointer = `${parent}/${escapePointer(name)}`
  return meant === undefined
    ? fault('FIELD_UNKNOWN', pointer, text('Trường này không có trong định nghĩa.', 'This field is not defined.'))
    : fault('FIELD_UNKNOWN', pointer, text(`Trường này không có trong định nghĩa. Có phải ý bạn là "${meant}"?`,
      `This field is not defined. Did you mean "${meant}"?`), { expected: meant })
}

function expectation (error: ErrorObject): string {
  const { params } = error
  switch (error.keyword) {
    case 'enum': return (params['allowedValues'] as unknown[]).map(value => JSON.stringify(value)).join(' | ')
    case 'const': return JSON.stringify(params['allowedValue'])
    case 'type': return String(params['type'])
    case 'pattern': return `pattern ${String(params['pattern'])}`
    case 'format': return String(params['format'])
    default: return params['limit'] === undefined ? error.message ?? error.keyword : `${error.keyword} ${String(params['limit'])}`
  }
}

/** Escapes one step of a JSON Pointer (RFC 6901 §3). */
export function escapePointer (step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1')
}
