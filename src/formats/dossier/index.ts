// Dossier package: one JSON part in our canonical form, then its files → canonical model. The schema is the format.
import { HubError } from '../../errors.js'
import type { Dossier, Envelope } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { faultsOf, firstFaultOf } from '../../schema.js'
import type { Codec, DecodeLimits } from '../codec.js'
import { defined } from '../defined.js'
import { createFindings } from '../findings.js'
import { createUtf8Decoder } from '../utf8.js'
import { matchFiles, receiveFiles } from './files.js'
import { parseJson } from './json.js'
import { checkProfile } from './profile.js'

const FORM_FIELD = 'package'
const MEDIA_TYPE = 'application/json'
const MOST_TITLE = 2000
/** Values of a dossier whose faults are all told; of a larger one, the first. */
const MOST_VALUES_EXPLAINED = 5000

export const dossierCodec: Codec = {
  format: 'dossier-json',
  mediaType: MEDIA_TYPE,
  accepts: ({ name, contentType }) => name === FORM_FIELD || contentType === MEDIA_TYPE,
  async decode (content, files, context) {
    const findings = createFindings()
    const { value, faults, valueCount } = parseJson(await readText(content, context.limits), context.limits.maxDepth)
    const schemaFaults = valueCount > MOST_VALUES_EXPLAINED ? firstFaultOf('dossier', value) : faultsOf('dossier', value)
    if (!isObject(value)) {
      throw new HubError('PACKAGE_INVALID', text('Gói hồ sơ phải là một đối tượng JSON', 'A dossier package must be a JSON object'), { errors: schemaFaults })
    }
    findings.faults.push(...faults, ...schemaFaults)
    const received = await receiveFiles(files, context)
    // Only a dossier of the right shape has papers that can be walked.
    const valid = schemaFaults.length === 0
    const dossier = value as unknown as Dossier
    const attachments = valid ? matchFiles(dossier, received, findings) : []
    if (valid) checkProfile(dossier, findings)
    return { envelope: envelopeOf(value), content: { kind: 'dossier', dossier }, attachments, warnings: findings.warnings, faults: findings.faults.slice(0, 200) }
  }
}

async function readText (content: AsyncIterable<Uint8Array>, { maxMarkupBytes }: DecodeLimits): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of content) {
    size += chunk.byteLength
    if (size > maxMarkupBytes) throw new HubError('BODY_TOO_LARGE', text(`JSON vượt quá ${maxMarkupBytes} byte`, `The JSON is over ${maxMarkupBytes} bytes`))
    chunks.push(chunk)
  }
  if (size === 0) throw new HubError('BODY_EMPTY', text('Nội dung trống', 'The body is empty'))
  const decoder = createUtf8Decoder()
  const json = decoder.decode(Buffer.concat(chunks))
  decoder.end()
  return json.charCodeAt(0) === 0xfeff ? json.slice(1) : json
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The routing facts; of a dossier with faults only those that have the right type, so that the refusal can name it. */
function envelopeOf (value: Record<string, unknown>): Envelope {
  const string = (name: string): string | undefined => typeof value[name] === 'string' ? value[name] : undefined
  const { to, priority, HoSo } = value
  const code = string('MaHoSo') ?? ''
  const title = isObject(HoSo) && typeof HoSo['TenTTHC'] === 'string' ? HoSo['TenTTHC'].slice(0, MOST_TITLE) : undefined
  return defined({
    kind: 'dossier' as const,
    action: string('kind') ?? '',
    identifier: `dossier:${string('packageId') ?? ''}`,
    correlationId: `dossier:${code}`,
    from: { code: string('from') ?? '' },
    to: Array.isArray(to) ? to.filter(item => typeof item === 'string').map(item => ({ code: item })) : [],
    priority: typeof priority === 'number' ? priority : 0,
    notation: code,
    title,
    sentAt: string('sentAt')
  })
}
