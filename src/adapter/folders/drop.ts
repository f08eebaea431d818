// Dropping a package into a folder, so that a reader never sees half of it: temporary name, safe bytes, side files, rename.
import { randomBytes } from 'node:crypto'
import type { Outcome } from '../../model/delivery.js'
import { text } from '../../model/text.js'
import type { OutboundDelivery } from '../../ports/adapter.js'
import { problem } from '../http-outcome.js'
import { checksumLine, counted, measure } from './checksum.js'
import { assertInTime, FileFailure, type FolderFiles, outcomeOfFile } from './files.js'
import { nameOfDelivery, sideFilesOf } from './names.js'

export interface DropSettings {
  /** Must exist: a share that is not mounted must not become a folder on the wrong disk. */
  readonly folder: string
  /** Folders by main code of the recipient; `folder` for everybody else. */
  readonly recipients?: Readonly<Record<string, string>>
  /** Write `<name>.sha256`. */
  readonly checksum: 'written' | 'none'
  /** Write `<name>.json` with the facts of the envelope. */
  readonly envelope: 'written' | 'none'
}

/** What cleaning up may take, ms: an aborted attempt has to be over within a second. */
const CLEANING_MS = 300

/**
 * Drops one delivery. The side files have their names before the package has, so who sees the package finds them whole.
 * A repeated delivery has the same name: present with the same bytes it is delivered, present with others it is refused.
 */
export async function dropPackage (files: FolderFiles, delivery: OutboundDelivery, settings: DropSettings, signal: AbortSignal): Promise<Outcome> {
  const name = nameOfDelivery(delivery)
  const folder = folderOf(delivery, settings)
  const temporary = temporaryOf(name, delivery.attempt)
  try {
    assertInTime(signal)
    const present = await judgePresent(files, delivery, `${folder}/${name}`, signal)
    if (present !== undefined) return present
    // Left by an attempt that was killed. One that still runs fails at its rename, and the same bytes come from here.
    if (delivery.attempt > 1) await files.remove(`${folder}/${temporaryOf(name, delivery.attempt - 1)}`, signal)
    await files.write(`${folder}/${temporary}`, verified(delivery), signal)
    for (const [sideName, content] of sideFiles(delivery, name, settings)) await place(files, { folder, name: sideName, content }, signal)
    await files.move(`${folder}/${temporary}`, `${folder}/${name}`, signal)
    return { kind: 'delivered', externalId: name }
  } catch (error) {
    await removeQuietly(files, `${folder}/${temporary}`)
    if (!(error instanceof FileFailure)) throw error
    return outcomeOfFile(error)
  }
}

/** Whether a file could be dropped: writes a temporary file that no reader looks at, and removes it. */
export async function probeDrop (files: FolderFiles, settings: DropSettings, signal: AbortSignal): Promise<void> {
  for (const folder of new Set([settings.folder, ...Object.values(settings.recipients ?? {})])) {
    await assertFolder(files, folder, signal)
    const path = `${folder}/.lienthong-${randomBytes(6).toString('hex')}.tmp`
    await files.write(path, (async function * () {})(), signal)
    await files.remove(path, signal)
  }
}

/** Rejects unless there is a folder. */
export async function assertFolder (files: FolderFiles, folder: string, signal: AbortSignal): Promise<void> {
  assertInTime(signal)
  const facts = await files.stat(folder, signal)
  if (facts === undefined) throw new FileFailure('missing', folder)
  if (facts.kind === 'file') throw new FileFailure('failed', `${folder} is no folder`)
}

function folderOf ({ recipient }: OutboundDelivery, { folder, recipients = {} }: DropSettings): string {
  return Object.hasOwn(recipients, recipient) ? recipients[recipient] ?? folder : folder
}

function temporaryOf (name: string, attempt: number): string {
  return `.${name}.${attempt}.tmp`
}

/** What it means that something of this name is there; undefined when nothing is. */
async function judgePresent (files: FolderFiles, { body }: OutboundDelivery, path: string, signal: AbortSignal): Promise<Outcome | undefined> {
  const facts = await files.stat(path, signal)
  if (facts === undefined) return undefined
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (facts.kind === 'file' && facts.size === body.size && (await measure(await files.read(path, signal))).sha256 === body.sha256) {
    return { kind: 'delivered', externalId: name }
  }
  return {
    kind: 'refused',
    problem: problem('ENDPOINT_REFUSED', text(
      `Thư mục nhận đã có tệp "${name}" với nội dung khác; không ghi đè.`,
      `The folder holds "${name}" with other content; it is not overwritten.`))
  }
}

/** The bytes of the delivery; ends with an error, before the rename, when they are not those that were promised. */
async function * verified ({ body }: OutboundDelivery): AsyncGenerator<Uint8Array> {
  const source = body.bytes === undefined ? await body.open() : [body.bytes]
  yield * counted(source as AsyncIterable<Uint8Array>, {
    onEnd: count => {
      if (count.bytes !== body.size || count.sha256() !== body.sha256) throw new Error('the stored content is not what its hash says')
    }
  })
}

/** Side files are small, and the same in every attempt: they replace what an earlier attempt left. */
async function place (files: FolderFiles, { folder, name, content }: { folder: string, name: string, content: string }, signal: AbortSignal): Promise<void> {
  const temporary = `${folder}/.${name}.tmp`
  try {
    await files.write(temporary, (async function * () { yield Buffer.from(content) })(), signal)
    // An earlier attempt may have left one, and not every server renames onto what is there.
    await files.remove(`${folder}/${name}`, signal)
    await files.move(temporary, `${folder}/${name}`, signal)
  } catch (error) {
    await removeQuietly(files, temporary)
    // Only the name of the package itself has an effect.
    throw error instanceof FileFailure && error.uncertain ? new FileFailure(error.trouble, error.reason, { cause: error }) : error
  }
}

function sideFiles (delivery: OutboundDelivery, name: string, settings: DropSettings): Array<[string, string]> {
  const { checksum, envelope } = sideFilesOf(name)
  return [
    ...(settings.checksum === 'written' ? [[checksum, checksumLine(delivery.body.sha256, name)] satisfies [string, string]] : []),
    ...(settings.envelope === 'written' ? [[envelope, envelopeFacts(delivery, name)] satisfies [string, string]] : [])
  ]
}

function envelopeFacts ({ deliveryId, packageId, recipient, envelope, body, traceparent }: OutboundDelivery, file: string): string {
  const { mediaType, size, sha256 } = body
  return `${JSON.stringify({ file, deliveryId, packageId, recipient, mediaType, size, sha256, traceparent, envelope }, undefined, 2)}\n`
}

/** Whatever is left behind has a name that no reader looks at; the next attempt removes it. */
async function removeQuietly (files: FolderFiles, path: string): Promise<void> {
  await files.remove(path, AbortSignal.timeout(CLEANING_MS)).catch(() => {})
}
