// The table engine: rows of target and path, compiled to closures once. No code of a province runs here, so no sandbox is needed.
import { HubError } from '../errors.js'
import type { MappingRow, MappingTable } from '../model/generated.js'
import { mappingFailure } from './failure.js'
import { compilePath, type PathReader, type Scope } from './path.js'
import { compileStep } from './steps.js'

/** A mapping from parsed JSON to a plain value. */
export type Mapper = (input: unknown) => unknown

type Output = Record<string, unknown>
type RowWriter = (output: Output, scope: Scope) => void

/** Throws TRANSFORM_FAILED naming the row (as a JSON Pointer) for a table that contradicts itself. */
export function compileTable ({ rows, namespaces }: MappingTable): Mapper {
  const write = compileRows(rows, '/rows')
  return input => {
    const output = emptyObject()
    write(output, { item: input, root: input })
    if (namespaces !== undefined) declare(output, namespaces)
    return output
  }
}

function compileRows (rows: readonly MappingRow[], pointer: string): RowWriter {
  const writers = rows.map((row, index) => compileRow(row, `${pointer}/${index}`))
  return (output, scope) => { for (const write of writers) write(output, scope) }
}

function compileRow (row: MappingRow, pointer: string): RowWriter {
  const target = row.target.split('.')
  const read = compileSource(row, pointer)
  const steps = (row.transform ?? []).map(compileStep)
  const inner = row.rows === undefined ? undefined : compileRows(row.rows, `${pointer}/rows`)
  const convert = (found: unknown, root: unknown): unknown => {
    if (inner === undefined) return steps.reduce((value, step) => step(value), found)
    const one = (item: unknown): Output => {
      const output = emptyObject()
      inner(output, { item, root })
      return output
    }
    return Array.isArray(found) ? found.map(one) : one(found)
  }
  return (output, scope) => {
    try {
      const found = read(scope)
      const value = isAbsent(found) ? row.default : convert(found, scope.root)
      if (value !== undefined) put(output, target, value)
      else if (row.required === true) throw mappingFailure(`Thiếu giá trị bắt buộc cho "${row.target}".`, `There is no value for "${row.target}", which is required.`)
    } catch (error) {
      throw located(error, pointer, row.target)
    }
  }
}

function compileSource (row: MappingRow, pointer: string): PathReader {
  if (row.value !== undefined) return () => row.value
  const read = compilePath(row.path ?? '.')
  if (read === undefined) throw mappingFailure(`Đường dẫn "${row.path ?? ''}" không hợp lệ.`, `The path "${row.path ?? ''}" is not valid.`, `${pointer}/path`)
  return read
}

function isAbsent (value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** The innermost row is named; the rows around it add nothing. */
function located (error: unknown, pointer: string, target: string): HubError {
  if (error instanceof HubError && error.errors[0]?.pointer !== '') return error
  if (error instanceof HubError) return mappingFailure(`${error.detail.vi} (dòng cho "${target}")`, `${error.detail.en} (row for "${target}")`, pointer)
  return mappingFailure(`Không chuyển đổi được "${target}".`, `"${target}" cannot be made.`, pointer, error)
}

function put (output: Output, target: readonly string[], value: unknown): void {
  let place = output
  for (const name of target.slice(0, -1)) {
    const inner = (place[name] ??= emptyObject())
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) throw mappingFailure(`"${name}" đã có giá trị.`, `"${name}" holds a value already.`)
    place = inner as Output
  }
  place[target.at(-1) ?? ''] = value
}

/** Without a prototype: a target called __proto__ is only a name. */
function emptyObject (): Output {
  return Object.create(null) as Output
}

function declare (output: Output, namespaces: Readonly<Record<string, string>>): void {
  for (const root of Object.values(output)) {
    if (typeof root !== 'object' || root === null) continue
    for (const [prefix, namespace] of Object.entries(namespaces)) (root as Output)[prefix === '' ? '@xmlns' : `@xmlns:${prefix}`] = namespace
  }
}
