// One mapping: its file read and compiled, its input parsed, its output written. Whole or not at all.
import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { fault, HubError, toProblem } from '../errors.js'
import type { MappingConfig, MappingTable } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import { text } from '../model/text.js'
import { faultsOf } from '../schema.js'
import { DEFAULT_LIMITS } from '../formats/codec.js'
import { xmlToJson } from '../formats/xml-json.js'
import { mappingFailure } from './failure.js'
import type { JsonataSandbox } from './jsonata.js'
import { compileTable } from './table.js'
import { writeXml } from './xml-writer.js'

export type MappingSettings = Pick<MappingConfig, 'name' | 'version' | 'engine' | 'file' | 'examples'> & Partial<Pick<MappingConfig, 'input' | 'output' | 'mediaType' | 'direction' | 'files'>>

export interface Mapping {
  readonly settings: MappingSettings
  readonly mediaType: string
  /** From a parsed value. Rejects with TRANSFORM_FAILED. */
  run (input: unknown): Promise<string>
  /** From the text of a file, as `input` says. */
  runText (input: string): Promise<string>
  /** Runs the examples; a fault for each that comes out otherwise. Pointers start at the mapping. */
  check (): Promise<Fault[]>
}

/** Reads and compiles a mapping. Rejects with a `HubError` holding every fault of its file. */
export async function openMapping (settings: MappingSettings, sandbox: JsonataSandbox): Promise<Mapping> {
  const source = await readText(settings.file)
  const map = settings.engine === 'table' ? compileFile(source) : async (input: unknown) => await sandbox.evaluate(source, input)
  const isXml = settings.output === 'xml'
  const run = async (input: unknown): Promise<string> => {
    const output = await map(input)
    return isXml ? writeXml(output) : JSON.stringify(output)
  }
  const runText = async (input: string): Promise<string> => await run(settings.input === 'xml' ? xmlToJson(input, DEFAULT_LIMITS) : parseJson(input))
  return {
    settings,
    mediaType: settings.mediaType ?? (isXml ? 'application/xml' : 'application/json'),
    run,
    runText,
    async check () {
      const faults = await Promise.all(settings.examples.map(async (example, index) => await checkExample(example, { runText, isXml, pointer: `/examples/${index}` })))
      return faults.flat()
    }
  }
}

function compileFile (source: string): (input: unknown) => Promise<unknown> {
  const table = parseJson(source)
  const faults = faultsOf('mapping', table)
  if (faults.length > 0) throw new HubError('TRANSFORM_FAILED', text('Bảng ánh xạ không hợp lệ.', 'The mapping table is not valid.'), { errors: faults })
  const map = compileTable(table as MappingTable)
  return async input => map(input)
}

async function readText (path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw mappingFailure(`Không đọc được tệp ${path}.`, `The file ${path} cannot be read.`, '', error)
  }
}

function parseJson (content: string): unknown {
  try {
    return JSON.parse(content) as unknown
  } catch (error) {
    throw mappingFailure('Không phải JSON đúng cú pháp.', `It is no well-formed JSON: ${error instanceof Error ? error.message.slice(0, 200) : ''}`, '', error)
  }
}

interface ExampleContext { runText: Mapping['runText'], isXml: boolean, pointer: string }

async function checkExample (example: MappingConfig['examples'][number], { runText, isXml, pointer }: ExampleContext): Promise<Fault[]> {
  try {
    const expected = await readText(example.out)
    const made = await runText(await readText(example.in))
    const equal = isXml ? made.trim() === expected.trim() : isDeepStrictEqual(JSON.parse(made), parseJson(expected))
    if (equal) return []
    return [fault('FIELD_INVALID', pointer, text(`Kết quả khác với ${example.out}.`, `The result is not what ${example.out} holds.`), { expected: excerpt(expected, made), found: excerpt(made, expected) })]
  } catch (error) {
    const { code, detail, errors } = toProblem(error)
    return [{ code, pointer, detail, ...(errors?.[0] === undefined ? {} : { found: errors[0].pointer }) }]
  }
}

/** From a little before the first difference. */
function excerpt (one: string, other: string): string {
  let at = 0
  while (at < one.length && one[at] === other[at]) at++
  return one.slice(Math.max(0, at - 30), at + 80)
}
