// Picking packages up from folders: one loop per folder, the oldest first, one at a time, so that what was dropped first is
// accepted first. A folder in trouble is looked at again later; the others go on.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Accept } from '../../ports/adapter.js'
import { runTogether } from '../loops.js'
import { FileFailure, type FolderFiles } from './files.js'
import { type Inbox, INSIDE, type PickUpSettings } from './inbox.js'
import { claimedName, sideFilesOf } from './names.js'
import { type ChosenFile, createSelection, type Selection } from './selection.js'
import { putAway, takeFile } from './take.js'
import { assertFolder } from './drop.js'

/** More than so many names are not looked at in one round. */
const MOST_ENTRIES = 10_000
const LONGEST_PAUSE_MS = 60_000

export interface PickUpOptions { settings: PickUpSettings, accept: Accept, kit: Inbox['kit'], signal: AbortSignal }

/** Runs until aborted. Rejects only for a defect: what can happen to files and to the hub is waited out here. */
export async function pickUp (files: FolderFiles, { settings, accept, kit, signal }: PickUpOptions): Promise<void> {
  await runTogether(settings.folders.map(({ path, agencies }) => async signal => { await watch({ files, settings, path, agencies, accept, kit, signal }) }), signal)
}

async function watch (inbox: Inbox): Promise<void> {
  const { kit, signal, settings, path } = inbox
  const selection = createSelection(settings)
  const pollMs = settings.pollSeconds * 1000
  let isPrepared = false
  let troubles = 0
  let told: string | undefined
  while (!signal.aborted) {
    let waitMs = pollMs
    try {
      if (!isPrepared) await prepare(inbox)
      isPrepared = true
      await lookOnce(inbox, selection)
      troubles = 0
      told = undefined
    } catch (error) {
      if (signal.aborted) return
      const reason = error instanceof FileFailure ? error.message : undefined
      if (reason === undefined && !(error instanceof HubTrouble)) throw error
      // Claims that could not be given back while the folder was away are given back when it is there again.
      isPrepared = false
      if (reason !== undefined && reason !== told) kit.log.warn({ endpoint: kit.endpoint, folder: path, reason }, 'folder.unavailable')
      told = reason
      waitMs = Math.min(pollMs * 2 ** Math.min(troubles++, 10), Math.max(pollMs, LONGEST_PAUSE_MS))
    }
    await sleep(waitMs, undefined, { signal }).catch(() => {})
  }
}

/** The hub could not decide: what came later must not be accepted first. */
class HubTrouble extends Error {}

async function prepare ({ files, path, kit, signal }: Inbox): Promise<void> {
  await assertFolder(files, path, signal)
  for (const folder of Object.values(INSIDE)) await files.makeFolder(`${path}/${folder}`, signal)
  for (const { name: claim } of await files.list(`${path}/${INSIDE.processing}`, MOST_ENTRIES, signal)) {
    const name = claimedName(kit.endpoint, claim)
    // Only one process at a time receives for an endpoint: claims that are there before it begins belong to the dead.
    if (name !== undefined) await giveBack({ files, path, signal }, { claim, name })
  }
}

/** Moves a claim back to where it was; under the claim's name when the old name is taken again. */
async function giveBack ({ files, path, signal }: Pick<Inbox, 'files' | 'path' | 'signal'>, { claim, name }: { claim: string, name: string }): Promise<void> {
  const isTaken = await files.stat(`${path}/${name}`, signal) !== undefined
  try {
    await files.move(`${path}/${INSIDE.processing}/${claim}`, `${path}/${isTaken ? claim : name}`, signal)
  } catch (error) {
    // Somebody else has cleaned up meanwhile.
    if (!(error instanceof FileFailure && error.trouble === 'missing')) throw error
  }
}

async function lookOnce (inbox: Inbox, selection: Selection): Promise<void> {
  const { files, path, kit, signal } = inbox
  const entries = await files.list(path, MOST_ENTRIES, signal)
  const { ready, odd, unreadable } = selection.choose(entries, kit.now())
  for (const name of unreadable) kit.log.warn({ endpoint: kit.endpoint, folder: path, file: JSON.stringify(name).slice(0, 200) }, 'file.ignored')
  for (const name of odd) await putAway(inbox, name)
  for (const file of ready) {
    if (signal.aborted) return
    await takeOne(inbox, selection, file)
  }
}

async function takeOne (inbox: Inbox, selection: Selection, file: ChosenFile): Promise<void> {
  const { kit, path, signal } = inbox
  const taken = await takeFile(inbox, file)
  if (taken.kind === 'settled') return
  const { claim, name, reason } = taken
  const back = { ...inbox, signal: signal.aborted ? AbortSignal.timeout(CLEANING_MS) : signal }
  // The checksum first: who sees the package again finds it whole.
  if (file.hasChecksum) await giveBack(back, { claim: sideFilesOf(claim).checksum, name: sideFilesOf(name).checksum })
  await giveBack(back, { claim, name })
  const isFirst = selection.rest(name, kit.now())
  if (isFirst) kit.log.warn({ endpoint: kit.endpoint, folder: path, file: name, reason }, 'file.returned')
  if (taken.kind === 'undecided') throw new HubTrouble()
}

const CLEANING_MS = 2000
