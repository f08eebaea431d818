// The reference pipeline, a child process: what a careful programmer writes by hand in an afternoon. Fastify → INSERT (one
// statement per package, content in the row) → confirmed publish to a durable quorum queue → 202; consume with prefetch →
// read the row → POST → UPDATE → ack. No checks, no audit, no retries, no order: what the hub does beyond this must be paid for.
import http from 'node:http'
import amqplib from 'amqplib'
import Fastify from 'fastify'
import pg from 'pg'
import { answerParent } from './child.js'
import { uuidv7 } from 'uuidv7'

const { postgresUrl = '', rabbitmqUrl = '', name = '', target = '', poolSize = '20', prefetch = '32' } = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>

const pool = new pg.Pool({ connectionString: postgresUrl, max: Number(poolSize), options: `-c search_path=${name}` })
await pool.query(`CREATE SCHEMA ${name}; CREATE TABLE ${name}.package (id uuid PRIMARY KEY, accepted_at timestamptz NOT NULL DEFAULT now(),
  delivered_at timestamptz, state text NOT NULL DEFAULT 'queued', content bytea NOT NULL)`)
const connection = await amqplib.connect(rabbitmqUrl)
const publisher = await connection.createConfirmChannel()
const consumer = await connection.createChannel()
await publisher.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
const agent = new http.Agent({ keepAlive: true })

const app = Fastify({ bodyLimit: 200 * 2 ** 20 })
app.addContentTypeParser('application/xml', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })
app.post('/packages', async (request, reply) => {
  const id = uuidv7()
  await pool.query({ name: 'insert', text: 'INSERT INTO package (id, content) VALUES ($1, $2)', values: [id, request.body] })
  await new Promise<void>((resolve, reject) => {
    publisher.sendToQueue(name, Buffer.from(id), { persistent: true }, error => { if (error instanceof Error) reject(error); else resolve() })
  })
  return await reply.code(202).send({ id })
})

async function deliver (message: amqplib.ConsumeMessage): Promise<void> {
  const id = message.content.toString()
  const { rows: [row] } = await pool.query<{ content: Buffer }>({ name: 'read', text: 'SELECT content FROM package WHERE id = $1', values: [id] })
  await post(row?.content ?? Buffer.alloc(0), id)
  await pool.query({ name: 'update', text: 'UPDATE package SET state = $2, delivered_at = now() WHERE id = $1', values: [id, 'delivered'] })
  consumer.ack(message)
}

async function post (body: Buffer, id: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const headers = { 'Content-Type': 'application/xml', 'Content-Length': body.length, 'Idempotency-Key': id }
    const request = http.request(target, { method: 'POST', agent, headers }, response => {
      response.resume().on('end', () => { if (response.statusCode === 200) resolve(); else reject(new Error(`status ${response.statusCode}`)) })
    })
    request.on('error', reject).end(body)
  })
}

await consumer.prefetch(Number(prefetch))
await consumer.consume(name, message => { if (message !== null) void deliver(message) })
const url = await app.listen({ port: 0, host: '127.0.0.1' })

answerParent(async () => `${url}/packages`)
