// deliver: one attempt through an adapter. Whatever the adapter does, an outcome comes back in bounded time.
import { CATALOGUE, toProblem } from '../errors.js'
import type { Outcome } from '../model/delivery.js'
import { text } from '../model/text.js'
import type { AdapterSession, OutboundDelivery } from '../ports/adapter.js'
import type { Prepared } from './types.js'

/** An adapter that does not heed its abort is left behind after this time. */
const ABORT_GRACE_MS = 1000

export interface DeliverOptions {
  session: AdapterSession
  /** Aborts when the hub stops and cannot wait any longer. */
  stopping: AbortSignal
  noteSent: OutboundDelivery['noteSent']
  /** Told about a throw: a defect of the adapter. */
  onDefect: (error: unknown) => void
}

/** Asks the adapter once. Never rejects. */
export async function deliver ({ outbound, endpoint }: Prepared, { session, stopping, noteSent, onDefect }: DeliverOptions): Promise<Outcome> {
  if (session.deliver === undefined) {
    return { kind: 'refused', problem: { code: 'ADAPTER_DEFECT', detail: text(`Bộ kết nối "${endpoint.adapter}" không gửi đi được.`, `The adapter "${endpoint.adapter}" does not send.`) } }
  }
  const abort = new AbortController()
  const onStop = (): void => { abort.abort(stopping.reason) }
  stopping.addEventListener('abort', onStop, { once: true })
  if (stopping.aborted) onStop()
  const timer = setTimeout(() => { abort.abort(new Error('attempt timed out')) }, endpoint.timeoutMs)
  try {
    const answer = session.deliver({ ...outbound, noteSent }, abort.signal).then(checkOutcome)
    return await Promise.race([answer, overdue(abort.signal, endpoint.timeoutMs)])
  } catch (error) {
    onDefect(error)
    // A HubError (content missing, storage gone) says what happened; anything else stays in the log.
    const problem = toProblem(error)
    return { kind: 'deferred', problem: problem.code === 'INTERNAL' ? { code: 'ADAPTER_DEFECT', detail: CATALOGUE.ADAPTER_DEFECT.title } : problem, uncertain: true }
  } finally {
    clearTimeout(timer)
    stopping.removeEventListener('abort', onStop)
  }
}

async function overdue (signal: AbortSignal, timeoutMs: number): Promise<Outcome> {
  return await new Promise(resolve => {
    signal.addEventListener('abort', () => {
      // The grace lets an adapter that heeds the abort answer with what it knows.
      setTimeout(() => {
        resolve({
          kind: 'deferred',
          uncertain: true,
          problem: { code: 'ENDPOINT_TIMEOUT', detail: text(`Hệ thống nhận không trả lời trong ${timeoutMs} ms.`, `The receiving system did not answer within ${timeoutMs} ms.`) }
        })
      }, ABORT_GRACE_MS).unref()
    }, { once: true })
  })
}

function checkOutcome (outcome: Outcome): Outcome {
  const { kind } = outcome
  if (kind === 'delivered' || kind === 'available') return outcome
  if ((kind === 'deferred' || kind === 'refused') && typeof outcome.problem?.code === 'string') return outcome
  throw new TypeError(`an adapter answered with an unknown outcome: ${JSON.stringify(outcome).slice(0, 200)}`)
}
