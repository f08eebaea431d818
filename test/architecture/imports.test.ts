// Who may import whom: the table that keeps the house in order. Each rule says why.
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import t from 'tap'
import { ROOT } from './generate.js'

/** Modules at the top of src that every folder may use. */
const SHARED = ['errors', 'schema', 'ids', 'log']

interface Rule { folder: string, may: string[], packages: string[], because: string }

const RULES: Rule[] = [
  { folder: 'model', may: [], packages: [], because: 'the model is pure facts and functions; it can be read alone' },
  { folder: 'ports', may: ['model'], packages: [], because: 'a port is an interface, so that the core knows no technology' },
  { folder: 'formats', may: ['model', 'ports'], packages: ['saxes', 'yauzl', 'yazl', 'xml2js'], because: 'codecs know wire formats and nothing else' },
  { folder: 'mapping', may: ['model', 'formats'], packages: ['jsonata'], because: 'a province\'s own translations run apart from the flow' },
  { folder: 'pipeline', may: ['model', 'ports', 'formats'], packages: [], because: 'the flow must run on any store, broker and door' },
  { folder: 'store', may: ['model', 'ports'], packages: ['pg', '@electric-sql/pglite'], because: 'SQL is spoken here only' },
  { folder: 'broker', may: ['model', 'ports'], packages: ['amqplib'], because: 'AMQP is spoken here only' },
  { folder: 'blobs', may: ['model', 'ports'], packages: [], because: 'where bytes lie is nobody else\'s business' },
  { folder: 'directory', may: ['model', 'ports'], packages: [], because: 'resolving a code needs no I/O' },
  { folder: 'security', may: ['model', 'ports', 'formats/saxes'], packages: ['saxes', 'pkijs'], because: 'keys and signatures must be checkable alone; the canonical form is part of a signature, so it needs the fast XML parser of formats and nothing else of it' },
  { folder: 'workers', may: ['model', 'ports', 'pipeline'], packages: [], because: 'loops drive the pipeline through ports' },
  { folder: 'adapter', may: ['model', 'ports', 'formats'], packages: [], because: 'what third parties import must not drag the hub along; the kit lends them its codecs' },
  { folder: 'http', may: ['model', 'ports', 'pipeline', 'formats', 'directory', 'security'], packages: ['fastify', '@fastify/', 'pino', 'ajv'], because: 'HTTP is a translation onto the pipeline' },
  { folder: 'client', may: ['model', 'clock'], packages: [], because: 'an agency\'s own program imports it alone' },
  { folder: 'commands', may: ['model', 'client', 'adapter', 'config', 'print'], packages: ['commander'], because: 'a command parses, calls and prints; it is a user of the hub like any other' },
  { folder: 'demo', may: ['model', 'ports', 'hub', 'config', 'print', 'resources', 'security', '../adapters'], packages: ['xml2js', 'yazl', 'pino'], because: 'the demo is a user of the hub' }
]

/** One file each: whoever else needs the library goes through its port. */
const ONLY_IN: Record<string, string> = {
  pg: 'src/store/postgres.ts',
  '@electric-sql/pglite': 'src/store/pglite.ts',
  amqplib: 'src/broker/rabbitmq.ts',
  pino: 'src/log.ts',
  commander: 'src/cli.ts'
}

interface Import { file: string, target: string, typeOnly: boolean }

async function sources (folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => relative(ROOT, join(entry.parentPath, entry.name)))
}

async function importsOf (file: string): Promise<Import[]> {
  const source = await readFile(join(ROOT, file), 'utf8')
  return [...source.matchAll(/^\s*(?:import|export)\s+(type\s+)?[^'"]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\('([^']+)'\)/gm)]
    .map(match => ({ file, typeOnly: match[1] !== undefined, target: match[2] ?? match[3] ?? match[4] ?? '' }))
}

/** The path from the root that a relative import names, without its ending. */
function resolved ({ file, target }: Import): string {
  return relative(ROOT, join(ROOT, dirname(file), target)).replace(/\.js$/, '')
}

const all = (await Promise.all((await sources('src')).map(importsOf))).flat()

for (const { folder, may, packages, because } of RULES) {
  await t.test(`src/${folder} imports only what it may, because ${because}`, async t => {
    const own = all.filter(({ file }) => file.startsWith(`src/${folder}/`))
    t.ok(own.length > 0 || (await sources(`src/${folder}`)).length > 0, 'the folder has files')
    t.same(own.filter(each => !isAllowed(each, [folder, ...may, ...SHARED], packages)).map(said), [])
  })
}

function isAllowed (each: Import, folders: string[], packages: string[]): boolean {
  if (each.target.startsWith('node:') || each.target.endsWith('.json')) return true
  if (!each.target.startsWith('.')) return packages.some(name => each.target === name || each.target.startsWith(name.endsWith('/') ? name : `${name}/`))
  const path = resolved(each)
  return folders.map(name => name.startsWith('../') ? name.slice(3) : `src/${name}`).some(root => path === root || path.startsWith(`${root}/`))
}

function said ({ file, target }: Import): string {
  return `${file} imports ${target}`
}

await t.test('a library is named in one file, because changing it must touch one file', async t => {
  t.same(all.filter(each => !each.typeOnly && each.target in ONLY_IN && ONLY_IN[each.target] !== each.file).map(said), [])
})

await t.test('adapters import the public module and their own folder only, because a copied folder must work', async t => {
  const files = (await sources('adapters')).filter(file => !file.endsWith('.test.ts'))
  const imports = (await Promise.all(files.map(importsOf))).flat()
  const foreign = (each: Import): boolean => each.target.startsWith('.')
    ? !resolved(each).startsWith(`${dirname(each.file)}/`)
    : each.target.startsWith('lienthong') && each.target !== 'lienthong/adapter'
  t.ok(imports.length > 0)
  t.same(imports.filter(foreign).map(said), [])
})

await t.test('lienthong/client reaches nothing but Node and the model, because it runs in the programs of others', async t => {
  const reached = new Set(['src/client/index.ts'])
  for (const file of reached) {
    if (!file.startsWith('src/')) continue
    for (const each of await importsOf(file)) if (!each.typeOnly) reached.add(each.target.startsWith('.') ? `${resolved(each)}.ts` : each.target)
  }
  t.ok(reached.has('src/client/exchange.ts'))
  t.same([...reached].filter(each => !/^(node:|src\/(client|model)\/|src\/clock\.ts$)/.test(each)), [])
})

await t.test('nobody imports hub, main or cli except the process itself, because the graph is a tree', async t => {
  const wrong = all.filter(each => each.target.startsWith('.') && /^src\/(hub|main|cli)$/.test(resolved(each)) &&
    !['src/main.ts', 'src/cli.ts'].includes(each.file) && !each.file.startsWith('src/demo/'))
  t.same(wrong.map(said), [])
})

await t.test('modules import one another in one direction, because a circle cannot be read', async t => {
  const edges = new Map<string, Set<string>>()
  for (const each of all) {
    if (!each.target.startsWith('.') || each.target.endsWith('.json') || each.typeOnly) continue
    const from = each.file.replace(/\.ts$/, '')
    edges.set(from, (edges.get(from) ?? new Set()).add(resolved(each)))
  }
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (node: string, path: string[]): void => {
    if (path.includes(node)) circles.push([...path.slice(path.indexOf(node)), node].join(' → '))
    if (done.has(node) || path.includes(node)) return
    for (const next of edges.get(node) ?? []) visit(next, [...path, node])
    done.add(node)
  }
  for (const node of edges.keys()) visit(node, [])
  t.same(circles, [])
  t.ok(done.size > 10)
})

await t.test('process.env is read in config.ts only, because every setting has one door', async t => {
  t.same(await naming(await sources('src'), /process\.env/, ['src/config.ts']), [])
})

await t.test('now is asked of a clock, because tests and clock jumps must be able to move it', async t => {
  const files = [...await sources('src'), ...await sources('adapters')].filter(file => !file.startsWith('src/demo/') && !/\.test\.ts$|harness/.test(file))
  t.same(await naming(files, /Date\.now\(\)|new Date\(\)/, ['src/clock.ts']), [])
})

/** The files among `files` whose code, comments left out, holds `pattern`. */
async function naming (files: string[], pattern: RegExp, except: string[]): Promise<string[]> {
  const codes = await Promise.all(files.map(async file => ({ file, code: (await readFile(join(ROOT, file), 'utf8')).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '') })))
  return codes.filter(({ file, code }) => pattern.test(code) && !except.includes(file)).map(({ file }) => file)
}

await t.test('tests take fast-check from test/support/property.ts, because a red run must be red again', async t => {
  t.same(await naming(await sources('test'), /from 'fast-check'/, ['test/support/property.ts', 'test/architecture/imports.test.ts']), [])
})
