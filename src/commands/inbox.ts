// `lienthong inbox`: lists what waits, or brings it into a folder, each package whole or not at all.
import type { Command } from 'commander'
import type { Client, InboxItem } from '../client/index.js'
import type { ConnectionOptions } from '../config.js'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import { connect, withConnection } from './connection.js'
import { openFolder, type PackageFolder } from './folder.js'
import { EXIT, line, printJson, run, sayError, toJson, type ExitCode } from './outcome.js'

interface Options extends ConnectionOptions { drain?: string, ack?: true, files?: true, agency?: string, limit: string, lock?: string, json?: true }

export function registerInbox (program: Command, now: () => number): void {
  withConnection(program.command('inbox'))
    .description('lists what waits in the inbox, or brings it into a folder; exit code 1 when an item could not be taken')
    .option('--drain <folder>', 'save each package in a folder of its own, named by its delivery id')
    .option('--ack', 'with --drain: acknowledge each as soon as it is saved; it then leaves the inbox')
    .option('--files', 'with --drain: save the files of documents beside the message, too; those of dossiers always are')
    .option('--agency <code>', 'only what goes to this agency')
    .option('--limit <n>', 'most items at a time', '20')
    .option('--lock <seconds>', 'so long nobody else sees them; 1 for a list, 60 with --drain')
    .option('--json', 'print one JSON object')
    .action(async (options: Options) => {
      await run(options.json === true ? 'json' : 'text', async () => {
        const client = await connect(options)
        return options.drain === undefined ? await list(client, options) : await bring(client, await openFolder(client, options.drain, { files: options.files === true ? 'all' : 'dossiers', at: now() }), options)
      })
    })
}

function peekOf ({ agency, limit, lock }: Options, usualLock: number): { limit: number, lockSeconds: number, agency?: string } {
  return { limit: countOf('--limit', limit), lockSeconds: lock === undefined ? usualLock : countOf('--lock', lock), ...(agency === undefined ? {} : { agency }) }
}

function countOf (option: string, value: string): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value)
  throw new HubError('REQUEST_INVALID', text(`${option} cần số nguyên từ 1.`, `${option} takes a whole number from 1.`))
}

async function list (client: Client, options: Options): Promise<ExitCode> {
  if (options.ack === true) throw new HubError('REQUEST_INVALID', text('--ack chỉ dùng cùng --drain: chỉ xác nhận những gì đã lưu.', '--ack needs --drain: only what has been saved may be acknowledged.'))
  const items = await client.inbox.peek(peekOf(options, 1))
  if (options.json === true) printJson({ items })
  else for (const item of items) process.stdout.write(`${lineOf(item)}\n`)
  return EXIT.done
}

/** The summary of a run: ids of deliveries, and what went wrong with others. */
interface Brought { saved: string[], known: string[], acknowledged: string[], failed: Array<{ deliveryId: string, error: object }> }

async function bring (client: Client, folder: PackageFolder, options: Options): Promise<ExitCode> {
  const brought: Brought = { saved: [], known: [], acknowledged: [], failed: [] }
  const take = async (item: InboxItem, content: AsyncIterable<Uint8Array>): Promise<void> => {
    const outcome = await folder.save(item, content)
    brought[outcome].push(item.deliveryId)
    if (options.json !== true) process.stdout.write(`${lineOf(item)}  ${outcome}\n`)
  }
  const onFailure = (error: unknown, { deliveryId }: InboxItem): void => {
    brought.failed.push({ deliveryId, error: toJson(error) })
    process.stderr.write(`${deliveryId}:\n`)
    sayError(error)
  }
  const peek = peekOf(options, 60)
  if (options.ack === true) brought.acknowledged.push(...(await client.inbox.drain(take, { ...peek, onFailure })).acknowledged)
  else await bringWithoutWord(client, { peek, take, onFailure })
  if (options.json === true) printJson(brought)
  return brought.failed.length === 0 ? EXIT.done : EXIT.refused
}

interface Bringing {
  peek: ReturnType<typeof peekOf>
  take: (item: InboxItem, content: AsyncIterable<Uint8Array>) => Promise<void>
  onFailure: (error: unknown, item: InboxItem) => void
}

/** Page by page until nothing new comes: what was saved stays in the inbox and is seen again when its lock ends. */
async function bringWithoutWord (client: Client, { peek, take, onFailure }: Bringing): Promise<void> {
  const seen = new Set<string>()
  for (;;) {
    const items = await client.inbox.peek(peek)
    const fresh = items.filter(({ deliveryId }) => !seen.has(deliveryId))
    // A full page of known ones may stand before new ones: they are hidden now, and the next page is behind them.
    if (fresh.length === 0 && items.length < peek.limit) return
    for (const item of fresh) {
      seen.add(item.deliveryId)
      try {
        await take(item, client.inbox.content(item))
      } catch (error) {
        onFailure(error, item)
      }
    }
  }
}

function lineOf ({ deliveryId, to, size, package: { fromAgency, envelope } }: InboxItem): string {
  const { kind, notation, identifier, title = '' } = envelope
  return line(`${deliveryId}  ${fromAgency} → ${to}  ${kind}  ${notation ?? identifier}  ${title}  ${size} B`)
}
