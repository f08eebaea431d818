// A message with one large attachment, in a process of its own: speed, growth of memory and how long the loop was blocked.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Large {
  sizeMb: number
  /** Megabytes of file per second of CPU time: one core. */
  mbPerSecond: number
  growthMb: number
  /** Longest delay of the event loop, ms. */
  loopMs: number
}

export async function measureLarge (megabytes: number): Promise<Large> {
  const script = fileURLToPath(new URL('../../test/support/measure-decode.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, String(megabytes), '65536', '76'])
  const { sizeMb, mbPerCpuSecond: mbPerSecond, growthMb, loopMs } = JSON.parse(stdout) as Large & { mbPerCpuSecond: number }
  return { sizeMb, mbPerSecond, growthMb, loopMs }
}
