// Child processes of the benchmark: each works alone, so that its CPU is nobody else's. One question, one answer.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Child {
  readonly pid: number
  /** Sends a question and resolves with the answer; rejects when the child ends or answers with an error. */
  ask<Answer> (question: object): Promise<Answer>
  /** Ends the child. Safe to call twice. */
  stop (): Promise<void>
}

type Reply = { answer: unknown } | { error: string }

/** Starts a module of this folder, e.g. `receiver`, whose first message says that it is ready. */
export async function startChild (name: string, args: string[] = []): Promise<Child> {
  const child = fork(fileURLToPath(new URL(`${name}.js`, import.meta.url)), args, { serialization: 'advanced' })
  const ended = endOf(child, name)
  const next = async (): Promise<unknown> => {
    const [reply] = await Promise.race([once(child, 'message'), ended]) as [Reply]
    if ('error' in reply) throw new Error(`${name}: ${reply.error}`)
    return reply.answer
  }
  await next()
  return {
    pid: child.pid ?? 0,
    async ask<Answer> (question: object) {
      const answer = next()
      child.send(question)
      return await answer as Answer
    },
    stop: async () => { await stopProcess(child) }
  }
}

/** Rejects when the process ends. */
export async function endOf (child: ChildProcess, name: string): Promise<never> {
  const ended = once(child, 'exit').then(([code, signal]: unknown[]): never => { throw new Error(`${name} ended (${String(code ?? signal)})`) })
  ended.catch(() => {})
  return await ended
}

/** SIGTERM, after ten seconds SIGKILL. */
export async function stopProcess (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => { child.kill('SIGKILL') }, 10_000)
  await exited
  clearTimeout(timer)
}

/** In a child: answers questions one by one until the parent is gone. Ctrl-C is left to the parent, which stops its children in order. */
export function answerParent<Question> (answer: (question: Question) => Promise<unknown>): void {
  process.on('SIGINT', () => {})
  process.on('disconnect', () => { process.exit() })
  process.on('message', question => {
    answer(question as Question).then(
      result => process.send?.({ answer: result }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack ?? error.message : String(error) }))
  })
  process.send?.({ answer: 'ready' })
}

/** Resolves with the exit code at Ctrl-C, so that what was made is removed all the same. */
export async function stopped (): Promise<number> {
  return await new Promise(resolve => {
    for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) process.on(signal, () => { resolve(code) })
  })
}
