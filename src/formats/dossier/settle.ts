// A dossier of any origin → canonical model: its files matched with its papers, its rules checked, its routing facts named.
import type { Dossier, Envelope } from '../../model/generated.js'
import { faultsOf, firstFaultOf } from '../../schema.js'
import type { DecodeContext, Decoded } from '../codec.js'
import { defined } from '../../model/defined.js'
import { createFindings } from '../findings.js'
import { isJsonObject, type JsonObject } from '../json-object.js'
import { DEFAULT_PROFILE } from '../profile.js'
import { matchFiles, type ReceivedFile } from './files.js'
import type { ParsedJson } from './json.js'
import { checkDossier } from './profile.js'

const MOST_TITLE = 2000
/** Values of a dossier whose faults are all told; of a larger one, the first. */
const MOST_VALUES_EXPLAINED = 5000
const MOST_FAULTS = 200

export interface Unsettled extends Pick<ParsedJson, 'faults' | 'valueCount'> {
  /** The files that came with it. */
  readonly received: readonly ReceivedFile[]
}

/** What is wrong or odd is in the result, its pointers from the dossier. */
export function settleDossier (value: JsonObject, { faults, valueCount, received }: Unsettled, context: Pick<DecodeContext, 'profile' | 'direction'>): Decoded {
  const findings = createFindings()
  const schemaFaults = valueCount > MOST_VALUES_EXPLAINED ? firstFaultOf('dossier', value) : faultsOf('dossier', value)
  findings.faults.push(...faults, ...schemaFaults)
  // Only a dossier of the right shape has papers that can be walked.
  const valid = schemaFaults.length === 0
  const dossier = value as unknown as Dossier
  const attachments = valid ? matchFiles(dossier, received, findings) : []
  if (valid) checkDossier(dossier, findings, { profile: context.profile ?? DEFAULT_PROFILE, direction: context.direction ?? 'outbound' })
  return { envelope: dossierEnvelope(value), content: { kind: 'dossier', dossier }, attachments, warnings: findings.warnings, faults: findings.faults.slice(0, MOST_FAULTS) }
}

/** The routing facts; of a dossier with faults only those that have the right type, so that the refusal can name it. */
export function dossierEnvelope (value: JsonObject): Envelope {
  const string = (name: string): string | undefined => typeof value[name] === 'string' ? value[name] : undefined
  const { to, priority, HoSo } = value
  const code = string('MaHoSo') ?? ''
  const title = isJsonObject(HoSo) && typeof HoSo['TenTTHC'] === 'string' ? HoSo['TenTTHC'].slice(0, MOST_TITLE) : undefined
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
