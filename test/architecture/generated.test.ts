// Generated files are committed, so that a reader sees them; this keeps them equal to what they are generated from.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { generate, ROOT } from './generate.js'

t.test('every generated file is what `npm run generate` writes', async t => {
  for (const [path, content] of await generate()) {
    t.equal(await readFile(join(ROOT, path), 'utf8'), content, path)
  }
})
