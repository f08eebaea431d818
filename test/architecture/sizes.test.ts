// Size budgets: what does not fit on a few screens is not read.
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { ROOT } from './generate.js'

const FILE = { p90: 220, max: 350 }
const FUNCTION = { p90: 35, max: 60 }

async function files (): Promise<string[]> {
  const found: string[] = []
  for (const folder of ['src', 'adapters', 'bench']) {
    for (const entry of await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true }).catch(() => [])) {
      const path = relative(ROOT, join(entry.parentPath, entry.name))
      if (entry.isFile() && path.endsWith('.ts') && !path.endsWith('generated.ts') && !path.endsWith('.test.ts')) found.push(path)
    }
  }
  return found
}

function percentile (values: number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? 0
}

const sources = await Promise.all((await files()).map(async path => ({ path, text: await readFile(join(ROOT, path), 'utf8') })))

await t.test('files fit', async t => {
  const lines = sources.map(({ path, text }) => ({ path, count: text.split('\n').length - 1 }))
  t.same(lines.filter(({ count }) => count > FILE.max), [], `at most ${FILE.max} lines`)
  const p90 = percentile(lines.map(({ count }) => count), 0.9)
  t.ok(p90 <= FILE.p90, `nine of ten files have at most ${p90} lines (budget ${FILE.p90})`)
})

await t.test('functions fit', async t => {
  const functions = sources.flatMap(({ path, text }) => functionsOf(path, text))
  t.same(functions.filter(({ count }) => count > FUNCTION.max), [], `at most ${FUNCTION.max} lines`)
  const p90 = percentile(functions.map(({ count }) => count), 0.9)
  t.ok(p90 <= FUNCTION.p90, `nine of ten functions have at most ${p90} lines (budget ${FUNCTION.p90})`)
})

/** Lines of each function, nested functions not counted twice: they have a budget of their own. */
function functionsOf (path: string, text: string): Array<{ name: string, count: number }> {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found: Array<{ name: string, count: number }> = []
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line
  const visit = (node: ts.Node): number => {
    let nested = 0
    ts.forEachChild(node, child => { nested += visit(child) })
    if (!ts.isFunctionLike(node) || (node as ts.FunctionLikeDeclaration).body === undefined) return nested
    const own = lineOf(node.end) - lineOf(node.getStart()) + 1
    found.push({ name: `${path}:${lineOf(node.getStart()) + 1}`, count: own - nested })
    return own
  }
  visit(source)
  return found
}

await t.test('every file says at its top what it is', async t => {
  t.same(sources.filter(({ text }) => !text.replace(/^#!.*\n/, '').startsWith('// ')).map(({ path }) => path), [])
})
