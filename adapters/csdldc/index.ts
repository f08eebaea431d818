// csdldc: asks the national population database about citizens. What is said is in request.ts, what is understood in answer.ts;
// README.md tells what is known of the protocol and what is not.
import {
  type AdapterKit, type AdapterSession, deferred, defineAdapter, delivered, type HttpAnswer, type Outcome, outcomeOfFailure, outcomeOfHttp, parseJson, problem,
  type ServiceCall, type ServiceOutcome, text, unanswered
} from 'lienthong/adapter'
import { readProxy, readSoap, unreadable } from './answer.js'
import settingsSchema from './config.schema.json' with { type: 'json' }
import manifest from './manifest.json' with { type: 'json' }
import { headersOf, Unwritable, writeProxy, writeSoap } from './request.js'
import { OPERATIONS, type Settings, type SoapOperation } from './settings.js'
import { parseXml } from './xml.js'

export const adapter = defineAdapter<Settings>({
  manifest,
  settingsSchema,
  async open (settings, kit) {
    return createSession(settings, kit)
  }
})

function createSession (settings: Settings, kit: AdapterKit): AdapterSession {
  return {
    // A bare GET: it proves the way and asks about nobody. Services answer it with anything from their WSDL to 405 or 500.
    async probe (signal) {
      try {
        return proofOf(await kit.http.request({ method: 'GET', url: settings.url, signal }), kit.now())
      } catch (error) {
        return outcomeOfFailure(error)
      }
    },
    async call (request, signal) {
      const operation = OPERATIONS[request.operation]
      if (operation === undefined || (settings.protocol === 'json' && operation !== 'lookup')) {
        return { kind: 'refused', problem: problem('ADAPTER_DEFECT', text('Kết nối này không có thao tác như vậy.', 'There is no such operation on this connection.')) }
      }
      try {
        return await ask(operation, request, { settings, kit, signal })
      } catch (error) {
        if (error instanceof Unwritable) return { kind: 'refused', problem: problem('FIELD_INVALID', text('Câu hỏi có ký tự không ghi được vào XML.', 'The question holds a character that XML cannot carry.')) }
        return unanswered(outcomeOfFailure(error))
      }
    },
    async close () {}
  }
}

async function ask (operation: SoapOperation, request: ServiceCall, { settings, kit, signal }: { settings: Settings, kit: AdapterKit, signal: AbortSignal }): Promise<ServiceOutcome> {
  const isSoap = settings.protocol === 'soap'
  const url = `${settings.url.replace(/\/+$/, '')}${isSoap ? settings.paths[operation] : settings.paths.proxy}`
  const body = isSoap ? writeSoap(operation, request, settings) : writeProxy(request, settings)
  const answer = await kit.http.request({ method: 'POST', url, headers: headersOf(settings, { url, timestamp: kit.now(), traceparent: request.traceparent }), body, signal })
  if (answer.truncated) return unreadable()
  const outcome = outcomeOfHttp(wordless(answer), { now: kit.now() })
  if (!isSoap) return outcome.kind === 'delivered' ? readProxy(parseJson(answer.body.toString('utf8')), settings) : judged(outcome, answer.status)
  // SOAP 1.1 over HTTP (§6.2): a fault comes with 500.
  return answer.status === 500 || outcome.kind === 'delivered' ? readSoap(operation, await parseXml(answer.body), settings) : judged(outcome, answer.status)
}

/** Only the database refuses, and it does so in an answer of its own; of the proxy 400 and 422 are such. */
function judged (outcome: Outcome, status: number): ServiceOutcome {
  const failed = unanswered(outcome)
  if (failed.kind !== 'refused' || status === 400 || status === 422) return failed
  return { kind: 'unavailable', problem: problem('ENDPOINT_UNAVAILABLE', failed.problem.detail) }
}

/** An answer without its words: a gateway may repeat what it was asked. */
function wordless ({ status, headers }: HttpAnswer): HttpAnswer {
  const after = headers['retry-after']
  return { status, headers: after === undefined ? {} : { 'retry-after': after }, body: Buffer.alloc(0), truncated: false }
}

function proofOf (answer: HttpAnswer, now: number): Outcome {
  if (answer.status < 300 || [400, 404, 405, 406, 411, 415, 500, 501].includes(answer.status)) return delivered()
  const outcome = outcomeOfHttp(wordless(answer), { now })
  return outcome.kind === 'refused' ? deferred(outcome.problem) : outcome
}
