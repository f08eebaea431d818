// A partner's own JSON or XML → canonical JSON by a mapping of the configuration → canonical model. Its base64 files are cut
// out before, so that the mapping moves only the marks that stand for them.
import { HubError, toProblem } from '../../errors.js'
import type { Fault } from '../../model/problem.js'
import { text } from '../../model/text.js'
import type { Codec, DecodeContext } from '../codec.js'
import { receiveFiles } from '../dossier/files.js'
import { parseJson } from '../dossier/json.js'
import { createFileCollection, type CutFiles, cutFiles } from '../inline-files.js'
import { readJsonWithFiles } from '../json-files.js'
import { readMarkup } from '../markup.js'
import { settlePackage } from '../package/index.js'
import type { Places } from '../pointers.js'
import { xmlToJson } from '../xml-json.js'

/** An inbound mapping of the configuration. */
export interface InboundMapping {
  readonly name: string
  readonly version: string
  readonly input: 'json' | 'xml'
  /** Fields of the input whose texts are files in base64. */
  readonly files: ReadonlySet<string>
  /** What the mapping makes, as JSON. Rejects with TRANSFORM_FAILED. */
  run (input: unknown): Promise<string>
}

export function mappingCodec (mapping: InboundMapping): Codec {
  const { name, version } = mapping
  return {
    format: 'translated',
    mediaType: mapping.input === 'xml' ? 'application/xml' : 'application/json',
    accepts: () => true,
    async decode (content, files, context) {
      const { value, faults, cut } = await readInput(mapping, content, context)
      const received = await receiveFiles(files, context)
      if (faults.length > 0) throw new HubError('PACKAGE_INVALID', text('JSON có tên trường lặp hoặc ký tự không lưu được.', 'The JSON has a name twice or a character that cannot be stored.'), { errors: [...faults] })
      const made = parseJson(await mapped(mapping, value), context.limits.maxDepth)
      // Only the mapping knows from where in the message a field came: its result is named, so that nobody looks in vain.
      const said = (each: Fault): Fault => ({ ...each, pointer: `mapping:${name}#${each.pointer}` })
      const decoded = await settlePackage(made, { cut, received }, context).catch((error: unknown) => { throw located(error, name) })
      const places = decoded.places
      return {
        ...decoded,
        warnings: decoded.warnings.map(said),
        faults: decoded.faults.map(said),
        ...(places === undefined ? {} : { places: within(places, name) }),
        translation: { name, version }
      }
    }
  }
}

function within (places: Places, name: string): Places {
  const said = (pointer: string): string => `mapping:${name}#${pointer}`
  return { sender: said(places.sender), recipient: index => said(places.recipient(index)), attachment: n => said(places.attachment(n)), edxml: xpath => said(places.edxml(xpath)) }
}

interface Input { value: unknown, faults: readonly Fault[], cut: CutFiles }

async function readInput ({ input, files }: InboundMapping, content: AsyncIterable<Uint8Array>, context: DecodeContext): Promise<Input> {
  if (input === 'json') {
    const { value, faults, files: cut } = await readJsonWithFiles(content, files, context)
    return { value, faults, cut }
  }
  const collection = createFileCollection(context)
  const value = await cutFiles(xmlToJson(await readMarkup(content, context.limits), context.limits), files, collection)
  return { value, faults: [], cut: collection.files }
}

async function mapped ({ name, run }: InboundMapping, value: unknown): Promise<string> {
  try {
    return await run(value)
  } catch (error) {
    const { code, detail, errors } = toProblem(error)
    if (code !== 'TRANSFORM_FAILED') throw error
    throw new HubError('TRANSLATION_FAILED', text(`Ánh xạ "${name}" không dịch được nội dung: ${detail.vi}`, `The mapping "${name}" cannot translate the content: ${detail.en}`),
      { cause: error, errors: (errors ?? []).map(each => ({ ...each, code: 'TRANSLATION_FAILED', pointer: `mapping:${name}#${each.pointer}` })) })
  }
}

/** What the mapping made is no package at all: the mapping's fault, or its input was not what it is for. */
function located (error: unknown, name: string): unknown {
  if (!(error instanceof HubError) || error.code !== 'PACKAGE_INVALID') return error
  return new HubError('TRANSLATION_FAILED', text(`Kết quả của ánh xạ "${name}" không phải gói tin dạng chuẩn: ${error.detail.vi}`, `What the mapping "${name}" makes is no package in canonical form: ${error.detail.en}`),
    { cause: error, errors: error.errors.map(each => ({ ...each, pointer: `mapping:${name}#${each.pointer}` })) })
}

