// The receiving system, a child process: notes when each package arrives and how often, and answers 200. It does no more,
// because on a small machine its CPU time is missing elsewhere.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerParent } from './child.js'
import { monotonicMs } from './measure.js'
import { DIGITS } from './packages.js'

export type ReceiverQuestion =
  | { kind: 'address' }
  /** Packages from number `first` on, each `bytes` long with its number at `numberAt`, are coming to `path`. */
  | { kind: 'expect', path: string, first: number, count: number, bytes: number, numberAt: number }
  /** Resolves when all are here, or after `timeoutMs` with what is. */
  | { kind: 'arrivals', timeoutMs: number }
  /** Everything that came more than once, or was not as expected, since the start. */
  | { kind: 'faults' }

export interface Arrivals {
  /** Arrival of each package in order of their numbers, ms of the monotonic clock; NaN for one that did not come. */
  at: Float64Array
  missing: number
}

let expected: Extract<ReceiverQuestion, { kind: 'expect' }> | undefined
let at = new Float64Array()
let missing = 0
let complete = (): void => {}
const seen = new Set<string>()
const faults: string[] = []

function note (path: string, chunks: Buffer[]): void {
  const now = monotonicMs()
  const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
  const { numberAt = 0, bytes = 0, first = 0, path: expectedPath } = expected ?? {}
  const number = Number(body.toString('latin1', numberAt, numberAt + DIGITS))
  const key = `${path} ${number}`
  if (path !== expectedPath || body.length !== bytes || !(number >= first && number < first + at.length)) faults.push(`unexpected: ${key} (${body.length} bytes)`)
  else if (seen.has(key)) faults.push(`doubled: ${key}`)
  else {
    seen.add(key)
    at[number - first] = now
    if (--missing === 0) complete()
  }
}

async function arrivals (timeoutMs: number): Promise<Arrivals> {
  if (missing > 0) {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, timeoutMs)
      complete = () => { clearTimeout(timer); resolve() }
    })
  }
  return { at, missing }
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => { chunks.push(chunk) })
  request.on('end', () => {
    if (request.method === 'POST') note(request.url ?? '', chunks)
    response.writeHead(200, { 'Content-Length': '0' }).end()
  })
})

server.listen(0, '127.0.0.1', () => {
  answerParent<ReceiverQuestion>(async question => {
    switch (question.kind) {
      case 'address': return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      case 'expect':
        expected = question
        at = new Float64Array(question.count).fill(Number.NaN)
        missing = question.count
        complete = () => {}
        return undefined
      case 'arrivals': return await arrivals(question.timeoutMs)
      case 'faults': return faults
    }
  })
})
