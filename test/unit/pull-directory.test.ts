// A directory that another system keeps becomes a file that the hub accepts, and says what is different from the hub's own.
import { readFile, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { startSimulator } from '../../adapters/vxp/simulator.js'
import { putAgency } from '../../adapters/vxp/simulator-tables.js'
import { createDirectory } from '../../src/directory/directory.js'
import { readDirectoryFiles } from '../../src/directory/files.js'
import { compareAgencies, type ListedAgency } from '../../src/model/directory-changes.js'
import type { Agency } from '../../src/model/generated.js'
import { describeChanges, pullDirectory, toFile } from '../../src/pull-directory.js'
import { openSimulator } from '../../src/simulate.js'
import { loadConfig } from '../../src/config.js'
import { ROOT } from '../architecture/generate.js'

const NOW = Date.UTC(2026, 10, 20, 1)

t.test('each difference between two states of a directory has its name', t => {
  const before: ListedAgency[] = [
    { code: 'H36.01', name: 'A', id: '1' }, { code: 'H36.02', name: 'B', id: '2' }, { code: 'H36.03', name: 'C', id: '3' }, { code: 'H36.04', name: 'D', id: '4' },
    { code: 'H36.05', name: 'E', id: '5' }, { code: 'H36.06', name: 'F', id: '6', closed: true }, { code: 'H36.07', name: 'G', id: '7' }
  ]
  const after: ListedAgency[] = [
    { code: 'h36.01', name: 'A ', id: '1' }, { code: 'H36.02', name: 'B mới', id: '2' }, { code: 'H36.33', name: 'C', id: '3' }, { code: 'H36.07', name: 'G', id: '7', otherCodes: ['H36.04', 'H36.99'] },
    { code: 'H36.05', name: 'E', id: '5', closed: true }, { code: 'H36.06', name: 'F', id: '6' }
  ]
  t.same(compareAgencies(before, after), [
    { kind: 'renamed', code: 'H36.02', name: 'B mới', before: 'B' },
    { kind: 'recoded', code: 'H36.33', name: 'C', before: 'H36.03' },
    { kind: 'succeeded', code: 'H36.07', name: 'G', before: 'H36.04' },
    { kind: 'added', code: 'H36.06', name: 'F' },
    { kind: 'closed', code: 'H36.05', name: 'E' }
  ])
  t.same(compareAgencies(after, after), [])
  t.same(compareAgencies([], [{ code: 'A', name: 'a' }]), [{ kind: 'added', code: 'A', name: 'a' }])
  t.match(describeChanges(compareAgencies([], Array.from({ length: 30 }, (_, n) => ({ code: `H${n}`, name: 'x' })))), ['only there: 30', '  H0 x'], 'counts first, and not every line')
  t.end()
})

t.test('what is read becomes a valid directory file, also where it contradicts itself', t => {
  const known: Agency[] = [{ code: 'H36', name: 'UBND tỉnh', level: 'tinh' }, { code: 'H36.99', name: 'Trung tâm lạ', level: 'khu_vuc', codes: [{ scheme: 'other', code: 'vxp.saas.03' }] }]
  const directory = createDirectory({ files: [{ path: 'a', content: { agencies: known } }], endpoints: [], senderGraceDays: 0 })
  const { file, changes, notes } = toFile([
    { code: 'H36', name: 'UBND tỉnh Lâm Đồng', otherCodes: ['000.00.00.H36'] }, { code: 'vxp.saas.03', name: 'Trung tâm lạ', parent: '000.00.00.H36' },
    { code: 'H36.101', name: 'UBND xã Đức Trọng', parent: 'H36', otherCodes: ['000.00.00.H36', 'H36'] }, { code: 'H36.101', name: 'bản sao' }, { code: 'H36.11', name: 'Sở Tư pháp', parent: 'H99' },
    { code: 'G15', name: 'Bộ Tư pháp' }, { code: 'H36.41', name: 'UBND huyện cũ', closed: true }, { code: 'H26.1', name: 'UBND thành phố Sơn Tây' }, { code: 'X', name: 'Gì đó' }
  ], { name: 'truc', directory, at: NOW })
  t.same(file.agencies, [
    { code: 'H36', name: 'UBND tỉnh Lâm Đồng', level: 'tinh', codes: [{ scheme: 'qcvn102', code: '000.00.00.H36' }] },
    { code: 'H36.99', name: 'Trung tâm lạ', level: 'khu_vuc', parent: 'H36' },
    { code: 'H36.101', name: 'UBND xã Đức Trọng', level: 'xa', parent: 'H36' },
    { code: 'H36.11', name: 'Sở Tư pháp', level: 'so_nganh' },
    { code: 'G15', name: 'Bộ Tư pháp', level: 'trung_uong' },
    { code: 'H26.1', name: 'UBND thành phố Sơn Tây', level: 'huyen' },
    { code: 'X', name: 'Gì đó', level: 'khac' }
  ])
  t.equal(notes.length, 2, notes.join())
  t.same(changes.filter(({ kind }) => kind !== 'added'), [{ kind: 'renamed', code: 'H36', name: 'UBND tỉnh Lâm Đồng', before: 'UBND tỉnh' }])
  t.end()
})

interface Run { code: number, stdout: string, stderr: string }

async function lienthong (...args: string[]): Promise<Run> {
  return await new Promise(resolve => {
    execFile(process.execPath, ['dist/src/cli.js', ...args], { cwd: ROOT, timeout: 30_000 }, (error, stdout, stderr) => { resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }) })
  })
}

t.test('directory pull writes the file of an endpoint and prints the differences', async t => {
  const axis = await startSimulator({ port: 0, host: '127.0.0.1', options: {} })
  t.teardown(axis.stop)
  putAgency(axis.tables, { code: 'H36.77', name: 'Sở Mới tỉnh Lâm Đồng', pid: 'H36' }, NOW)
  const folder = t.testdir({ 'agencies.json': JSON.stringify({ agencies: [{ code: 'H36', name: 'UBND tỉnh Lâm Đồng', level: 'tinh' }, { code: 'H36.88', name: 'Nội bộ', level: 'so_nganh', parent: 'H36' }] }) })
  const config = join(folder, 'hub.json')
  const endpoint = (id: string, adapter: string, settings: object): object => ({ id, axis: 'national', adapter, settings })
  const write = async (secret: string): Promise<void> => {
    await writeFile(config, JSON.stringify({ directory: { files: ['agencies.json'] }, endpoints: [endpoint('truc', 'vxp', { url: axis.url, default: { systemId: 'HUB-H36', secret } }), endpoint('khay', 'inbox', {})] }))
  }
  await write('demo-secret-hub-h36')
  const out = join(folder, 'axis.json')
  const run = await lienthong('directory', 'pull', '--config', config, '--endpoint', 'truc', '--out', out)
  t.equal(run.code, 0, run.stderr)
  t.match(run.stdout, /only there: \d+\n[\s\S]*H36\.77 Sở Mới[\s\S]*only here: 1\n {2}H36\.88 Nội bộ\n[\s\S]*9 agencies/)
  const [source] = await readDirectoryFiles([out])
  t.match(source?.content.agencies.find(({ code }) => code === 'H36.77'), { name: 'Sở Mới tỉnh Lâm Đồng', level: 'so_nganh', parent: 'H36' })
  t.match(JSON.parse(await readFile(out, 'utf8')), { name: 'truc' })
  for (const [name, code] of [['khay', 'OPERATION_NOT_POSSIBLE'], ['khong-co', 'NOT_FOUND']]) {
    await t.rejects(pullDirectory(name ?? '', { config: await loadConfig({ file: config }), at: NOW }), { code })
  }
  await write('another-secret-altogether')
  const refused = await lienthong('directory', 'pull', '--config', config, '--endpoint', 'truc')
  t.equal(refused.code, 2)
  t.match(refused.stderr, /ENDPOINT_UNAVAILABLE[\s\S]*error 15/)
  t.notMatch(refused.stderr, /another-secret-altogether|\n\s+at /, 'neither secrets nor stacks')
})

t.test('simulate says what it cannot start', async t => {
  const given = { port: 0, host: '127.0.0.1', faults: [] }
  for (const [name, more, code] of [['inbox', {}, 'NOT_FOUND'], ['../../etc', {}, 'NOT_FOUND'], ['vxp', { faults: ['earthquake'] }, 'REQUEST_INVALID'], ['vxp', { port: Number.NaN }, 'REQUEST_INVALID']] as const) {
    await t.rejects(openSimulator(name, { ...given, ...more }), { code }, name)
  }
  const run = await lienthong('simulate', 'vxp', '--fault', 'latencyMs=soon')
  t.match([run.code, run.stderr.split(':')[0]], [2, 'REQUEST_INVALID'])
  const simulator = await openSimulator('vxp', { ...given, faults: ['strict', 'latencyMs=1'] })
  t.match(simulator.describe().join(), simulator.url)
  await simulator.stop()
})
