// target as a table over the sample province: which changes and statuses need a document that is here, and from whom.
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readDirectoryFiles } from '../../../src/directory/files.js'
import { createDirectory } from '../../../src/directory/directory.js'
import type { ValidationRow } from '../../../src/formats/check.js'
import { newDocumentIdentifier } from '../../../src/formats/edxml/envelope.js'
import { compileProfile } from '../../../src/formats/profile.js'
import { checkTarget } from '../../../src/pipeline/target.js'
import type { Targeted, Verified } from '../../../src/pipeline/types.js'
import type { FoundDocument } from '../../../src/ports/store.js'
import { decode, documentMessage, statusMessage, traceList } from '../formats/edxml-messages.js'

const AT = Date.UTC(2026, 10, 20, 2)
const PROVINCE = fileURLToPath(new URL('../../../../config/lam-dong/agencies.json', import.meta.url))
const directory = createDirectory({ files: await readDirectoryFiles([PROVINCE]), endpoints: [], provinceCode: 'H36', senderGraceDays: 90 })

interface Case {
  name: string
  message: string
  /** Sending agency, by its main code. */
  from?: string
  /** What the store holds: sender and DocumentId of new documents. */
  held?: Array<[string, string]>
  found?: FoundDocument[]
  rows?: ValidationRow[]
  direction?: 'inbound'
  faults?: string[]
  warnings?: string[]
  /** How often the store was asked. */
  asked?: number
}

const business = (type: string, more = ''): string => traceList(`${more}<BussinessDocType>${type}</BussinessDocType><BussinessDocReason>x</BussinessDocReason>`)
const UPDATE = documentMessage({ documentId: 'D1', traces: business('2', '<DocumentId>D1</DocumentId>') })
const REVOCATION = documentMessage({ documentId: 'D1', traces: business('1') })
const REPLACEMENT = documentMessage({ documentId: 'D2', traces: business('3', '<ReplacementInfoList><ReplacementInfo><DocumentId>D0</DocumentId></ReplacementInfo><ReplacementInfo><DocumentId>D1</DocumentId></ReplacementInfo></ReplacementInfoList>') })
const HEADER = '/edXML/edXMLEnvelope/edXMLHeader'
const STATUS_ON: ValidationRow = { check: 'target-known', kind: 'status', consequence: 'reject' }
const unknown = (path: string): string => `TARGET_UNKNOWN ${HEADER}/${path}`

const CASES: Case[] = [
  { name: 'a new document has no target, and the store is not asked', message: documentMessage(), asked: 0 },
  { name: 'an update of what is here', message: UPDATE, held: [['H36', 'D1']] },
  { name: 'an update of nothing', message: UPDATE, faults: [unknown('TraceHeaderList/Bussiness/DocumentId')] },
  { name: 'an update that names its document in the header alone', message: documentMessage({ documentId: 'D1', traces: business('2') }), faults: [unknown('MessageHeader/DocumentId')] },
  { name: 'a revocation of what is here', message: REVOCATION, held: [['H36', 'D1']] },
  { name: 'a revocation of nothing', message: REVOCATION, faults: [unknown('MessageHeader/DocumentId')] },
  { name: 'a revocation of an id that is written otherwise', message: REVOCATION, held: [['H36', 'd1']], faults: [unknown('MessageHeader/DocumentId')] },
  { name: 'a revocation of somebody else\'s document', message: REVOCATION, held: [['H36.11', 'D1']], faults: [unknown('MessageHeader/DocumentId')] },
  { name: 'a replacement of one that is here and one that is not', message: REPLACEMENT, held: [['H36', 'D0']], faults: [unknown('TraceHeaderList/Bussiness/ReplacementInfoList/ReplacementInfo[2]/DocumentId')] },
  { name: 'a replacement of two that are here', message: REPLACEMENT, held: [['H36', 'D0'], ['H36', 'D1']] },
  { name: 'a revocation of a replacement', message: REVOCATION, found: [{ fromAgency: 'H36', identifier: 'edxml:3:D1:2026-03-16T09:00:00+07:00', documentId: 'D1' }] },
  { name: 'a document of the agency it took over from', message: REVOCATION.replace('<OrganId>H36<', '<OrganId>H36.101<'), from: 'H36.101', held: [['H36.41', 'D1']] },
  { name: 'a document of the agency that took it over', message: REVOCATION.replace('<OrganId>H36<', '<OrganId>H36.41.01<'), from: 'H36.41.01', held: [['H36.101', 'D1']] },
  { name: 'a document of another heir of the same agency', message: REVOCATION.replace('<OrganId>H36<', '<OrganId>H36.101<'), from: 'H36.101', held: [['H36.103', 'D1']], faults: [unknown('MessageHeader/DocumentId')] },
  { name: 'from an axis it is for a person to look at', message: REVOCATION, direction: 'inbound', faults: [`PACKAGE_QUARANTINED ${HEADER}/MessageHeader/DocumentId`] },
  { name: 'relaxed to a warning', message: REVOCATION, rows: [{ check: 'target-known', consequence: 'warn' }], warnings: [unknown('MessageHeader/DocumentId')] },
  { name: 'switched off, the store is not asked', message: REVOCATION, rows: [{ check: 'target-known', kind: 'revocation', consequence: 'off' }], asked: 0 },
  { name: 'what was accepted before the row was tightened is answered as then', message: REVOCATION, found: [{ fromAgency: 'H36', identifier: 'edxml:1:D1', documentId: 'D1' }] },
  { name: 'a status is not judged: it may come early', message: statusMessage('03'), from: 'H36.11', asked: 0 },
  { name: 'a status about what is here', message: statusMessage('03'), from: 'H36.11', held: [['H36', 'D1']], rows: [STATUS_ON] },
  { name: 'a status about nothing', message: statusMessage('03'), from: 'H36.11', rows: [STATUS_ON], faults: [unknown('MessageHeader/ResponseFor/DocumentId')] },
  { name: 'a status about a document of its own', message: statusMessage('03'), from: 'H36.11', held: [['H36.11', 'D1']], rows: [STATUS_ON], faults: [unknown('MessageHeader/ResponseFor/DocumentId')] },
  { name: 'a retract request is about a document of its own', message: statusMessage('13', '<Description>x</Description>'), from: 'H36.11', held: [['H36.11', 'D1']], rows: [STATUS_ON] },
  { name: 'a status to an agency that nobody knows is a matter of routing', message: statusMessage('03').replace('<OrganId>H36<', '<OrganId>H99.9<'), from: 'H36.11', rows: [STATUS_ON], asked: 0 }
]

async function run ({ message, from = 'H36', held = [], found = [], rows = [], direction }: Case): Promise<{ result: Targeted, asked: number }> {
  const decoded = await decode(message)
  const sender = directory.find(from, AT)
  const received = { decoded, arrival: { ...(direction === undefined ? {} : { direction }) } } as unknown as Verified['received']
  const all = [...held.map(([fromAgency, documentId]) => ({ fromAgency, identifier: newDocumentIdentifier(documentId), documentId })), ...found]
  let asked = 0
  const result = await checkTarget({ received, at: AT, faults: [], ...(sender === undefined ? {} : { sender }) }, {
    directory,
    profile: compileProfile(rows),
    findDocuments: async ({ agencies, identifiers, documentIds }) => {
      asked++
      return all.filter(each => agencies.includes(each.fromAgency) && (identifiers.includes(each.identifier) || (each.identifier.startsWith('edxml:3') && documentIds.includes(each.documentId ?? ''))))
    }
  })
  return { result, asked }
}

for (const each of CASES) {
  await t.test(each.name, async t => {
    const { result: { faults, remarks }, asked } = await run(each)
    const shown = (list: typeof remarks): string[] => list.map(({ code, pointer }) => `${code} ${pointer}`)
    t.same([shown(faults), shown(remarks), asked], [each.faults ?? [], each.warnings ?? [], each.asked ?? 1])
  })
}

await t.test('the fault says what was looked for, what was written, and what to do', async t => {
  const { result: { faults } } = await run({ name: '', message: REVOCATION })
  t.match(faults, [{ expected: 'DocumentId of a document that H36 has sent', found: 'D1', detail: { vi: /gửi văn bản gốc trước.*kiểm tra lại mã.*target-known/, en: /Send the original first.*check the id.*target-known/ } }])
})

await t.test('a sender that nobody knows is refused for that alone', async t => {
  const { result, asked } = await run({ name: '', message: REVOCATION, from: 'H99.9' })
  t.same([result.faults, asked], [[], 0])
})
