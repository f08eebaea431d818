// The national document axis as a program: `lienthong simulate vxp`. It verifies signatures, keeps queues, and misbehaves on
// order; what it knows is in memory and can be seen and changed under /simulator.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerControl, beLate, type MessageFacts, openSimulatorServer, type QueueSimulator, readVxpTimestamp, type SimulatorStart, spendFault, verifyVxp, wallClock, wrongAnswer } from 'lienthong/adapter'
import { type Body, readBody } from './simulator-body.js'
import { controlOf } from './simulator-control.js'
import { createFaults, type Faults } from './simulator-faults.js'
import { type Answer, failed, OPERATIONS, type Sending, type World } from './simulator-operations.js'
import { createTables, type Tables } from './simulator-tables.js'

export interface VxpSimulator extends QueueSimulator {
  readonly tables: Tables
  readonly faults: Faults
}

export interface VxpSimulatorStart extends SimulatorStart {
  /** What is known of content that is no edXML. Without it, such content is refused. */
  factsOfOther?: (bytes: Buffer) => MessageFacts
  /** Of a message over this size only the beginning is kept. */
  keepBytes?: number
  /** Told of every call of sendEdoc that came whole and signed, before it is answered. */
  onSend?: (sending: Sending) => void
}

const MOST_MESSAGE_BYTES = 400 * 2 ** 20
/** The vendor's SDK sends the time stamps of earlier calls again: they are old in the ordinary course of things. */
const TIMESTAMP_TOLERANCE_MS = 24 * 3_600_000
const NARROW_TOLERANCE_MS = 5 * 60_000
const BASE64_CHUNK_BYTES = 3 * 2 ** 16

/** Starts the axis. Rejects when the port is in use, and with a `RangeError` for an option that is no fault. */
export async function startSimulator ({ port, host, options, factsOfOther, keepBytes, onSend }: VxpSimulatorStart): Promise<VxpSimulator> {
  const switches = createFaults()
  switches.set(options)
  const { faults } = switches
  const now = (): number => wallClock() + faults.clockSkewMs
  const tables = createTables(now)
  const world: World = { tables, faults, switches, now, factsOfOther, keepBytes, onSend }
  const server = await openSimulatorServer({ port, host }, async (request, response) => { await serve(request, response, world) })
  return { ...server, tables, faults, clearFaults: switches.clear, describe: () => descriptionOf(server.url, tables) }
}

async function serve (request: IncomingMessage, response: ServerResponse, world: World): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://axis')
  if (pathname.startsWith('/simulator')) {
    await answerControl(request, response, controlOf(world))
    return
  }
  const { faults, tables } = world
  // Whatever stands before it: the axis is reached through security servers with paths of their own.
  const name = pathname.split('/').at(-1) ?? ''
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined
  const counted = operation === undefined ? 'unknown' : name
  tables.calls.set(counted, (tables.calls.get(counted) ?? 0) + 1)
  if (spendFault(faults, 'silent')) return
  const body = await readBody(request, { mostBytes: MOST_MESSAGE_BYTES, ...(world.keepBytes === undefined ? {} : { keepBytes: world.keepBytes }) }).catch((error: unknown) => { if (error instanceof RangeError) return undefined; throw error })
  const wrong = wrongAnswer(faults)
  const answer = wrong === undefined && body !== undefined && operation !== undefined && request.method === operation.method ? runSigned(request, body, operation.run, world) : undefined
  const isReset = name === 'sendEdoc' && answer?.fields['ErrorCode'] === '0' && spendFault(faults, 'resetAfterCommit')
  await beLate(faults)
  if (wrong !== undefined) wrong(response)
  else if (isReset) request.socket.resetAndDestroy()
  else if (answer !== undefined) await write(response, answer, faults)
  else if (body === undefined) response.writeHead(413, { connection: 'close' }).end()
  else if (operation === undefined) response.writeHead(404).end()
  else response.writeHead(405, { allow: operation.method }).end()
}

function runSigned (request: IncomingMessage, body: Body, run: (typeof OPERATIONS)[string]['run'], world: World): Answer {
  const { tables, faults, now } = world
  const call = verifyVxp(request.headers, systemId => tables.systems.get(systemId)?.secret)
  if (call.kind === 'rejected') return failed('15', `not accepted: ${call.because}`)
  const system = tables.systems.get(call.systemId)
  const at = readVxpTimestamp(call.parameters.get('timestamp') ?? '')
  const tolerance = faults.clockSkewMs === 0 ? TIMESTAMP_TOLERANCE_MS : NARROW_TOLERANCE_MS
  if (system === undefined || at === undefined || Math.abs(now() - at) > tolerance) return failed('15', 'not accepted: timestamp')
  return run({ system, parameters: call.parameters, contentType: request.headers['content-type'] ?? '', body, headers: request.headers }, world)
}

async function write (response: ServerResponse, { fields, bytes, as }: Answer, faults: Faults): Promise<void> {
  const isCut = bytes !== undefined && spendFault(faults, 'cutMessages')
  if (bytes === undefined || as === 'download') {
    response.writeHead(200, { 'content-type': bytes === undefined ? 'application/json;charset=UTF-8' : 'application/octet-stream', ...(bytes === undefined ? {} : { 'content-length': String(bytes.length) }) })
    if (isCut) response.write(bytes.subarray(0, bytes.length / 2), () => { response.destroy() })
    else response.end(bytes ?? JSON.stringify(fields))
    return
  }
  response.writeHead(200, { 'content-type': 'application/json;charset=UTF-8' })
  response.write(`${JSON.stringify(fields).slice(0, -1)},"data":"`)
  const end = isCut ? Math.floor(bytes.length / 2) : bytes.length
  for (let at = 0; at < end; at += BASE64_CHUNK_BYTES) {
    if (!response.write(bytes.subarray(at, Math.min(at + BASE64_CHUNK_BYTES, end)).toString('base64'))) {
      await new Promise(resolve => { response.once('drain', resolve).once('close', resolve) })
    }
    if (response.destroyed) return
  }
  if (isCut) response.destroy()
  else response.end('"}')
}

function descriptionOf (url: string, tables: Tables): string[] {
  return [
    `Trục liên thông văn bản quốc gia (mô phỏng) · national document axis (simulated): ${url}`,
    ...[...tables.systems.values()].map(({ systemId, secret, agencies }) => `  systemid ${systemId}  secret ${secret}  agencies ${agencies.join(' ')}`),
    `  state:  curl ${url}/simulator/state`,
    `  faults: curl -X POST ${url}/simulator/faults -d '{"resetAfterCommit":1}'   (GET lists them)`,
    `  offer:  curl -X POST '${url}/simulator/offer?from=G15&to=H36.11&messagetype=edoc' --data-binary @message.edxml`,
    `  close:  curl -X POST '${url}/simulator/close?code=H36.03&successor=H36.11'   lock: /simulator/lock?code=H26`,
    `  reset:  curl -X POST ${url}/simulator/reset`
  ]
}
