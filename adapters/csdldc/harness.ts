// The fake database as the conformance suite drives it, and the questions about an invented citizen.
import { randomUUID } from 'node:crypto'
import type { AdapterHarness, Misbehaviour, ServiceCall } from 'lienthong/adapter'
import { type Accident, CITIZEN, type Population, startPopulation } from './harness-population.js'

export const ACCOUNT = { user: 'h36-user', secret: 'harness-population-secret', apiKey: 'harness-api-key' }
const RETRY_AFTER_SECONDS = 7
const ACCIDENTS: Record<Exclude<Misbehaviour, 'offline'>, Accident> = {
  refuse: { kind: 'fault', code: 'soapenv:Client', words: 'Không hợp lệ:' },
  overload: { kind: 'status', status: 503, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } },
  hang: { kind: 'hang' },
  drop: { kind: 'drop' },
  malformed: { kind: 'malformed' }
}

export function createHarness (): AdapterHarness {
  let population: Population | undefined
  let port = 0
  const start = async (): Promise<void> => {
    population = await startPopulation({ port, account: ACCOUNT })
    port = population.port
  }
  const stop = async (): Promise<void> => {
    await population?.stop()
    population = undefined
  }
  return {
    can: ['refuse', 'overload', 'hang', 'drop', 'malformed', 'offline'],
    retryAfterMs: RETRY_AFTER_SECONDS * 1000,
    async start () {
      port = 0
      await start()
    },
    settings: () => ({ url: population?.url, authorization: { user: ACCOUNT.user, secret: ACCOUNT.secret }, apiKey: ACCOUNT.apiKey }),
    async misbehave (kind) {
      if (kind === 'offline') { await stop(); return }
      if (population === undefined) await start()
      population?.fail(kind === undefined ? undefined : ACCIDENTS[kind])
    },
    received: () => [],
    calls: () => ['citizen-exists', 'citizen-lookup', 'relatives-verify'].map(operation => sampleCall(operation)),
    stop
  }
}

/** A question about the invented citizen, with a number of its own. */
export function sampleCall (operation: string, query: Record<string, unknown> = {}): ServiceCall {
  const { soDinhDanh, hoVaTen, ngaySinh } = CITIZEN
  return {
    requestId: randomUUID(),
    operation,
    query: { soDinhDanh, hoVaTen, ...(operation === 'citizen-exists' ? {} : { ngaySinh }), ...query },
    officer: { id: 'CB-0142', unit: '000.00.11.H36' },
    purpose: { code: 'TIEP-NHAN', text: 'Kiểm tra người nộp hồ sơ.' },
    agency: 'H36.11',
    dossier: '000.00.11.H36-261120-0007',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  }
}
