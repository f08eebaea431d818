// Runs in a worker thread of its own: one expression at a time, JSON text in and out. The owner kills the thread when it
// takes too long or too much memory; nothing in here has to be trusted to stop.
import { parentPort, workerData } from 'node:worker_threads'
import jsonata from 'jsonata'

interface Limits { timeoutMs: number, stackDepth: number, sequenceLength: number, outputCharacters: number }

const { timeoutMs, stackDepth, sequenceLength, outputCharacters } = workerData as Limits
const compiled = new Map<string, jsonata.Expression>()

parentPort?.on('message', ({ expression, input }: { expression: string, input: string }) => {
  evaluate(expression, input).then(
    output => { parentPort?.postMessage({ output }) },
    (error: unknown) => { parentPort?.postMessage({ failure: messageOf(error) }) })
})

async function evaluate (source: string, input: string): Promise<string | undefined> {
  let expression = compiled.get(source)
  if (expression === undefined) {
    expression = jsonata(source, { timeout: timeoutMs, stack: stackDepth, sequence: sequenceLength })
    compiled.set(source, expression)
  }
  const result: unknown = await expression.evaluate(JSON.parse(input))
  const output = JSON.stringify(result) as string | undefined
  if (output !== undefined && output.length > outputCharacters) throw new Error(`the result has ${output.length} characters, more than ${outputCharacters}`)
  return output
}

function messageOf (error: unknown): string {
  const { message, position } = error as { message?: unknown, position?: unknown }
  return `${String(message ?? error).slice(0, 300)}${typeof position === 'number' ? ` (position ${position})` : ''}`
}
