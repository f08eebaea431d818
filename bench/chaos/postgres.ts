// A PostgreSQL of the run's own: a new cluster in the run's folder, on a free port of 127.0.0.1, gone with the run.
import { execFile } from 'node:child_process'
import { access, chown, mkdir, readdir, readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from '../../test/support/hub.js'
import { createProcess, findUser, type User } from './process.js'
import { type Service, untilAnswers } from './service.js'

const run = promisify(execFile)
const DEBIAN = '/usr/lib/postgresql'
const START_MS = 60_000

/** Makes the cluster in `folder` and starts it; `onMade` is called before the first process runs. Rejects when no PostgreSQL is installed. */
export async function openPostgres ({ folder, logs, onMade }: { folder: string, logs: string, onMade: (service: Service) => void }): Promise<Service> {
  const binaries = await findBinaries()
  const user = await unprivileged()
  const data = join(folder, 'postgres')
  await mkdir(data)
  if (user !== undefined) await chown(data, user.uid, user.gid)
  await run(join(binaries, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync'], { ...user, cwd: '/' })
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`, 'max_connections=60']
  const server = createProcess({ name: 'PostgreSQL', command: join(binaries, 'postgres'), args: ['-D', data, ...settings.flatMap(setting => ['-c', setting])], user, log: join(logs, 'postgres.log') })
  const service: Service = {
    port,
    async kill () {
      server.signal('SIGKILL')
      await server.ended(5000)
    },
    async stop () {
      server.signal('SIGINT')
      await server.ended(20_000)
    },
    // Until the last backend of a killed server has noticed, the new one refuses to start and ends.
    async start () { await untilAnswers(async () => { await server.start(); await answer(port) }, START_MS) },
    async pause () { await signalAll(server.pid, 'SIGSTOP') },
    async resume () { await signalAll(server.pid, 'SIGCONT') },
    async close () {
      await signalAll(server.pid, 'SIGCONT')
      await server.close('SIGQUIT')
    }
  }
  onMade(service)
  await service.start()
  return service
}

async function findBinaries (): Promise<string> {
  const versions = (await readdir(DEBIAN).catch(() => [])).sort((a, b) => Number(b) - Number(a)).map(version => join(DEBIAN, version, 'bin'))
  for (const folder of [...versions, ...(process.env['PATH'] ?? '').split(delimiter)]) {
    if (await access(join(folder, 'initdb')).then(() => true, () => false)) return folder
  }
  throw new Error('PostgreSQL is not installed: no initdb below /usr/lib/postgresql or in PATH')
}

/** PostgreSQL refuses to run as root. */
async function unprivileged (): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const user = await findUser('postgres') ?? await findUser('nobody')
  if (user === undefined) throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody')
  return user
}

async function answer (port: number): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
  } finally {
    await client.end().catch(() => {})
  }
}

/** The postmaster and its children, which are in groups of their own. */
async function signalAll (postmaster: number | undefined, signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  if (postmaster === undefined) return
  // The postmaster first when pausing, so that it starts no child meanwhile; last when going on.
  const family = [postmaster, ...await childrenOf(postmaster)]
  for (const pid of signal === 'SIGSTOP' ? family : family.reverse()) {
    try {
      process.kill(pid, signal)
    } catch {
      // A child that has ended meanwhile.
    }
  }
}

async function childrenOf (parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const parents = await Promise.all(pids.map(async pid => /^PPid:\s+(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'latin1').catch(() => ''))?.[1]))
  return pids.filter((_, n) => Number(parents[n]) === parent).map(Number)
}
