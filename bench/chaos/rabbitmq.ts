// A RabbitMQ of the run's own: node name, port mapper, cookie, data and ports are its own, plug-ins are none.
import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import amqplib from 'amqplib'
import { freePort } from '../../test/support/hub.js'
import { createProcess, type OwnProcess } from './process.js'
import { type Service, untilAnswers } from './service.js'

/** The script itself: the one in Debian's PATH runs it as another user, in another folder. */
const SCRIPTS = ['/usr/lib/rabbitmq/bin/rabbitmq-server', '/opt/rabbitmq/sbin/rabbitmq-server', '/usr/local/sbin/rabbitmq-server']
const START_MS = 90_000

/** Starts a node in `folder`; `onMade` is called before the first process runs. Rejects when RabbitMQ is not installed. */
export async function openRabbitmq ({ folder, logs, onMade }: { folder: string, logs: string, onMade: (service: Service) => void }): Promise<Service> {
  const home = join(folder, 'rabbitmq')
  await mkdir(home)
  const [port, mapper, distribution] = [await freePort(), await freePort(), await freePort()]
  const environment = await environmentOf(home, { port, mapper, distribution })
  const log = join(logs, 'rabbitmq.log')
  // Started by the node it would be a daemon, and outlive the run.
  const epmd = createProcess({ name: 'epmd', command: 'epmd', args: ['-port', String(mapper), '-address', '127.0.0.1'], environment, log })
  const node = createProcess({ name: 'RabbitMQ', command: await findScript(), args: [], environment, log })
  const service = serviceOf({ port, epmd, node })
  onMade(service)
  await epmd.start()
  await service.start()
  return service
}

function serviceOf ({ port, epmd, node }: { port: number, epmd: OwnProcess, node: OwnProcess }): Service {
  return {
    port,
    async kill () {
      node.signal('SIGKILL')
      await node.ended(5000)
    },
    async stop () {
      node.signal('SIGTERM')
      await node.ended(20_000)
    },
    async start () { await untilAnswers(async () => { await node.start(); await answer(port) }, START_MS) },
    async pause () { node.signal('SIGSTOP') },
    async resume () { node.signal('SIGCONT') },
    async close () {
      await node.close('SIGKILL')
      await epmd.close('SIGKILL')
    }
  }
}

async function findScript (): Promise<string> {
  for (const script of SCRIPTS) if (await access(script).then(() => true, () => false)) return script
  return 'rabbitmq-server'
}

async function environmentOf (home: string, { port, mapper, distribution }: Record<'port' | 'mapper' | 'distribution', number>): Promise<NodeJS.ProcessEnv> {
  const config = join(home, 'rabbitmq.conf')
  await writeFile(config, 'disk_free_limit.absolute = 50MB\nnum_acceptors.tcp = 2\n')
  await writeFile(join(home, 'plugins'), '[].\n')
  await writeFile(join(home, 'environment'), '')
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: home,
    ERL_EPMD_PORT: String(mapper),
    RABBITMQ_NODENAME: 'chaos@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(home, 'data'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_ADVANCED_CONFIG_FILE: join(home, 'none'),
    RABBITMQ_CONF_ENV_FILE: join(home, 'environment'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'plugins'),
    RABBITMQ_FEATURE_FLAGS_FILE: join(home, 'feature-flags'),
    // The script then becomes the node, so that a signal to it is a signal to the node.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_START_ARGS: '-noinput -kernel inet_dist_use_interface {127,0,0,1}'
  }
}

async function answer (port: number): Promise<void> {
  const connection = await amqplib.connect({ hostname: '127.0.0.1', port, username: 'guest', password: 'guest', heartbeat: 0 }, { timeout: 2000 })
  connection.on('error', () => {})
  await connection.close()
}
