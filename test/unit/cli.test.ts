// The command line as scripts use it: exit codes, JSON on standard output whatever the file is, and what it writes can be read.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'tap'
import { decodeFile } from '../../src/decode-file.js'
import { transformFile } from '../../src/encode-file.js'
import { fixture } from './formats/edxml-messages.js'
import { ROOT } from '../architecture/generate.js'

interface Run { code: number, stdout: string, stderr: string, json: () => Record<string, any> }

async function node (...args: string[]): Promise<Run> {
  return await new Promise(resolve => {
    execFile(process.execPath, args, { cwd: ROOT, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, any> })
    })
  })
}

const lienthong = async (...args: string[]): Promise<Run> => await node('dist/src/cli.js', ...args)

test('decode prints JSON and says by its exit code whether there are faults', async t => {
  const message = fixture('edxml/edoc_new.edxml').toString()
  const folder = t.testdir({
    'good.edxml': message,
    'faulty.edxml': message.replace(/<edXML:Subject>[^<]*<\/edXML:Subject>/, ''),
    'cut.edxml': message.slice(0, 2000),
    'no.xml': 'hello, is this the hub?',
    'binary.xml': Buffer.from([0xff, 0xfe, 0x00, 0x01]),
    'empty.xml': '',
    'empty.json': '{}',
    'cut.json': '{"packageId":',
    'withdraw.json': fixture('dossier/withdraw.json')
  })
  const cases: Array<{ file: string, code: number, format?: string, faults: string[], warnings?: number, direction?: 'inbound' }> = [
    { file: join(folder, 'good.edxml'), code: 0, format: 'edxml', faults: [] },
    { file: join(folder, 'withdraw.json'), code: 0, format: 'dossier-json', faults: [] },
    { file: 'test/fixtures/edxml/variants/bkav.edxml', code: 0, format: 'edxml', faults: [], warnings: 6 },
    { file: join(folder, 'faulty.edxml'), code: 1, format: 'edxml', faults: ['FIELD_MISSING'] },
    { file: join(folder, 'faulty.edxml'), code: 0, format: 'edxml', faults: [], warnings: 1, direction: 'inbound' },
    { file: join(folder, 'cut.edxml'), code: 1, format: 'edxml', faults: ['BODY_TRUNCATED'] },
    { file: join(folder, 'no.xml'), code: 1, format: 'edxml', faults: ['XML_MALFORMED'] },
    { file: join(folder, 'binary.xml'), code: 1, format: 'edxml', faults: ['ENCODING_INVALID'] },
    { file: join(folder, 'empty.xml'), code: 1, format: 'edxml', faults: ['BODY_EMPTY'] },
    { file: join(folder, 'empty.json'), code: 1, format: 'dossier-json', faults: Array(5).fill('FIELD_MISSING') },
    { file: join(folder, 'cut.json'), code: 1, format: 'dossier-json', faults: ['JSON_MALFORMED'] },
    { file: join(folder, 'missing.xml'), code: 1, faults: ['NOT_FOUND'] },
    { file: folder, code: 1, faults: ['REQUEST_INVALID'] }
  ]
  for (const { file, code, format, faults, warnings = 0, direction = 'outbound' } of cases) {
    const { exitCode, printed } = await decodeFile(file, { at: Date.now(), direction }) as { exitCode: number, printed: Record<string, any> }
    t.same({ code: exitCode, format: printed['format'], faults: printed['faults'].map((each: { code: string }) => each.code), warnings: printed['warnings'].length },
      { code, format, faults, warnings }, file)
    t.ok(printed['faults'].every(({ detail }: { detail: { vi: string, en: string } }) => detail.vi !== '' && detail.en !== '' && detail.vi !== detail.en), file)
  }
  // The process adds only the printing: one file of each sort.
  for (const [args, code] of [[['good.edxml'], 0], [['faulty.edxml'], 1], [['faulty.edxml', '--inbound'], 0], [['no.xml'], 1], [['missing.xml'], 1], [['.'], 1]] as Array<[string[], number]>) {
    const [file = '', ...more] = args
    const run = await lienthong('decode', join(folder, file), ...more)
    t.same({ code: run.code, stderr: run.stderr, faulty: run.json()['faults'].length > 0 }, { code, stderr: '', faulty: code === 1 }, args.join(' '))
  }
})

test('what encode writes, decode reads without a fault', async t => {
  const folder = t.testdir({ 'words.json': '["no package"]' })
  for (const name of ['edoc_update', 'status_03_acceptance']) {
    const decoded = (await lienthong('decode', `test/fixtures/edxml/${name}.edxml`)).json()
    for (const each of decoded['attachments']) Object.assign(each, { base64: Buffer.from('%PDF-1.4 tệp').toString('base64'), size: undefined, sha256: undefined })
    await writeFile(join(folder, `${name}.json`), JSON.stringify({ ...decoded, content: undefined, [decoded['envelope'].kind]: decoded['content'] }))
    const encoded = await lienthong('encode', join(folder, `${name}.json`), '--format', 'edxml')
    t.equal(encoded.code, 0, name)
    await writeFile(join(folder, `${name}.edxml`), encoded.stdout)
    const again = await lienthong('decode', join(folder, `${name}.edxml`))
    t.same({ code: again.code, faults: again.json()['faults'] }, { code: 0, faults: [] }, name)
    t.equal(again.json()['envelope'].correlationId, decoded['envelope'].correlationId, name)
    t.equal(again.json()['attachments'].length, decoded['attachments'].length, name)
  }
  const { code, stdout, stderr } = await lienthong('encode', join(folder, 'words.json'))
  t.match({ code, stdout }, { code: 2, stdout: '' })
  t.match(stderr, /document, status/)
})

test('transform prints what a mapping makes, or says why it cannot', async t => {
  const folder = t.testdir({ 'broken.json': '{', 'wrong.json': '{"rules": 1}', 'faulty.jsonata': '$error("không được")' })
  const input = 'test/fixtures/mapping/van-ban-den.in.json'
  const done = await lienthong('transform', input, '--mapping', 'test/fixtures/mapping/van-ban-den.table.json')
  t.equal(done.code, 0)
  t.type(done.json(), 'object')
  const cases: Array<[string, string, string]> = [
    ['a mapping that is not there', input, 'nowhere'],
    ['a table that is none', input, join(folder, 'wrong.json')],
    ['a mapping that fails', input, join(folder, 'faulty.jsonata')],
    ['an input that is no JSON', join(folder, 'broken.json'), 'test/fixtures/mapping/van-ban-den.table.json'],
    ['an input that is not there', join(folder, 'missing.json'), 'test/fixtures/mapping/van-ban-den.table.json']
  ]
  for (const [name, file, mapping] of cases) await t.rejects(transformFile(file, mapping, { mappings: [] }), name)
  const { code, stdout, stderr } = await lienthong('transform', input, '--mapping', 'nowhere')
  t.match({ code, stdout }, { code: 2, stdout: '' })
  t.ok(stderr.length > 0 && !stderr.includes('    at '), 'told without a stack', { stderr })
})

test('the last line of the benches is one JSON object', async t => {
  for (const args of [['dist/bench/fuzz.js', '--inputs', '60'], ['dist/bench/formats.js', '--quick']]) {
    const { code, stdout } = await node('--expose-gc', ...args, '--json')
    t.equal(code, 0, String(args[0]))
    const last: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
    t.match(last, args.includes('--quick') ? { rows: [{ name: String, cpuMs: Number }], large: [{ name: String, mbPerCpuSecond: Number, growthMb: Number, loopMs: Number }] } : { inputs: 60, failures: 0 }, String(args[0]))
  }
})
