// The documentation is checked like code: what it links to, commands, log events, dependencies and secrets must exist.
import { access, readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config.js'
import { ROOT } from './generate.js'

const GUIDE = 'docs/operator-guide.md'
const NOT_OURS = /(^|\/)(node_modules|dist|\.git|\.tap|data|secrets)(\/|$)/

async function read (file: string): Promise<string> {
  return await readFile(join(ROOT, file), 'utf8')
}

async function filesIn (folder: string, ending: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile() && entry.name.endsWith(ending))
    .map(entry => relative(ROOT, join(entry.parentPath, entry.name)))
}

async function pages (): Promise<Array<{ file: string, content: string }>> {
  const top = (await readdir(ROOT)).filter(name => name.endsWith('.md'))
  const below = (await Promise.all(['docs', 'adapters', 'config'].map(async folder => await filesIn(folder, '.md')))).flat()
  return await Promise.all([...top, ...below].filter(file => !NOT_OURS.test(file)).map(async file => ({ file, content: await read(file) })))
}

/** What stands under a heading of the second level. */
function sectionOf (content: string, heading: string): string {
  return content.split(/^## /m).find(section => section.startsWith(`${heading}\n`)) ?? ''
}

function allOf (content: string, pattern: RegExp): string[] {
  return [...content.matchAll(pattern)].map(([, found]) => found ?? '')
}

const all = await pages()
const manifest = JSON.parse(await read('package.json')) as Record<'scripts' | 'dependencies' | 'devDependencies', Record<string, string>>

await t.test('every relative link leads somewhere', async t => {
  const broken: string[] = []
  for (const { file, content } of all) {
    for (const target of allOf(content, /\]\((?!https?:|#)([^)\s#]+)[^)]*\)/g)) {
      await access(join(ROOT, dirname(file), target)).catch(() => { broken.push(`${file}: ${target}`) })
    }
  }
  t.same(broken, [])
})

await t.test('every case of the reliability page names a test that there is', async t => {
  const named = [...sectionOf(await read('docs/reliability.md'), 'Where systems of this kind fail').matchAll(/\[([^\]]+)\]\(\.\.\/([^)]+)\)/g)]
  const missing: string[] = []
  for (const [, name = '', file = ''] of named) {
    if (!(await read(file)).replaceAll("\\'", "'").includes(name)) missing.push(`${file}: ${name}`)
  }
  t.ok(named.length > 40)
  t.same(missing, [])
})

await t.test('every command that a page names exists', async t => {
  const commands = ['src/cli.ts', ...await filesIn('src/commands', '.ts')]
  const cli = allOf((await Promise.all(commands.map(read))).join('\n'), /\.command\('([a-z-]+)/g)
  const unknown: string[] = []
  for (const { file, content } of all) {
    for (const script of allOf(content, /\bnpm run ([a-z:-]+)/g)) {
      if (manifest.scripts[script] === undefined) unknown.push(`${file}: npm run ${script}`)
    }
    for (const [line, group, command] of content.matchAll(/\b(?:npx )?lienthong (config|key|start|demo)\b(?: ([a-z]+)\b(?!\.))?/g)) {
      const words = group === 'config' || group === 'key' ? [group, command ?? '(nothing)'] : [group ?? '']
      if (!words.every(word => cli.includes(word))) unknown.push(`${file}: ${line}`)
    }
    for (const command of allOf(content, /\bnpx lienthong ([a-z-]+)/g)) {
      if (!cli.includes(command)) unknown.push(`${file}: npx lienthong ${command}`)
    }
  }
  t.same(unknown, [])
})

await t.test('the operator guide explains exactly the events that the hub logs', async t => {
  const source = (await Promise.all((await filesIn('src', '.ts')).map(read))).join('\n')
  const calls = allOf(source, /\blog\??\.(?:trace|debug|info|warn|error|fatal)\((.*)/g)
  const logged = calls.map(call => /.*'([a-z]+\.[a-z-]+)'\)/.exec(call)?.[1] ?? `not on one line: ${call}`)
  const rows = sectionOf(await read(GUIDE), 'The log').split('\n').filter(line => line.startsWith('| `'))
  const explained = rows.flatMap(row => allOf(row.split('|')[1] ?? '', /`([a-z]+\.[a-z-]+)`/g))
  t.same(explained.sort(), [...new Set(logged)].sort())
})

await t.test('the operator guide draws every state of a delivery', async t => {
  const { $defs } = JSON.parse(await read('schemas/delivery.schema.json')) as { $defs: { state: { enum: string[] } } }
  const drawn = sectionOf(await read(GUIDE), 'States of a delivery')
  t.same($defs.state.enum.filter(state => !new RegExp(`\\b${state}\\b`).test(drawn)), [])
})

await t.test('README says why each dependency is there, and names no other', async t => {
  const rows = sectionOf(await read('README.md'), 'Dependencies').split('\n').filter(line => line.startsWith('| `'))
  const named = rows.flatMap(row => allOf(row.split('|')[1] ?? '', /`([^`]+)`/g))
  t.same(named.sort(), [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)].sort())
})

await t.test('compose.yaml hands the hub every secret that its configuration asks for, and that configuration is valid', async t => {
  const compose = await read('compose.yaml')
  const config = await read('config/compose.json')
  const asked = allOf(config, /\/run\/secrets\/([a-z0-9-]+)/g)
  const handed = (/^ {2}secrets: \[(.*)\]/m.exec(compose)?.[1] ?? '').split(', ')
  t.same(handed.sort(), asked.sort())
  const secrets = Object.fromEntries(asked.map((name, index) => [name, name.endsWith('sha256') ? String(index).repeat(64) : `amqp://${name}\n`]))
  const folder = t.testdir({ 'compose.json': config.replaceAll('/run/secrets/', 'secrets/'), secrets })
  const { clients, environment } = await loadConfig({ file: join(folder, 'compose.json'), environment: {} })
  t.equal(environment, 'production')
  t.ok(clients.length > 0)
})
