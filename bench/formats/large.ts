// Messages with one large attachment, each in a process of its own: speed, growth of memory and how long the loop was blocked.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Cost } from '../../test/support/measure.js'

export interface LargeCase {
  name: (megabytes: number) => string
  script: 'measure-decode.js' | 'measure-encode.js'
  /** Arguments behind the megabytes. */
  args: readonly string[]
}

export const LARGE_CASES: readonly LargeCase[] = [
  { name: megabytes => `decode ${megabytes} MB attachment, lines of 76`, script: 'measure-decode.js', args: ['65536', '76'] },
  { name: megabytes => `encode ${megabytes} MB attachment from a blob`, script: 'measure-encode.js', args: ['a.pdf'] }
]

export async function measureLarge ({ script, args }: LargeCase, megabytes: number): Promise<Cost> {
  const path = fileURLToPath(new URL(`../../test/support/${script}`, import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', path, String(megabytes), ...args])
  return JSON.parse(stdout) as Cost
}
