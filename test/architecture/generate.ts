// Writes the files that are generated from the schemas and the error catalogue: run by `npm run generate`, compared by generated.test.ts.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'
import { configurationPage, problemsPage } from './pages.js'

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Path (from the root) → content of every generated file. */
export async function generate (): Promise<Map<string, string>> {
  return new Map([
    ['src/model/generated.ts', await types()],
    ['docs/configuration.md', configurationPage()],
    ['docs/problems.md', problemsPage()]
  ])
}

async function types (): Promise<string> {
  const directory = join(ROOT, 'schemas')
  const names = (await readdir(directory)).filter(name => name.endsWith('.schema.json')).sort()
  const properties: Record<string, object> = {}
  for (const name of names) properties[name] = { $ref: name }
  // One umbrella schema, so that shared definitions become one type each.
  const source = await compile({ title: 'AllSchemas', type: 'object', additionalProperties: false, properties }, 'AllSchemas', {
    cwd: `${directory}/`,
    bannerComment: '// Generated from schemas/*.schema.json by `npm run generate`. Do not edit.',
    additionalProperties: false,
    unreachableDefinitions: true,
    ignoreMinAndMaxItems: true,
    format: true,
    style: { semi: false, singleQuote: true, printWidth: 160 }
  })
  return source
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, content] of await generate()) {
    const target = join(ROOT, path)
    const before = await readFile(target, 'utf8').catch(() => '')
    await mkdir(dirname(target), { recursive: true })
    if (before !== content) await writeFile(target, content)
    console.log(`${before === content ? 'same   ' : 'written'} ${path}`)
  }
}
