// `lienthong send`: hands in a document or dossier, with its files, and tells its identifier.
import { open } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Command } from 'commander'
import type { Accepted, Plan, Sendable, SendOptions } from '../client/index.js'
import type { ConnectionOptions } from '../config.js'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import { connect, withConnection } from './connection.js'
import { EXIT, line, printJson, run, say } from './outcome.js'
import { exitCodeOf, printPackage, waitForEnd } from './status.js'

const PACKAGE_TYPE = 'application/vnd.lienthong.package+json'
/** Canonical JSON names its envelope before anything large. */
const LOOKED_AT_BYTES = 64 * 1024
/** Below this a body is gone before anybody asks how far it is. */
const WORTH_TELLING_BYTES = 8 * 2 ** 20

interface Options extends ConnectionOptions {
  contentType?: string, translation?: string, from?: string, to?: string, idempotencyKey?: string, expiresAt?: string, deliverBy?: string
  validate?: true, wait?: string | true, json?: true
}

export function registerSend (program: Command): void {
  withConnection(program.command('send <file> [files...]'))
    .description('hands in an edXML message, a dossier or canonical JSON; further files are those of the dossier. Prints the package id')
    .option('--idempotency-key <key>', 'the same for each try of the same package; default: a new one')
    .option('--content-type <type>', 'media type of the first file; default: by its name and first bytes')
    .option('--translation <format>', 'the content is in this format: a mapping of the hub, dvcqg, noihoso, dvclt')
    .option('--from <code>', 'with --translation: sending agency, where the message does not tell')
    .option('--to <codes>', 'with --translation: receiving agencies, separated by commas, where the message does not tell')
    .option('--expires-at <instant>', 'what is not delivered by then expires')
    .option('--deliver-by <instant>', 'to be delivered by then; travels urgent')
    .option('--validate', 'try it out, store nothing')
    .option('--wait [seconds]', 'wait until no delivery is under way; exit codes as of status')
    .option('--json', 'print one JSON object')
    .action(async (file: string, files: string[], options: Options) => {
      await run(options.json === true ? 'json' : 'text', async () => {
        const client = await connect(options)
        const { content, contentType } = await contentOf(file, files, options.contentType)
        const given = { ...optionsOf(options), ...(contentType === undefined ? {} : { contentType }) }
        if (options.validate === true) {
          const plan = await client.validate(content, given)
          if (options.json === true) printJson(plan)
          else process.stdout.write('OK\n')
          sayPlan(plan)
          return EXIT.done
        }
        const { idempotencyKey } = options
        const accepted = await client.send(content, { ...given, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) })
        sayPlan(accepted)
        if (options.json !== true) process.stdout.write(`${accepted.id}\n`)
        const seen = options.wait === undefined ? undefined : await waitForEnd(client, accepted.id, options.wait)
        if (options.json === true) printJson({ accepted, ...(seen === undefined ? {} : { package: seen }) })
        else if (seen !== undefined) printPackage(seen)
        return seen === undefined ? EXIT.done : exitCodeOf(seen)
      })
    })
}

async function contentOf (file: string, files: readonly string[], given: string | undefined): Promise<{ content: Sendable, contentType?: string }> {
  const contentType = given ?? (extname(file).toLowerCase() === '.json' ? await jsonTypeOf(file) : undefined)
  const type = contentType === undefined ? {} : { contentType }
  if (files.length === 0) return { content: { file }, ...type }
  return { content: { parts: [{ file, ...type }, ...files.map(each => ({ file: each }))] } }
}

/** A dossier, or the canonical form of any package: the latter has an envelope, which a dossier never has. */
async function jsonTypeOf (file: string): Promise<string> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LOOKED_AT_BYTES), 0, LOOKED_AT_BYTES, 0)
    return /"envelope"\s*:/.test(buffer.toString('utf8', 0, bytesRead)) ? PACKAGE_TYPE : 'application/json'
  } finally {
    await handle.close()
  }
}

function optionsOf ({ translation, from, to, expiresAt, deliverBy }: Options): SendOptions {
  return {
    ...(translation === undefined ? {} : { translation }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to: to.split(',').map(code => code.trim()) }),
    ...(expiresAt === undefined ? {} : { expiresAt: instantOf('--expires-at', expiresAt) }),
    ...(deliverBy === undefined ? {} : { deliverBy: instantOf('--deliver-by', deliverBy) }),
    onProgress: createProgress()
  }
}

function instantOf (option: string, value: string): Date {
  const at = new Date(value)
  if (!Number.isNaN(at.getTime())) return at
  throw new HubError('REQUEST_INVALID', text(`${option} cần thời điểm như 2026-11-20T17:00:00+07:00.`, `${option} takes an instant such as 2026-11-20T17:00:00+07:00.`))
}

/** Tells on standard error how far a large body is, at each tenth. */
function createProgress (): NonNullable<SendOptions['onProgress']> {
  let told = 0
  return (sent, total) => {
    if (total === undefined || total < WORTH_TELLING_BYTES) return
    const tenth = Math.floor(sent / total * 10)
    if (tenth === told) return
    told = tenth
    process.stderr.write(`đã gửi / sent ${tenth * 10} % (${(sent / 1e6).toFixed(1)} / ${(total / 1e6).toFixed(1)} MB)\n`)
  }
}

/** What the sender should look at: where each copy goes, who cannot be served, what the hub tolerated. */
function sayPlan ({ deliveries, warnings, ...rest }: Accepted | Plan): void {
  if ('repeated' in rest && rest.repeated) say(text('Gói tin này đã được nhận trước đó.', 'This package had been accepted before.'))
  for (const { to, agency, endpoint, adapter, problem } of deliveries) {
    const where = problem === undefined ? `→ ${agency ?? to} ${endpoint ?? ''} (${adapter ?? ''})` : `✗ ${problem.code}: ${problem.detail}`
    process.stderr.write(`${line(`  ${to} ${where}`)}\n`)
  }
  for (const { code, pointer, detail } of warnings) process.stderr.write(`${line(`  ! ${code} ${pointer}: ${detail}`)}\n`)
}
