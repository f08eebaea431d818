// A second process for directory-lock.test.ts: takes the directory, says how it went, and holds on until it is killed.
import { lockDirectory } from '../../../src/store/directory-lock.js'

const [directory = ''] = process.argv.slice(2)
try {
  await lockDirectory(directory)
  process.stdout.write('held\n')
  setInterval(() => {}, 60_000)
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code ?? String(error)}\n`)
}
