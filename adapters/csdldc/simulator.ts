// The national population database as a program: `lienthong simulate csdldc`. It knows invented citizens only, and misbehaves on
// order; what it was asked, and its accident, are seen and switched under /simulator.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Simulator, SimulatorStart } from 'lienthong/adapter'
import { type Accident, CITIZEN, type Population, startPopulation } from './harness-population.js'

const ACCOUNT = { user: 'h36-user', secret: 'demo-secret-csdldc' }

/** Accidents by name; the value is the status, or the code of the SOAP Fault. */
const ACCIDENTS: Readonly<Record<string, (value: string) => Accident>> = {
  status (value) {
    const status = value === 'true' ? 503 : Number(value)
    if (!Number.isInteger(status) || status < 400 || status > 599) throw new RangeError('"status" is an HTTP status from 400 to 599')
    return { kind: 'status', status, headers: status === 503 || status === 429 ? { 'retry-after': '7' } : {} }
  },
  fault (value) {
    if (!/^[A-Za-z0-9:._-]{1,60}$/.test(value)) throw new RangeError('"fault" is the code of a SOAP Fault')
    return { kind: 'fault', code: value === 'true' ? 'soapenv:Server' : value, words: 'Lỗi mô phỏng:' }
  },
  hang: () => ({ kind: 'hang' }),
  drop: () => ({ kind: 'drop' }),
  malformed: () => ({ kind: 'malformed' })
}

/** Starts the database. Rejects when the port is in use, and with a `RangeError` for an option that is no accident. */
export async function startSimulator ({ port, host, options }: SimulatorStart): Promise<Simulator> {
  const accident = accidentOf(options)
  const population: Population = await startPopulation({
    port, host, account: ACCOUNT, control: async (request, response) => { await control(request, response, population) }
  })
  population.fail(accident)
  return { url: population.url, describe: () => descriptionOf(population.url), stop: population.stop }
}

function accidentOf (given: Readonly<Record<string, unknown>>): Accident | undefined {
  const [first, ...more] = Object.entries(given).map(([name, value]) => {
    const make = Object.hasOwn(ACCIDENTS, name) ? ACCIDENTS[name] : undefined
    if (make === undefined) throw new RangeError(`no accident "${name}"; there are: ${Object.keys(ACCIDENTS).join(', ')}`)
    return make(String(value))
  })
  if (more.length > 0) throw new RangeError('one accident at a time')
  return first
}

/** No authorization: it is for the developer beside it. */
async function control (request: IncomingMessage, response: ServerResponse, population: Population): Promise<void> {
  let [status, said]: [number, object] = [404, { error: 'unknown', commands: ['GET state', 'POST accident'] }]
  try {
    if (request.method === 'POST' && request.url === '/simulator/accident') {
      population.fail(accidentOf(JSON.parse((await buffer(request)).toString()) as Record<string, unknown>))
      ;[status, said] = [200, stateOf(population)]
    } else if (request.method === 'GET' && request.url === '/simulator/state') {
      [status, said] = [200, stateOf(population)]
    }
  } catch (error) {
    [status, said] = [400, { error: error instanceof RangeError || error instanceof SyntaxError ? error.message : 'failed' }]
  }
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(`${JSON.stringify(said, null, 2)}\n`)
}

function stateOf (population: Population): object {
  return { accident: population.accident() ?? null, asked: population.asked.map(({ operation, fields }) => ({ operation, fields })) }
}

function descriptionOf (url: string): string[] {
  const { soDinhDanh, soCMND, hoVaTen, ngaySinh } = CITIZEN
  return [
    `Cơ sở dữ liệu quốc gia về dân cư (mô phỏng) · national population database (simulated): ${url}`,
    `  settings: { "url": "${url}", "authorization": { "user": "${ACCOUNT.user}", "secret": "${ACCOUNT.secret}" } }`,
    `  invented: soDinhDanh ${soDinhDanh}  soCMND ${soCMND}  hoVaTen ${hoVaTen}  ngaySinh ${ngaySinh}; nobody else exists`,
    `  asked:    curl ${url}/simulator/state`,
    `  accident: curl -X POST ${url}/simulator/accident -d '{"status":503}'   (${Object.keys(ACCIDENTS).join(', ')}; {} ends it)`
  ]
}
