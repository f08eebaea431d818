// One worker thread that verifies signatures, started when the first is seen, so that a hub without signatures pays nothing.
// The bytes stay on this side and are handed over in ranges; a verification that hangs costs its thread, never the hub.
import { Worker } from 'node:worker_threads'
import type { DocumentEvidence, EnvelopeEvidence } from '../model/generated.js'
import type { ByteSource, EnvelopeQuestion, SignatureVerifier } from '../ports/signatures.js'
import type { ChainOptions } from './chain.js'

export type Question = { kind: 'envelope' } & EnvelopeQuestion | { kind: 'pdf', at: number }
export type ToWorker = { size: number, question: Question } | { bytes: Uint8Array | undefined }
export type PdfEvidence = Omit<DocumentEvidence, 'n' | 'sha256'>
export type ToHub = { read: [number, number] } | { evidence: EnvelopeEvidence | PdfEvidence } | { failed: string }

export interface VerifierOptions extends ChainOptions {
  /** Longest verification, ms; then the thread is ended. */
  readonly timeoutMs: number
  /** Verifications that may wait. */
  readonly maxWaiting: number
  /** Told about defects: a thread that died, a verification that threw. */
  readonly onDefect: (error: Error) => void
}

type Answer = EnvelopeEvidence | PdfEvidence
interface Job { source: ByteSource, question: Question, resolve: (answer: Answer | string) => void }

export function createSignatureVerifier (options: VerifierOptions): SignatureVerifier {
  const { trustAnchors, crls, revocation } = options
  const waiting: Job[] = []
  let worker: Worker | undefined
  /** Ends the verification under way with evidence, or with the reason why there is none. */
  let finish: ((answer: Answer | string) => void) | undefined
  let source: ByteSource | undefined
  let busy = false
  let closed = false

  const fail = (error: Error): void => {
    if (finish !== undefined) options.onDefect(error)
    finish?.('verification-failed')
  }
  const spawn = (): Worker => {
    const started = new Worker(new URL('./verify-worker.js', import.meta.url), { workerData: { trustAnchors, crls, revocation } satisfies ChainOptions, resourceLimits: { maxOldGenerationSizeMb: 512 } })
    const own = (act: () => void): void => { if (worker === started) act() }
    const reply = (bytes: Uint8Array | undefined): void => { own(() => { started.postMessage({ bytes } satisfies ToWorker) }) }
    started.on('message', (message: ToHub) => {
      own(() => {
        if ('read' in message) source?.read(...message.read).then(reply, () => { reply(undefined) })
        else if ('evidence' in message) finish?.(message.evidence)
        else fail(new Error(message.failed))
      })
    })
    started.on('error', (error: Error) => { own(() => { fail(error) }) })
    started.on('exit', () => { own(() => { fail(new Error('the thread ended')); worker = undefined }) })
    return started
  }
  const run = async (job: Job): Promise<Answer | string> => await new Promise(resolve => {
    const thread = worker ??= spawn()
    thread.ref()
    const timer = setTimeout(() => { finish?.('timed-out') }, options.timeoutMs)
    source = job.source
    finish = answer => {
      clearTimeout(timer)
      finish = undefined
      source = undefined
      thread.unref()
      if (typeof answer === 'string') {
        // Whatever state it is in: the next question gets a new one.
        worker = undefined
        void thread.terminate()
      }
      resolve(answer)
    }
    thread.postMessage({ size: job.source.size, question: job.question } satisfies ToWorker)
  })
  const drain = async (): Promise<void> => {
    if (busy) return
    busy = true
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) job.resolve(await run(job))
    busy = false
  }
  const ask = async (source: ByteSource, question: Question): Promise<Answer | string> => {
    if (closed || waiting.length >= options.maxWaiting) return 'overloaded'
    return await new Promise(resolve => {
      waiting.push({ source, question, resolve })
      void drain()
    })
  }

  return {
    async verifyEnvelope (source, question) {
      const answer = await ask(source, { kind: 'envelope', ...question })
      return typeof answer === 'string' ? { status: 'indeterminate', reasons: [answer] } : answer as EnvelopeEvidence
    },
    async verifyPdf (source, { at }) {
      const answer = await ask(source, { kind: 'pdf', at })
      return typeof answer === 'string' ? { status: 'indeterminate', signatures: [], reasons: [answer] } : answer as PdfEvidence
    },
    async close () {
      closed = true
      for (const { resolve } of waiting.splice(0)) resolve('overloaded')
      finish?.('overloaded')
      await worker?.terminate()
    }
  }
}
