// `lienthong directory pull`: the agency directory that another system keeps, as a directory file of the hub, and what is
// different from the hub's own. Needs no running hub and changes nothing in it.
import { EXAMPLE_LINKS } from './adapter/example-links.js'
import { createEgress } from './adapter/egress.js'
import { createHttpClient } from './adapter/http.js'
import { KIT_CODECS } from './adapter/codecs.js'
import { createMemory } from './adapter/memory.js'
import { checkDirectory } from './directory/check.js'
import { HubError } from './errors.js'
import type { Agency, AgencyCode, AgencyDirectoryFile, AgencyLevel, HubConfig } from './model/generated.js'
import { normalizeCode, schemeOf } from './model/agency-code.js'
import { compareAgencies, type DirectoryChange, type ListedAgency } from './model/directory-changes.js'
import { text } from './model/text.js'
import type { Directory } from './ports/directory.js'
import { loadEndpoints, openDirectory } from './resources.js'
import { faultsOf } from './schema.js'

export interface PulledDirectory {
  file: AgencyDirectoryFile
  /** From the hub's directory to the one that was read: `added` is only there, `closed` is only here. */
  changes: DirectoryChange[]
  /** What was left out, and why. */
  notes: string[]
}

const LIMIT_MS = 10 * 60_000

/** Throws a `HubError` when the endpoint is unknown or keeps no directory, and what the other side or the connection says. `at`: now, epoch ms. */
export async function pullDirectory (endpoint: string, { config, at }: { config: HubConfig, at: number }): Promise<PulledDirectory> {
  const directory = await openDirectory(config)
  const found = (await loadEndpoints(config, directory)).find(each => each.endpoint.id === endpoint)
  if (found === undefined) throw new HubError('NOT_FOUND', text(`Cấu hình không có điểm kết nối "${endpoint}".`, `The configuration has no endpoint "${endpoint}".`))
  const network = createEgress(config.egress)
  const http = createHttpClient(network)
  const ignore = (): void => {}
  const session = await found.adapter.open(found.endpoint.settings, { endpoint, log: { debug: ignore, info: ignore, warn: ignore, error: ignore }, now: () => at, memory: createMemory(), links: EXAMPLE_LINKS, codecs: KIT_CODECS, http, network })
  try {
    if (session.listAgencies === undefined) throw new HubError('OPERATION_NOT_POSSIBLE', text(`Bộ kết nối "${found.endpoint.adapter}" không có danh mục cơ quan.`, `The adapter "${found.endpoint.adapter}" has no agency directory.`))
    const listed = await session.listAgencies(AbortSignal.timeout(LIMIT_MS)).catch((cause: unknown) => { throw unread(endpoint, cause) })
    return toFile(listed, { name: endpoint, directory, at })
  } finally {
    await session.close()
    http.close()
  }
}

function unread (endpoint: string, cause: unknown): HubError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new HubError('ENDPOINT_UNAVAILABLE', text(`Không đọc được danh mục cơ quan của "${endpoint}": ${why}`, `The agency directory of "${endpoint}" cannot be read: ${why}`), { cause })
}

/** As a directory file that the hub accepts; codes that the hub knows are written as it writes them. */
export function toFile (listed: readonly ListedAgency[], { name, directory, at }: { name: string, directory: Directory, at: number }): PulledDirectory {
  const mainCode = (code: string): string => directory.find(code, at)?.code ?? normalizeCode(code)
  const renamed = listed.map(agency => ({ ...agency, code: mainCode(agency.code), ...(agency.parent === undefined ? {} : { parent: mainCode(agency.parent) }) }))
  const notes: string[] = []
  const kept = new Map<string, ListedAgency>()
  for (const agency of renamed) {
    if (agency.closed === true) notes.push(`closed, left out: ${agency.code} ${agency.name}`)
    else if (kept.has(agency.code)) notes.push(`listed twice, the second left out: ${agency.code} ${agency.name}`)
    else kept.set(agency.code, agency)
  }
  const taken = new Set(kept.keys())
  const agencies = [...kept.values()].map(agency => toAgency(agency, { kept, taken, directory, at }))
  const file: AgencyDirectoryFile = { name, agencies }
  const faults = [...faultsOf('agency-directory', file), ...checkDirectory([{ path: name, content: file }], [])]
  return { file, changes: compareAgencies(openAgencies(directory, at), renamed), notes: [...notes, ...faults.map(({ pointer, detail }) => `${pointer}: ${detail.en}`)] }
}

interface Context { kept: ReadonlyMap<string, ListedAgency>, taken: Set<string>, directory: Directory, at: number }

function toAgency ({ code, name, parent, otherCodes = [] }: ListedAgency, { kept, taken, directory, at }: Context): Agency {
  // One code means one agency: who comes first keeps it.
  const codes = otherCodes.map(normalizeCode).filter(other => {
    if (other === '' || taken.has(other)) return false
    taken.add(other)
    return true
  }).map((other): AgencyCode => ({ scheme: schemeOf(other), code: other }))
  return {
    code,
    name,
    level: directory.find(code, at)?.level ?? levelOf(code, name),
    ...(parent === undefined || !kept.has(parent) || parent === code ? {} : { parent }),
    ...(codes.length === 0 ? {} : { codes })
  }
}

/** By name, then by the letter of the code: its depth says nothing. A person looks over what was not known before. */
function levelOf (code: string, name: string): AgencyLevel {
  const isTop = !code.includes('.')
  const rules: Array<[RegExp, AgencyLevel]> = [
    [/^(UBND|Ủy ban nhân dân) (xã|phường|thị trấn|đặc khu)(?=\s|$)/iu, 'xa'],
    [/^(UBND|Ủy ban nhân dân) (huyện|quận|thị xã)(?=\s|$)/iu, 'huyen'],
    [/^(UBND|Ủy ban nhân dân|HĐND|Hội đồng nhân dân) (tỉnh|thành phố)(?=\s|$)/iu, isTop ? 'tinh' : 'huyen'],
    [/^(Sở|Ban|Thanh tra tỉnh|Chi cục|Văn phòng (UBND|Đoàn|HĐND))(?=\s|$)/iu, 'so_nganh'],
    [/^(Trung tâm|Bệnh viện|Trường)(?=\s)/iu, 'don_vi_su_nghiep'],
    [/^(Công ty|Tập đoàn|Tổng công ty|Ngân hàng)(?=\s)/iu, 'doanh_nghiep']
  ]
  const byName = rules.find(([pattern]) => pattern.test(name.normalize('NFC')))?.[1]
  if (byName !== undefined) return byName
  if (isTop && /^[HK]\d\d$/.test(code)) return 'tinh'
  return /^[A-GIJ]\d\d/.test(code) ? 'trung_uong' : 'khac'
}

const PAGE = 1000

function openAgencies (directory: Directory, at: number): ListedAgency[] {
  const found: ListedAgency[] = []
  for (let after: string | undefined, page = PAGE; page === PAGE;) {
    const views = directory.list({ limit: PAGE, at, ...(after === undefined ? {} : { after }) })
    found.push(...views.filter(({ status }) => status === 'active').map(({ code, name }) => ({ code, name })))
    after = views.at(-1)?.code
    page = views.length
  }
  return found
}

/** What a person reads: counts, then each difference, at most `most` of a kind. */
export function describeChanges (changes: readonly DirectoryChange[], most = 20): string[] {
  const words: Record<DirectoryChange['kind'], string> = { added: 'only there', closed: 'only here', renamed: 'other name', recoded: 'other code', succeeded: 'successor' }
  return Object.entries(words).flatMap(([kind, title]) => {
    const of = changes.filter(change => change.kind === kind)
    if (of.length === 0) return []
    const lines = of.slice(0, most).map(change => `  ${'before' in change ? `${change.before} → ` : ''}${change.code} ${change.name}`)
    return [`${title}: ${of.length}`, ...lines, ...(of.length > most ? [`  … and ${of.length - most} more`] : [])]
  })
}
