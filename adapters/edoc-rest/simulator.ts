// A provincial platform as a program: `lienthong simulate edoc-rest`. It gives out tokens, keeps queues, and misbehaves on order;
// what it knows is in memory and can be seen and changed under /simulator.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  answerControl, beLate, fieldsIn, type MessageFacts, openSimulatorServer, parseJson, type QueueSimulator, readRequest, type SimulatorStart, spendFault, wallClock, wrongAnswer
} from 'lienthong/adapter'
import { controlOf, MOST_BODY_BYTES } from './simulator-control.js'
import { createFaults, type Faults } from './simulator-faults.js'
import { readForm } from './simulator-form.js'
import { type Answer, failed, OPERATIONS, type World } from './simulator-operations.js'
import { createTables, type Tables } from './simulator-tables.js'

export interface PlatformSimulator extends QueueSimulator {
  readonly tables: Tables
  readonly faults: Faults
}

export interface PlatformSimulatorStart extends SimulatorStart {
  /** What is known of content that is no edXML. Without it, such content is refused. */
  factsOfOther?: (head: Buffer) => MessageFacts
}

/** Starts the platform. Rejects when the port is in use, and with a `RangeError` for an option that is no fault. */
export async function startSimulator ({ port, host, options, factsOfOther }: PlatformSimulatorStart): Promise<PlatformSimulator> {
  const switches = createFaults()
  switches.set(options)
  const { faults } = switches
  const tables = createTables()
  const world: World = { tables, faults, switches, now: wallClock, factsOfOther }
  const server = await openSimulatorServer({ port, host }, async (request, response) => { await serve(request, response, world) })
  return { ...server, tables, faults, clearFaults: switches.clear, describe: () => descriptionOf(server.url, tables) }
}

async function serve (request: IncomingMessage, response: ServerResponse, world: World): Promise<void> {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://platform')
  if (pathname.startsWith('/simulator')) {
    await answerControl(request, response, controlOf(world))
    return
  }
  const { faults, tables } = world
  const name = pathname.split('/').at(-1) ?? ''
  tables.calls.set(name, (tables.calls.get(name) ?? 0) + 1)
  if (spendFault(faults, 'silent')) return
  const isForm = name === 'sendEdoc'
  const form = isForm ? await readForm(request, request.headers['content-type'] ?? '') : undefined
  const fields = isForm ? {} : fieldsIn(await readRequest(request, MOST_BODY_BYTES))
  const wrong = wrongAnswer(faults)
  await beLate(faults)
  if (wrong !== undefined) { wrong(response); return }
  if (name === 'login') { logIn(fields, response, world); return }
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined
  if (operation === undefined) { response.writeHead(404).end(); return }
  if (request.method !== operation.method) { response.writeHead(405, { allow: operation.method }).end(); return }
  if (!holds(request, world) || spendFault(faults, 'tokenErrors')) { response.writeHead(401, JSON_TYPE).end(JSON.stringify({ success: false, message: 'licenseInfo:invalid' })); return }
  const system = tables.systems.get(String(request.headers['x-systemid']))
  const answer = system === undefined || system.secretKey !== request.headers['x-secretkey'] ? failed('15', 'wrong SystemId or SecretKey') : operation.run({ system, query, fields, form, headers: request.headers }, world)
  if (isForm && answer.fields['success'] === true && spendFault(faults, 'resetAfterCommit')) { request.socket.resetAndDestroy(); return }
  write(response, answer, faults)
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

function logIn (fields: Readonly<Record<string, unknown>>, response: ServerResponse, { tables, faults, now }: World): void {
  const system = [...tables.systems.values()].find(({ username, password }) => username === fields['username'] && password === fields['password'])
  if (system === undefined || spendFault(faults, 'loginErrors')) {
    response.writeHead(200, JSON_TYPE).end(JSON.stringify({ code: 401, message: `wrong password ${String(fields['password'])}`, data: null }))
    return
  }
  const [iat, exp] = [now(), now() + faults.tokenSeconds * 1000].map(at => Math.floor(at / 1000))
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = faults.opaqueTokens ? randomUUID() : `${encoded({ alg: 'HS256' })}.${encoded({ sub: system.username, iat, exp, jti: randomUUID() })}.${encoded({})}`
  tables.tokens.set(token, now() + faults.tokenSeconds * 1000)
  response.writeHead(200, JSON_TYPE).end(JSON.stringify({ code: 200, message: 'Success', data: { id: system.systemId, username: system.username, name: system.username, token } }))
}

function holds ({ headers }: IncomingMessage, { tables, now }: World): boolean {
  return (tables.tokens.get(/^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '') ?? 0) > now()
}

function write (response: ServerResponse, { fields, message }: Answer, faults: Faults): void {
  response.writeHead(200, JSON_TYPE)
  const whole = JSON.stringify(message === undefined ? fields : withMessage(fields, message, faults.edxmlAs))
  if (message !== undefined && spendFault(faults, 'cutMessages')) response.write(whole.slice(0, whole.length / 2), () => { response.destroy() })
  else response.end(whole)
}

function withMessage (fields: Record<string, unknown>, message: Buffer, as: Faults['edxmlAs']): object {
  const content = message.toString('base64')
  const edxml = as === 'base64' ? content : as === 'plain' ? message.toString('utf8') : ''
  const attachments = [{ fileName: 'van-ban.pdf', fileContent: 'JVBERi0=' }, ...(as === 'attachment' ? [{ fileName: 'van-ban.edxml', fileContent: content }] : [])]
  return { ...fields, data: { ...(parseJson(JSON.stringify(fields['data'])) as object), edxml, attachments } }
}

function descriptionOf (url: string, tables: Tables): string[] {
  return [
    `Nền tảng của tỉnh, REST (mô phỏng) · provincial platform over REST (simulated): ${url}`,
    ...[...tables.systems.values()].map(({ systemId, secretKey, username, password, agencies }) => `  X-SystemId ${systemId}  X-SecretKey ${secretKey}  login ${username} / ${password}  agencies ${agencies.join(' ')}`),
    `  state:  curl ${url}/simulator/state`,
    `  faults: curl -X POST ${url}/simulator/faults -d '{"resetAfterCommit":1}'   (GET lists them)`,
    `  offer:  curl -X POST '${url}/simulator/offer?from=H37.11&to=H36.11&messageType=edoc' --data-binary @message.edxml`,
    `  reset:  curl -X POST ${url}/simulator/reset`
  ]
}
