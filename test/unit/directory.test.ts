// Where mail for a code goes, and why: both code orders, mergers, own endpoints, superiors and gateways.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config.js'
import { createDirectory } from '../../src/directory/directory.js'
import { type DirectorySource, readDirectoryFiles } from '../../src/directory/files.js'
import { HubError } from '../../src/errors.js'
import { dayOf, startOfDay } from '../../src/model/calendar.js'
import type { Agency, AgencyDirectoryFile, EndpointConfig, Envelope, HubConfig } from '../../src/model/generated.js'
import type { Fault } from '../../src/model/problem.js'
import { withMainCodes } from '../../src/security/credentials.js'
import type { Directory } from '../../src/ports/directory.js'
import { ROOT } from '../architecture/generate.js'
import fc from '../support/property.js'

const NOW = Date.UTC(2026, 10, 20, 1)
const BEFORE_MERGER = Date.UTC(2025, 5, 1)

const endpoint = (id: string, more: Partial<EndpointConfig> = {}): EndpointConfig =>
  ({ id, axis: 'province', adapter: 'inbox', format: 'original', codes: 'as-written', zip: 'vendor', receipts: [], arrivalStatus: 'system', concurrency: 8, timeoutMs: 1000, serves: [], scope: 'own', settings: {}, ...more })
const file = (agencies: Agency[], successions: AgencyDirectoryFile['successions'] = []): DirectorySource =>
  ({ path: 'a.json', content: { agencies, successions } })
const agency = (code: string, more: Partial<Agency> = {}): Agency => ({ code, name: `Cơ quan ${code}`, level: 'so_nganh', ...more })
const build = (files: DirectorySource[], endpoints: EndpointConfig[] = [endpoint('gate', { gateway: 'province' })]): Directory =>
  createDirectory({ files, endpoints, provinceCode: 'H36', senderGraceDays: 30 })

function faultsOf (files: DirectorySource[], endpoints: EndpointConfig[]): Fault[] {
  try {
    build(files, endpoints)
    return []
  } catch (error) {
    if (error instanceof HubError && error.code === 'CONFIG_INVALID') return error.errors
    throw error
  }
}

async function sample (): Promise<{ config: HubConfig, directory: Directory }> {
  const path = join(ROOT, 'config/lam-dong/hub.json')
  const names = [...(await readFile(path, 'utf8')).matchAll(/"\$env": "(\w+)"/g)].map(([, name]) => String(name))
  const environment = Object.fromEntries(names.map((name, index) => [name, index.toString(16).padStart(64, '0')]))
  const config = await loadConfig({ file: path, environment })
  const files = await readDirectoryFiles(config.directory.files)
  const { endpoints, node, directory: { senderGraceDays } } = config
  return { config, directory: createDirectory({ files, endpoints, provinceCode: node.code, senderGraceDays }) }
}

const told = (directory: Directory, code: string, kind: Envelope['kind'] = 'document', at = NOW): string => {
  const { reasons, ...result } = directory.resolve(code, { kind, at })
  const end = result.kind === 'found' ? `${result.agency.code} @ ${result.endpoint.id}` : result.problem.code
  return [...reasons.map(({ rule }) => rule), end].join(' > ')
}

t.test('the sample province loads without faults and covers all four axes', async t => {
  const { config, directory } = await sample()
  t.same(new Set(config.endpoints.map(({ axis }) => axis)), new Set(['national', 'province', 'district', 'commune']))
  t.equal(withMainCodes(config.clients, directory, NOW).length, config.clients.length)
  for (const view of directory.list({ limit: 1000, at: NOW })) {
    if (view.status === 'active') t.ok(view.servedBy, `${view.code} ${view.name} can be reached`)
  }
})

t.test('the sample province resolves its interesting cases', async t => {
  const { directory } = await sample()
  const CASES: Array<[code: string, kind: Envelope['kind'], told: string]> = [
    ['H36.11', 'document', 'code.main > endpoint.own > H36.11 @ so-tu-phap'],
    [' h36.11 ', 'document', 'code.main > endpoint.own > H36.11 @ so-tu-phap'],
    ['000.00.11.H36', 'document', 'code.listed > endpoint.own > H36.11 @ so-tu-phap'],
    ['H36.TP', 'document', 'code.listed > endpoint.own > H36.11 @ so-tu-phap'],
    ['00.11.H36', 'document', 'code.old-order > endpoint.own > H36.11 @ so-tu-phap'],
    ['000.00.02.H36', 'document', 'code.old-order > endpoint.gateway > H36.02 @ so-nganh'],
    ['000.03.99.H36', 'document', 'code.listed > endpoint.gateway > H36.07.02 @ so-nganh'],
    ['H36.101.01', 'dossier', 'code.main > endpoint.superior > H36.101.01 @ xa-duc-trong'],
    ['H36.102', 'document', 'code.main > endpoint.gateway > H36.102 @ xa-phuong'],
    ['H36.10.01', 'dossier', 'code.main > endpoint.own > H36.10.01 @ dat-dai-duc-trong'],
    ['G12.18.36.01', 'dossier', 'code.main > endpoint.gateway > G12.18.36.01 @ khu-vuc'],
    ['H36.01.01', 'dossier', 'code.main > endpoint.own > H36.01.01 @ mot-cua-tinh'],
    ['H36.07.02', 'document', 'code.main > endpoint.gateway > H36.07.02 @ so-nganh'],
    ['G22', 'document', 'code.main > endpoint.gateway > G22 @ truc-quoc-gia'],
    ['G22', 'dossier', 'code.main > endpoint.gateway > G22 @ cong-dvcqg'],
    ['H29.11', 'document', 'code.main > endpoint.gateway > H29.11 @ truc-quoc-gia'],
    ['000.00.00.H09', 'document', 'code.listed > succession > endpoint.gateway > H29 @ truc-quoc-gia'],
    ['000.00.00.H16', 'document', 'code.listed > succession > endpoint.own > H36 @ ubnd-tinh'],
    ['H16.17', 'document', 'code.main > succession > succession > endpoint.gateway > H36.08 @ so-nganh'],
    ['H36.41', 'document', 'code.main > succession > endpoint.own > H36.101 @ xa-duc-trong'],
    ['H36.41', 'status', 'code.main > succession > endpoint.own > H36.101 @ xa-duc-trong'],
    ['H36.41', 'dossier', 'code.main > SUCCESSOR_AMBIGUOUS'],
    ['H36.43', 'document', 'code.main > SUCCESSOR_AMBIGUOUS'],
    ['H36.43', 'dossier', 'code.main > succession > endpoint.own > H36.01.01 @ mot-cua-tinh'],
    ['H36.44', 'document', 'code.main > succession > succession > endpoint.gateway > H36.110 @ xa-phuong'],
    ['H36.49', 'document', 'code.main > RECIPIENT_UNKNOWN'],
    ['H36.999', 'document', 'RECIPIENT_UNKNOWN'],
    ['', 'document', 'RECIPIENT_UNKNOWN']
  ]
  for (const [code, kind, expected] of CASES) t.equal(told(directory, code, kind), expected, `${kind} to ${code}`)
  t.equal(told(directory, 'H36.41', 'document', BEFORE_MERGER), 'code.main > endpoint.gateway > H36.41 @ khu-vuc', 'before it closed')
})

t.test('a refusal says what the sender can do about it, in both languages', async t => {
  const { directory } = await sample()
  const problemOf = (code: string): { vi: string, en: string } => {
    const result = directory.resolve(code, { kind: 'document', at: NOW })
    return result.kind === 'refused' ? result.problem.detail : { vi: '', en: '' }
  }
  t.match(problemOf('H36.1101').en, /H36\.110 UBND xã Đạ Huoai/, 'near codes')
  t.match(problemOf('11.H36.00').vi, /H36\.11 Sở Tư pháp/, 'the same groups in a muddled order')
  t.match(problemOf('H36.43').vi, /nhiều cơ quan kế thừa.*H36\.206.*H36\.209/s)
  t.match(problemOf('H36.49').vi, /Phòng Y tế huyện Đức Trọng đã đóng từ 2025-07-01/)
})

t.test('an agency may have one endpoint for each kind, and falls back where its own does not take the kind', t => {
  const letters = endpoint('letters', { serves: ['H36.11'], kinds: ['document', 'status'] })
  const gate = endpoint('gate', { gateway: 'province' })
  const ends = (endpoints: EndpointConfig[]): string[] => (['document', 'status', 'dossier'] as const).map(kind => told(build([file([agency('H36.11')])], endpoints), 'H36.11', kind).split(' ').at(-1) ?? '')
  t.same(ends([letters, gate]), ['letters', 'letters', 'gate'])
  t.same(ends([letters, gate, endpoint('dossiers', { serves: ['H36.11'], kinds: ['dossier'] })]), ['letters', 'letters', 'dossiers'])
  t.same(ends([letters]), ['letters', 'letters', 'RECIPIENT_UNREACHABLE'])
  const crowded = faultsOf([file([agency('H36.11')])], [letters, endpoint('more', { serves: ['H36.11'], kinds: ['status', 'dossier'] })])
  t.same(crowded.map(({ pointer }) => pointer), ['/endpoints/1/serves/0'], 'not two for one kind')
  t.end()
})

t.test('a chain of successions is followed to its end, and only as far as it holds on the day', async t => {
  const chain = file(
    [agency('H36.1', { closedFrom: '2024-01-01' }), agency('H36.2', { closedFrom: '2025-01-01' }), agency('H36.3')],
    [{ from: 'H36.1', to: 'H36.2', effectiveFrom: '2024-01-01', kind: 'merge' }, { from: 'H36.2', to: 'h36.3', effectiveFrom: '2025-01-01', kind: 'merge' }]
  )
  t.equal(told(build([chain]), 'H36.1'), 'code.main > succession > succession > endpoint.gateway > H36.3 @ gate')
  t.equal(told(build([chain]), 'H36.1', 'document', Date.UTC(2024, 6, 1)), 'code.main > succession > endpoint.gateway > H36.2 @ gate')
  t.equal(told(build([chain]), 'H36.1', 'document', Date.UTC(2023, 6, 1)), 'code.main > endpoint.gateway > H36.1 @ gate')
})

t.test('a line of agencies leads back and forth through the successions in force, never sideways', async t => {
  const directory = build([file(
    ['H36.1', 'H36.2', 'H36.3', 'H36.4', 'H36.5', 'H36.6'].map(code => agency(code, Number(code.slice(4)) < 3 ? { closedFrom: '2025-01-01' } : {})),
    [
      { from: 'H36.1', to: 'H36.2', effectiveFrom: '2024-01-01', kind: 'merge' },
      { from: 'H36.2', to: 'H36.3', effectiveFrom: '2025-01-01', kind: 'split' },
      { from: 'h36.2', to: 'h36.4', effectiveFrom: '2025-01-01', kind: 'split', scope: ['document'], default: true },
      { from: 'H36.2', to: 'H36.5', effectiveFrom: '2025-01-01', kind: 'function_transfer', scope: ['dossier'] },
      { from: 'H36.3', to: 'H36.6', effectiveFrom: '2030-01-01', kind: 'merge' }
    ])])
  const line = (code: string, at = NOW): string[] => directory.lineage(directory.find(code, at) ?? t.fail('unknown') as never, at).map(each => each.slice(4)).sort()
  t.same(line('H36.1'), ['1', '2', '3', '4'])
  t.same(line('H36.3'), ['1', '2', '3'])
  t.same(line('H36.4'), ['1', '2', '4'])
  t.same(line('H36.5'), ['5'])
  t.same(line('H36.3', Date.UTC(2031, 1, 1)), ['1', '2', '3', '6'])
  t.same(line('H36.2', Date.UTC(2024, 6, 1)), ['1', '2'])
})

t.test('an agency closes at midnight in Việt Nam, and may still send during the grace period', async t => {
  const directory = build([file([agency('H36.1', { closedFrom: '2025-07-01' }), agency('H36.2', { validFrom: '2025-07-01' })])])
  const midnight = Date.UTC(2025, 5, 30, 17)
  t.equal(dayOf(midnight), '2025-07-01')
  t.equal(startOfDay('2025-07-01'), midnight)
  t.match(told(directory, 'H36.1', 'document', midnight - 1), /@ gate$/)
  t.match(told(directory, 'H36.1', 'document', midnight), /RECIPIENT_UNKNOWN$/)
  t.match(told(directory, 'H36.2', 'document', midnight - 1), /RECIPIENT_UNKNOWN$/, 'not before its first day')
  const [old, young] = ['H36.1', 'H36.2'].map(code => directory.find(code, midnight))
  if (old === undefined || young === undefined) throw new Error('both are known')
  t.ok(directory.maySend(old, midnight + 30 * 86_400_000 - 1))
  t.notOk(directory.maySend(old, midnight + 30 * 86_400_000))
  t.notOk(directory.maySend(young, midnight - 1))
})

t.test('a code given to one agency after another means the one that has it on the day', async t => {
  const directory = build([file([
    agency('H36.1', { codes: [{ scheme: 'other', code: 'X', validTo: '2024-01-01' }] }),
    agency('H36.2', { codes: [{ scheme: 'other', code: 'x', validFrom: '2024-01-01', validTo: '2025-01-01' }] })
  ])])
  t.equal(directory.find('x', Date.UTC(2023, 1, 1))?.code, 'H36.1')
  t.equal(directory.find('X', Date.UTC(2024, 1, 1))?.code, 'H36.2')
  t.equal(directory.find('X', NOW)?.code, 'H36.2', 'afterwards the one that had it last')
})

t.test('the nearest superior that takes mail for its subtree serves an agency without an endpoint', async t => {
  const tree = file([
    agency('H36', { level: 'tinh' }), agency('H36.1', { parent: 'H36' }), agency('H36.1.1', { parent: 'H36.1' }),
    agency('H36.1.1.1', { parent: 'H36.1.1', level: 'don_vi_su_nghiep' }), agency('H36.2', { parent: 'H36', endpoint: 'named' })
  ])
  const top = endpoint('top', { serves: ['H36'], scope: 'subtree' })
  const one = endpoint('one', { serves: ['H36.1'] })
  const deep = endpoint('deep', { serves: ['H36.1.1'], scope: 'subtree' })
  const directory = build([tree], [top, one, deep, endpoint('named')])
  t.match(told(directory, 'H36.1.1.1'), /endpoint\.superior > H36\.1\.1\.1 @ deep$/)
  t.match(told(directory, 'H36.2'), /endpoint\.own > H36\.2 @ named$/)
  t.match(told(build([tree], [top, one, endpoint('named')]), 'H36.1.1'), /endpoint\.superior > H36\.1\.1 @ top$/, 'scope own is passed over')
  t.match(told(build([tree], [endpoint('named')]), 'H36.1'), /RECIPIENT_UNREACHABLE$/)
  t.same(directory.endpoints().map(({ id }) => id), ['top', 'one', 'deep', 'named'])
})

t.test('the axis comes from the record, else from the province, the level and the superior', async t => {
  const directory = build([file([
    agency('G01', { level: 'trung_uong' }), agency('H29', { level: 'tinh' }), agency('H29.1', { level: 'xa' }), agency('K36', { level: 'tinh' }),
    agency('H36.1', { level: 'khu_vuc' }), agency('H36.2', { level: 'xa' }), agency('H36.2.1', { level: 'don_vi_su_nghiep', parent: 'H36.2' }),
    agency('H36.3', { level: 'khac' }), agency('H36.4', { level: 'xa', axis: 'district' })
  ])])
  const axes = directory.list({ limit: 100, at: NOW }).map(({ code, axis }) => `${code} ${axis}`)
  t.same(axes, [
    'G01 national', 'H29 national', 'H29.1 national', 'H36.1 district', 'H36.2 commune', 'H36.2.1 commune', 'H36.3 province', 'H36.4 district', 'K36 province'
  ])
})

t.test('agencies are listed in pages, searched with or without diacritics, by axis', async t => {
  const { directory } = await sample()
  const codes = (options: Omit<Parameters<Directory['list']>[0], 'at'>): string[] => directory.list({ at: NOW, ...options }).map(({ code }) => code)
  const all = codes({ limit: 1000 })
  const paged: string[] = []
  for (let page = codes({ limit: 7 }); page.length > 0; page = codes({ limit: 7, after: page.at(-1) ?? '' })) paged.push(...page)
  t.same(paged, all)
  t.same(all, [...all].sort())
  t.same(codes({ limit: 5, query: 'phuong xuan huong' }), ['H36.201'])
  t.same(codes({ limit: 5, query: 'Xuân Hương' }), ['H36.201'])
  t.same(codes({ limit: 5, query: '000.03.99' }), ['H36.07.02'], 'other codes are searched, too')
  t.same(codes({ limit: 100, axis: 'district', query: 'da lat' }), ['H36.10.02', 'H36.40'])
  t.match(directory.view('000.00.41.H36', NOW), { code: 'H36.41', status: 'closed', successors: ['H36.101', 'H36.103'] })
  t.match(directory.view('H36.11', NOW), { status: 'active', axis: 'province', servedBy: 'so-tu-phap', successors: [] })
  t.equal(directory.view('nope', NOW), undefined)
})

t.test('every contradiction is reported at once, with its file and place', async t => {
  const one: DirectorySource = {
    path: 'one.json',
    content: {
      agencies: [
        agency('H36'), agency('H36.1', { parent: 'H36.2' }), agency('H36.2', { parent: 'H36.1' }), agency('H36.3', { parent: 'H99' }),
        agency('H36.4', { codes: [{ scheme: 'other', code: 'X', validTo: '2024-01-02' }, { scheme: 'qd20', code: 'H36.1' }], endpoint: 'absent' }),
        agency('H36.5', { validFrom: '2025-01-01', closedFrom: '2024-01-01' })
      ],
      successions: [
        { from: 'H36.1', to: 'H36.2', effectiveFrom: '2024-01-01', kind: 'merge' }, { from: 'H36.2', to: 'H36.1', effectiveFrom: '2025-01-01', kind: 'merge' },
        { from: 'H98', to: 'H97', effectiveFrom: '2025-01-01', kind: 'merge' }
      ]
    }
  }
  const reversed = { scheme: 'other' as const, code: 'x', validFrom: '2024-01-01', validTo: '2023-01-01' }
  const two: DirectorySource = { path: 'two.json', content: { agencies: [agency('h36'), agency('H36.6', { codes: [reversed] })] } }
  const faults = faultsOf([one, two], [endpoint('a', { serves: ['H36', 'H96'] }), endpoint('b', { serves: ['H36'] })])
  t.same(faults.map(({ pointer }) => pointer).sort(), [
    '/endpoints/0/serves/1', '/endpoints/1/serves/0', 'one.json#/agencies/1', 'one.json#/agencies/1/parent', 'one.json#/agencies/3/parent',
    'one.json#/agencies/4/codes/1/code', 'one.json#/agencies/4/endpoint',
    'one.json#/agencies/5/closedFrom', 'one.json#/successions/2/from', 'one.json#/successions/2/to',
    'two.json#/agencies/0/code', 'two.json#/agencies/1/codes/0/code', 'two.json#/agencies/1/codes/0/validTo'
  ])
})

t.test('a directory file of the wrong form is refused with its path', async t => {
  const dir = t.testdir({ 'a.json': '{ "agencies": [{ "code": "H36", "name": "x", "levle": "tinh" }] }', 'b.json': '{' })
  const paths = ['a.json', 'b.json', 'c.json'].map(name => join(dir, name))
  await t.rejects(readDirectoryFiles(paths), {
    code: 'CONFIG_INVALID',
    errors: [
      { pointer: `${dir}/a.json#/agencies/0/level` },
      { pointer: `${dir}/a.json#/agencies/0/levle`, expected: 'level' },
      { pointer: `${dir}/b.json` }, { pointer: `${dir}/c.json` }
    ]
  })
})

t.test('whatever the successions, mail ends at an open agency or is refused', async () => {
  const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.boolean()).filter(([from, to]) => from < to), { maxLength: 20 })
  fc.assert(fc.property(edges, fc.uniqueArray(fc.nat(9)), (pairs, closed) => {
    const agencies = Array.from({ length: 10 }, (_, index) => agency(`H36.${index}`, closed.includes(index) ? { closedFrom: '2025-07-01' } : {}))
    const successions = pairs.map(([from, to, isDefault]) =>
      ({ from: `H36.${from}`, to: `H36.${to}`, effectiveFrom: '2025-07-01', kind: 'merge' as const, default: isDefault }))
    const directory = build([file(agencies, successions)])
    return agencies.every(({ code }) => {
      const result = directory.resolve(code, { kind: 'document', at: NOW })
      return result.kind === 'found'
        ? result.agency.closedFrom === undefined
        : ['RECIPIENT_UNKNOWN', 'SUCCESSOR_AMBIGUOUS'].includes(result.problem.code) && result.agency?.closedFrom !== undefined
    })
  }))
})

t.test('no text breaks the resolution of a recipient', async () => {
  const { directory } = await sample()
  fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9A-Z]{1,3}(\.[0-9A-Z]{1,3}){0,3}$/)), code => {
    const result = directory.resolve(code, { kind: 'document', at: NOW })
    return result.kind === 'found' || result.problem.detail.vi.length > 0
  }))
})
