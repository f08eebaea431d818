// Which real services the tests run against: those of the environment, else the usual local ones, when they answer.
// With LIENTHONG_REQUIRE_SERVICES=1 (CI) a missing service is a failure, never a silent gap.
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

export interface Services {
  /** A connection URL, or undefined when no server answers. */
  postgresUrl: string | undefined
  rabbitmqUrl: string | undefined
}

const POSTGRES_URL = process.env['LIENTHONG_TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'
const RABBITMQ_URL = process.env['LIENTHONG_TEST_RABBITMQ_URL'] ?? 'amqp://guest:guest@127.0.0.1:5672'

export async function findServices (): Promise<Services> {
  const [postgres, rabbitmq] = await Promise.all([answers(POSTGRES_URL, 5432), answers(RABBITMQ_URL, 5672)])
  if (process.env['LIENTHONG_REQUIRE_SERVICES'] === '1' && !(postgres && rabbitmq)) {
    throw new Error(`PostgreSQL ${postgres ? 'answers' : 'does not answer'}, RabbitMQ ${rabbitmq ? 'answers' : 'does not answer'}; both are required here`)
  }
  return { postgresUrl: postgres ? POSTGRES_URL : undefined, rabbitmqUrl: rabbitmq ? RABBITMQ_URL : undefined }
}

/** A name that no other test run uses: for a schema, a queue prefix, a directory. */
export function privateName (): string {
  return `t_${randomBytes(6).toString('hex')}`
}

async function answers (url: string, defaultPort: number): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return await new Promise(resolve => {
    const socket = connect({ host: hostname, port: port === '' ? defaultPort : Number(port), timeout: 2000 })
    const end = (answer: boolean): void => { socket.destroy(); resolve(answer) }
    socket.once('connect', () => { end(true) }).once('error', () => { end(false) }).once('timeout', () => { end(false) })
  })
}
