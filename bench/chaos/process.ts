// A process of the run that is killed, paused and started again as the schedule says. Its output goes to a file. It is in a
// group of its own, so that Ctrl-C reaches the runner alone, and it dies with the runner where the system can promise that.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'

export interface ProcessWish {
  name: string
  command: string
  args: readonly string[]
  environment?: NodeJS.ProcessEnv
  /** User to run as; absent: the runner's own. */
  user?: User | undefined
  log: string
  /** Called when it ends although nobody sent it a signal. */
  onDeath?: (how: string) => void
}

export interface User { readonly uid: number, readonly gid: number }

export interface OwnProcess {
  /** Of the running process. */
  readonly pid: number | undefined
  /** Starts it, unless it runs. Resolves when it has been started, not when it is ready. Rejects after `close`. */
  start (): Promise<void>
  /** Sends a signal, if it runs. */
  signal (signal: NodeJS.Signals): void
  /** Resolves when it is gone; after `patienceMs` it is killed. */
  ended (patienceMs: number): Promise<void>
  /** Ends it for good with this signal, also when it is paused. */
  close (signal: NodeJS.Signals): Promise<void>
}

const run = promisify(execFile)
const CLOSING_MS = 5000

/** `setpriv` of util-linux lets the kernel kill a process whose parent is gone, however the parent died. */
const leash: Promise<string[]> = run('setpriv', ['--pdeathsig', 'KILL', 'true']).then(() => ['setpriv', '--pdeathsig', 'KILL', '--'], () => [])

export function createProcess ({ name, command, args, environment, user, log, onDeath }: ProcessWish): OwnProcess {
  let child: ChildProcess | undefined
  let closed = false
  let isToEnd = false
  const runs = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null
  const signal = (signal: NodeJS.Signals): void => {
    if (!runs()) return
    isToEnd ||= signal !== 'SIGSTOP' && signal !== 'SIGCONT'
    child?.kill(signal)
  }
  const ended = async (patienceMs: number): Promise<void> => {
    if (child === undefined || !runs()) return
    const exited = once(child, 'exit')
    const timer = setTimeout(() => { signal('SIGKILL') }, patienceMs)
    await exited
    clearTimeout(timer)
  }
  return {
    get pid () { return runs() ? child?.pid : undefined },
    async start () {
      if (runs()) return
      const [first = command, ...rest] = [...await leash, command, ...args]
      const output = await open(log, 'a')
      try {
        if (closed) throw new Error('the run is over')
        child = spawn(first, rest, { stdio: ['ignore', output.fd, output.fd], detached: true, env: environment ?? process.env, cwd: '/', ...user })
        isToEnd = false
        child.once('exit', (code, signal) => { if (!isToEnd) onDeath?.(`${name} ended by itself (${code ?? signal ?? ''})`) })
        await once(child, 'spawn')
      } catch (cause) {
        throw new Error(`${name} does not start: ${String(cause)}`, { cause })
      } finally {
        await output.close()
      }
    },
    signal,
    ended,
    async close (last) {
      closed = true
      signal(last)
      signal('SIGCONT')
      await ended(CLOSING_MS)
    }
  }
}

/** The user of this name, or undefined when there is none. */
export async function findUser (name: string): Promise<User | undefined> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map(async flag => Number((await run('id', [flag, name])).stdout)))
    return uid === undefined || gid === undefined ? undefined : { uid, gid }
  } catch {
    return undefined
  }
}
