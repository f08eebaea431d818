// Commands of a shell, for what guides print, and programs of Node.js.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a script in bash; `env` beside PATH is all it has. `code` is null where there is no bash. */
export async function runShell (script: string, options: { cwd?: string, env?: Record<string, string> } = {}): Promise<{ code: number | null, output: string }> {
  const child = spawn('bash', ['-c', script], { ...options, env: { PATH: process.env['PATH'] ?? '', ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const ended = await Promise.race([once(child, 'close') as Promise<[number | null]>, once(child, 'error').then(() => [null] as [null])])
  return { code: ended[0], output }
}

export interface Run { code: number, stdout: string, stderr: string, json: () => any }

/** Runs a module in a process of its own, `env` beside what this one has. */
export async function runNode (env: Record<string, string>, ...args: string[]): Promise<Run> {
  return await new Promise(resolve => {
    execFile(process.execPath, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr, json: () => JSON.parse(stdout) as unknown })
    })
  })
}
