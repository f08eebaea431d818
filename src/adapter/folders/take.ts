// One file on its way in: claimed by a move, checked, handed to the hub, put where its fate says.
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { ErrorCode } from '../../errors.js'
import type { Problem } from '../../model/problem.js'
import { type Text, text } from '../../model/text.js'
import type { Arrived } from '../../ports/adapter.js'
import { problem } from '../http-outcome.js'
import { counted, measure, parseChecksum, readSmall } from './checksum.js'
import { FileFailure } from './files.js'
import { type Inbox, INSIDE } from './inbox.js'
import { claimName, contentTypeOf, isSideFile, replacementName, sideFilesOf } from './names.js'
import type { ChosenFile } from './selection.js'

export interface Claimed { readonly claim: string, readonly name: string }

export type Taken =
  /** Done, in quarantine, or taken by somebody else. */
  | { readonly kind: 'settled' }
  /** The hub cannot decide now, or this one file cannot be read: the caller gives the claim back. */
  | Claimed & { readonly kind: 'undecided' | 'unreadable', readonly reason: string }

/** Once the hub has decided, the file is put away whatever else ends meanwhile; ms, the second when the session is ending. */
const FINISHING_MS = [10_000, 2000] as const

/** Claims a file, hands it over and puts it away. Rejects with a {@link FileFailure} when the folder failed; the claim stays then. */
export async function takeFile (inbox: Inbox, { name, hasChecksum }: ChosenFile): Promise<Taken> {
  const { files, path, kit, signal } = inbox
  const claim = claimName(kit.endpoint, randomBytes(4).toString('hex'), name)
  const processing = `${path}/${INSIDE.processing}`
  try {
    await files.move(`${path}/${name}`, `${processing}/${claim}`, signal)
  } catch (error) {
    if (error instanceof FileFailure && error.trouble === 'missing') return { kind: 'settled' }
    throw error
  }
  if (hasChecksum) await movePresent(inbox, `${path}/${sideFilesOf(name).checksum}`, `${processing}/${sideFilesOf(claim).checksum}`, signal)
  const verdict = await handOver(inbox, { claim, name, hasChecksum })
  if (verdict.kind === 'undecided' || verdict.kind === 'unreadable') return { ...verdict, claim, name }
  const finishing = AbortSignal.timeout(FINISHING_MS[signal.aborted ? 1 : 0])
  if (verdict.kind === 'refused') await quarantine(inbox, { claim, name, problem: verdict.problem }, finishing)
  else await finish(inbox, { claim, name }, finishing)
  return { kind: 'settled' }
}

/** Puts a file with an unfit name away, unread. */
export async function putAway (inbox: Inbox, name: string): Promise<void> {
  const { files, path, signal } = inbox
  const claim = claimName(inbox.kit.endpoint, randomBytes(4).toString('hex'), replacementName(name))
  try {
    await files.move(`${path}/${name}`, `${path}/${INSIDE.processing}/${claim}`, signal)
  } catch (error) {
    if (error instanceof FileFailure && error.trouble === 'missing') return
    throw error
  }
  const why = text('Tên tệp có ký tự không được dùng hoặc quá dài.', 'The name of the file has characters that are not allowed, or is too long.')
  await quarantine(inbox, { claim, name: replacementName(name), writtenAs: name, problem: problem('REQUEST_INVALID', why) }, signal)
}

type Verdict = Arrived | { kind: 'undecided' | 'unreadable', reason: string }

/** What becomes of a claimed file. */
async function handOver (inbox: Inbox, { claim, name, hasChecksum }: Claimed & { hasChecksum: boolean }): Promise<Verdict> {
  const { files, settings, path, signal } = inbox
  const claimed = `${path}/${INSIDE.processing}/${claim}`
  const bound = boundOf(settings.maxBytes)
  try {
    if ((await files.stat(claimed, signal))?.kind !== 'file') return no('REQUEST_INVALID', text('Không phải tệp thường.', 'It is no regular file.'))
    const expected = hasChecksum ? await writtenChecksum(inbox, claim) : (await measure(await files.read(claimed, signal), bound)).sha256
    if (expected === undefined) return no('CHECKSUM_MISMATCH', text('Tệp .sha256 không đúng dạng.', 'The .sha256 file is not in the right form.'))
    const contentType = contentTypeOf(name, settings.contentTypes) ?? await sniff(await files.read(claimed, signal))
    if (contentType === undefined) return no('CONTENT_TYPE_UNSUPPORTED', text('Không nhận ra kiểu nội dung từ tên tệp.', 'The content type cannot be told from the name of the file.'))
    return await offer(inbox, { claimed, expected, contentType, bound })
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', problem: error.problem }
    // One file that cannot be read must not keep the others waiting.
    if (error instanceof FileFailure && (error.trouble === 'forbidden' || error.trouble === 'failed')) return { kind: 'unreadable', reason: error.message }
    throw error
  }
}

/** Why a file will never be taken, whatever the hub thinks of its content. */
class Refusal extends Error {
  constructor (readonly problem: Problem) { super(problem.detail.en) }
}

function no (code: ErrorCode, detail: Text): Arrived {
  return { kind: 'refused', problem: problem(code, detail) }
}

interface Offered { claimed: string, expected: string, contentType: string, bound: (total: number) => void }

/** Streams the file to the hub. The end of the stream comes only when the bytes are those that were promised. */
async function offer ({ files, accept, agencies, signal }: Inbox, { claimed, expected, contentType, bound }: Offered): Promise<Verdict> {
  let broken: unknown
  const note = async function * (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield * source
    } catch (error) {
      broken = error
      throw error
    }
  }
  const source = await files.read(claimed, signal)
  const body = Readable.from(note(counted(source, {
    onBytes: bound,
    onEnd (count) {
      if (count.sha256() !== expected) throw new Refusal(problem('CHECKSUM_MISMATCH', text('SHA-256 của tệp khác giá trị đã ghi.', 'The SHA-256 of the file is not the one that was written down.')))
    }
  })), { objectMode: false })
  body.on('error', () => {})
  try {
    return await accept({ agencies, contentType, body, idempotencyKey: `sha256:${expected}` })
  } catch (error) {
    if (broken !== undefined) throw broken
    return { kind: 'undecided', reason: error instanceof Error ? error.message : String(error) }
  } finally {
    body.destroy()
    source.destroy()
  }
}

function boundOf (maxBytes: number): (total: number) => void {
  return total => {
    if (total > maxBytes) throw new Refusal(problem('BODY_TOO_LARGE', text(`Tệp vượt ${maxBytes} byte.`, `The file is over ${maxBytes} bytes.`)))
  }
}

async function writtenChecksum ({ files, path, signal }: Inbox, claim: string): Promise<string | undefined> {
  const content = await readSmall(await files.read(`${path}/${INSIDE.processing}/${sideFilesOf(claim).checksum}`, signal))
  return content === undefined ? undefined : parseChecksum(content)
}

/** Markup or JSON by the first byte that is no space; undefined for everything else. */
async function sniff (source: Readable): Promise<string | undefined> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    const start = chunk.toString('utf8').replace(/^\ufeff/, '').trimStart()
    if (start !== '') return start.startsWith('<') ? 'application/xml' : start.startsWith('{') ? 'application/json' : undefined
  }
  return undefined
}

/** The hub has it: into `done`, under another name when that one is taken, or away. */
async function finish (inbox: Inbox, { claim, name }: Claimed, signal: AbortSignal): Promise<void> {
  const { files, path, settings } = inbox
  const from = `${path}/${INSIDE.processing}/`
  const sides = await sidesOf(inbox, { claim, name }, signal)
  if (settings.afterwards === 'delete') {
    for (const side of sides) await files.remove(side.from, signal)
    await files.remove(from + claim, signal)
    return
  }
  await moveAll(inbox, { claim, name, folder: INSIDE.done, sides }, signal)
}

interface Refused extends Claimed { problem: Problem, writtenAs?: string }

/** Where a person finds it: the problem first, so that no file lies there without one. */
async function quarantine (inbox: Inbox, { claim, name, problem, writtenAs }: Refused, signal: AbortSignal): Promise<void> {
  const { files, path, kit } = inbox
  const free = await freeName(inbox, { claim, name, folder: INSIDE.quarantine }, signal)
  const report = { file: writtenAs ?? name, at: new Date(kit.now()).toISOString(), endpoint: kit.endpoint, problem }
  const content = Buffer.from(`${JSON.stringify(report, undefined, 2)}\n`)
  await files.write(`${path}/${INSIDE.quarantine}/${sideFilesOf(free).problem}`, (async function * () { yield content })(), signal)
  await moveAll(inbox, { claim, name, folder: INSIDE.quarantine, sides: await sidesOf(inbox, { claim, name }, signal) }, signal)
  kit.log.warn({ endpoint: kit.endpoint, folder: path, file: free, code: problem.code }, 'file.quarantined')
}

interface Side { from: string, ending: string }

/** Checksum in `processing`, envelope still in the inbox: both follow their package. */
async function sidesOf ({ files, path }: Inbox, { claim, name }: Claimed, signal: AbortSignal): Promise<Side[]> {
  const envelope = sideFilesOf(name).envelope
  const candidates = [
    { from: `${path}/${INSIDE.processing}/${sideFilesOf(claim).checksum}`, ending: '.sha256' },
    ...(isSideFile(envelope) ? [{ from: `${path}/${envelope}`, ending: '.json' }] : [])
  ]
  const present = await Promise.all(candidates.map(async ({ from }) => (await files.stat(from, signal))?.kind === 'file'))
  return candidates.filter((_candidate, index) => present[index])
}

interface Moved extends Claimed { folder: string, sides?: readonly Side[] }

async function moveAll (inbox: Inbox, moved: Moved, signal: AbortSignal): Promise<void> {
  const { path } = inbox
  const free = await freeName(inbox, moved, signal)
  for (const { from, ending } of moved.sides ?? []) await movePresent(inbox, from, `${path}/${moved.folder}/${free}${ending}`, signal)
  await movePresent(inbox, `${path}/${INSIDE.processing}/${moved.claim}`, `${path}/${moved.folder}/${free}`, signal)
}

/** The name it had, or that of the claim when another file has it. */
async function freeName ({ files, path }: Inbox, { claim, name, folder }: Moved, signal: AbortSignal): Promise<string> {
  return await files.stat(`${path}/${folder}/${name}`, signal) === undefined ? name : claim
}

/** Moves what is there; somebody may have tidied up meanwhile. */
async function movePresent ({ files }: Inbox, from: string, to: string, signal: AbortSignal): Promise<void> {
  try {
    await files.move(from, to, signal)
  } catch (error) {
    if (!(error instanceof FileFailure && error.trouble === 'missing')) throw error
  }
}
