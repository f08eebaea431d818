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
  { folder: 'pipeline', may: ['model', 'ports', 'formats'], packages: [], because: 'the flow must run on any store, broker and door' },
  { folder: 'store', may: ['model', 'ports'], packages: ['pg', '@electric-sql/pglite'], because: 'SQL is spoken here only' },
  { folder: 'broker', may: ['model', 'ports'], packages: ['amqplib'], because: 'AMQP is spoken here only' },
  { folder: 'blobs', may: ['model', 'ports'], packages: [], because: 'where bytes lie is nobody else\'s business' },
  { folder: 'directory', may: ['model', 'ports'], packages: [], because: 'resolving a code needs no I/O' },
  { folder: 'security', may: ['model', 'ports'], packages: [], because: 'keys and signatures must be checkable alone' },
  { folder: 'workers', may: ['model', 'ports', 'pipeline'], packages: [], because: 'loops drive the pipeline through ports' },
  { folder: 'adapter', may: ['model', 'ports'], packages: [], because: 'what third parties import must not drag the hub along' },
  { folder: 'http', may: ['model', 'ports', 'pipeline', 'formats', 'directory', 'security'], packages: ['fastify', '@fastify/', 'pino', 'ajv'], because: 'HTTP is a translation onto the pipeline' },
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
    for (const each of all.filter(({ file }) => file.startsWith(`src/${folder}/`))) {
      if (each.target.startsWith('node:') || each.target.endsWith('.json')) continue
      if (!each.target.startsWith('.')) {
        t.ok(packages.some(name => each.target === name || each.target.startsWith(name.endsWith('/') ? name : `${name}/`)), `${each.file} may import the package ${each.target}`)
        continue
      }
      const path = resolved(each)
      const allowed = [folder, ...may, ...SHARED].some(name => {
        const root = name.startsWith('../') ? name.slice(3) : `src/${name}`
        return path === root || path.startsWith(`${root}/`)
      })
      t.ok(allowed, `${each.file} may import ${path}`)
    }
  })
}

await t.test('a library is named in one file, because changing it must touch one file', async t => {
  for (const each of all) {
    const home = ONLY_IN[each.target]
    if (home !== undefined && !each.typeOnly) t.equal(each.file, home, `${each.target} is imported by ${each.file}`)
  }
})

await t.test('adapters import the public module and their own folder only, because a copied folder must work', async t => {
  for (const file of (await sources('adapters')).filter(file => !file.endsWith('.test.ts'))) {
    const own = dirname(file)
    for (const each of await importsOf(file)) {
      if (each.target.startsWith('node:') || each.target === 'lienthong/adapter') continue
      if (each.target.startsWith('.')) t.ok(resolved(each).startsWith(`${own}/`), `${file} may import ${each.target}`)
      else t.notMatch(each.target, /^lienthong/, `${file} may import ${each.target}`)
    }
  }
})

await t.test('nobody imports hub, main or cli except the process itself, because the graph is a tree', async t => {
  const mayImport = ['src/main.ts', 'src/cli.ts']
  for (const each of all.filter(({ target }) => target.startsWith('.'))) {
    if (!/^src\/(hub|main|cli)$/.test(resolved(each))) continue
    t.ok(mayImport.includes(each.file) || each.file.startsWith('src/demo/'), `${each.file} imports ${resolved(each)}`)
  }
})

await t.test('folders import one another in one direction, because a circle cannot be read', async t => {
  const edges = new Map<string, Set<string>>()
  for (const each of all) {
    if (!each.target.startsWith('.') || each.target.endsWith('.json') || each.typeOnly) continue
    const from = each.file.replace(/\.ts$/, '')
    edges.set(from, (edges.get(from) ?? new Set()).add(resolved(each)))
  }
  const done = new Set<string>()
  const visit = (node: string, path: string[]): void => {
    if (path.includes(node)) t.fail(`circle: ${[...path.slice(path.indexOf(node)), node].join(' → ')}`)
    if (done.has(node) || path.includes(node)) return
    for (const next of edges.get(node) ?? []) visit(next, [...path, node])
    done.add(node)
  }
  for (const node of edges.keys()) visit(node, [])
  t.ok(done.size > 10)
})

await t.test('process.env is read in config.ts only, because every setting has one door', async t => {
  for (const file of await sources('src')) {
    if (file !== 'src/config.ts') t.notMatch(await code(file), /process\.env/, file)
  }
})

await t.test('now is asked of a clock, because tests and clock jumps must be able to move it', async t => {
  for (const file of [...await sources('src'), ...await sources('adapters')]) {
    if (file !== 'src/clock.ts' && !file.startsWith('src/demo/') && !/\.test\.ts$|harness/.test(file)) t.notMatch(await code(file), /Date\.now\(\)|new Date\(\)/, file)
  }
})

async function code (file: string): Promise<string> {
  return (await readFile(join(ROOT, file), 'utf8')).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}
