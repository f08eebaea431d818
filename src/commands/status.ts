// `lienthong status`: what became of a package, now or when it has come to its end.
import type { Command } from 'commander'
import { WaitError, type Client, type DeliveryView, type PackageView } from '../client/index.js'
import type { ConnectionOptions } from '../config.js'
import { ENDED } from '../client/wait.js'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import { connect, withConnection } from './connection.js'
import { EXIT, line, printJson, run, say, STATE_WORDS, type ExitCode } from './outcome.js'

const USUAL_WAIT_SECONDS = 600

interface Options extends ConnectionOptions { wait?: string | true, json?: true }

export function registerStatus (program: Command): void {
  withConnection(program.command('status <id>'))
    .description('tells what became of a package; exit code 0: delivered to all, 1: not to all, 4: still under way')
    .option('--wait [seconds]', `wait until no delivery is under way, ${USUAL_WAIT_SECONDS} s when no time is given`)
    .option('--json', 'print one JSON object')
    .action(async (id: string, options: Options) => {
      await run(options.json === true ? 'json' : 'text', async () => {
        const client = await connect(options)
        const seen = options.wait === undefined ? await client.package(id) : await waitForEnd(client, id, options.wait)
        const recipients = options.json === true ? await client.recipients(id) : undefined
        if (recipients !== undefined) printJson({ package: seen, recipients })
        else printPackage(seen)
        return exitCodeOf(seen)
      })
    })
}

/** The package when nothing is under way any more, or as it is when the time is over. */
export async function waitForEnd (client: Client, id: string, wait: string | true): Promise<PackageView> {
  const seconds = wait === true ? USUAL_WAIT_SECONDS : Number(wait)
  if (!(seconds >= 0 && seconds <= 10 ** 6)) {
    throw new HubError('REQUEST_INVALID', text(`--wait cần số giây, không phải ${line(String(wait))}.`, `--wait takes seconds, not ${line(String(wait))}.`))
  }
  try {
    return await client.waitFor(id, 'ended', { timeoutMs: seconds * 1000 })
  } catch (error) {
    if (!(error instanceof WaitError)) throw error
    say(text('Hết thời gian chờ, gói tin vẫn đang được chuyển.', 'The time is over and the package is still under way.'))
    return error.package
  }
}

/** By the states of all deliveries that the caller sees. */
export function exitCodeOf ({ deliveries }: PackageView): ExitCode {
  if (deliveries.some(({ state }) => !ENDED.has(state))) return EXIT.underway
  return deliveries.every(({ state }) => state === 'delivered') ? EXIT.done : EXIT.refused
}

/** One line for each delivery. */
export function printPackage ({ id, envelope, deliveries }: PackageView): void {
  process.stdout.write(`${id}  ${line(envelope.notation ?? envelope.identifier)}  ${line(envelope.title ?? '')}\n`)
  for (const delivery of deliveries) process.stdout.write(`${lineOf(delivery)}\n`)
}

function lineOf ({ to, agency, state, attempts, settledAt, dueAt, problem }: DeliveryView): string {
  const moved = agency === undefined || agency === to ? '' : ` (${agency})`
  const at = settledAt ?? (dueAt === undefined ? '' : `→ ${dueAt}`)
  return line(`  ${to}${moved}  ${state} · ${STATE_WORDS[state]}  ${attempts}×  ${at}${problem === undefined ? '' : `  ${problem.code}: ${problem.detail}`}`)
}
