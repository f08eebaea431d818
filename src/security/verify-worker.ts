// The thread that verifies: gets a question, asks back for the bytes it needs, answers with evidence.
import { parentPort, workerData } from 'node:worker_threads'
import type { ByteSource } from './byte-source.js'
import { createChainCheck, type ChainOptions } from './chain.js'
import { verifyPdf } from './pades/verify.js'
import type { ToHub, ToWorker } from './verifier.js'
import { verifyEnvelope } from './xmldsig/verify.js'

const chain = createChainCheck(workerData as ChainOptions)
const port = parentPort
/** One question at a time, so one read at a time. */
let waiting: { resolve: (bytes: Buffer) => void, reject: (error: Error) => void } | undefined

function send (message: ToHub): void {
  port?.postMessage(message)
}

function sourceOf (size: number): ByteSource {
  return {
    size,
    read: async (start, end) => await new Promise((resolve, reject) => {
      waiting = { resolve, reject }
      send({ read: [start, end] })
    })
  }
}

async function answer ({ size, question }: Extract<ToWorker, { question: unknown }>): Promise<void> {
  const source = sourceOf(size)
  try {
    send({ evidence: question.kind === 'envelope' ? await verifyEnvelope(source, { ...question, chain }) : await verifyPdf(source, { ...question, chain }) })
  } catch (error) {
    send({ failed: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
  }
}

port?.on('message', (message: ToWorker) => {
  if ('question' in message) { void answer(message); return }
  const { resolve, reject } = waiting ?? {}
  waiting = undefined
  if (message.bytes === undefined) reject?.(new Error('the bytes cannot be read'))
  else resolve?.(Buffer.from(message.bytes.buffer, message.bytes.byteOffset, message.bytes.byteLength))
})
