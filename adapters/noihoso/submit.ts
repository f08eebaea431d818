// A dossier package → code, files, dossier, reports, each once. What the portal has given is written down before it is used, so
// that a later attempt goes on instead of beginning again: the portal itself recognises no repeats.
import { createHash } from 'node:crypto'
import {
  type AdapterKit, delivered, type Dossier, type OutboundDelivery, type Outcome, outcomeOfFailure, problem, refused, text, type UploadedFile, type WireCall, type WireContext
} from 'lienthong/adapter'
import { type CallOptions, certain, type Portal } from './portal.js'

const STATUS = 'CapNhatTrangThai'
const CREATE = 'TaoHoSo'
const DAY_MS = 86_400_000

export interface Submitting {
  portal: Portal
  kit: AdapterKit
  settings: { codes: 'partner' | 'ours', receivingUnit: string, publicServices: Record<string, string>, codesAs: 'number' | 'string', rememberDays: number, paths: { find: string } }
}

/** What is known of one dossier there. */
interface Known {
  /** Its code there. */
  code?: string
  idHoSo?: string
  /** The package that made it, once it is made. */
  madeBy?: string
  /** The package that was being sent when the hub last heard nothing more. */
  trying?: string
  /** Files that are there already, while it is not made. */
  uploads?: Record<string, UploadedFile>
  /** The delivery whose reports were taken last. */
  reported?: string
}

interface Work extends Submitting { delivery: OutboundDelivery, dossier: Dossier, known: Known, options: CallOptions, save (known: Known): Promise<void> }

/** One attempt. Rejects as the kit does when there is no answer, a file cannot be read, or the memory is away. */
export async function submitDossier (delivery: OutboundDelivery, submitting: Submitting, signal: AbortSignal): Promise<Outcome> {
  const { content, recipient, deliveryId, traceparent } = delivery
  if (content.kind !== 'dossier') return refused(problem('TRANSFORM_FAILED', text('Cổng chỉ nhận hồ sơ.', 'The portal takes dossiers only.')))
  const { kit: { memory }, settings } = submitting
  const to = settings.receivingUnit !== '' ? settings.receivingUnit : content.dossier.to.length === 1 ? content.dossier.to[0] ?? recipient : recipient
  const dossier = { ...content.dossier, to: [to] }
  const { key, known } = await recall(content.dossier, delivery, submitting)
  const work: Work = {
    ...submitting, delivery, dossier, known,
    options: { signal, headers: { 'idempotency-key': deliveryId, traceparent }, note: delivery.noteSent },
    save: async known => {
      work.known = known
      await memory.write(key, known, { keepMs: settings.rememberDays * DAY_MS })
    }
  }
  const { calls, faults } = write(work, new Map(delivery.attachments.map(({ sha256 }) => [sha256, { IdTepTin: '', HashTepTin: sha256 }])))
  const [wrong] = faults
  if (wrong !== undefined) return refused(problem('TRANSFORM_FAILED', wrong.detail))
  const made = calls.some(({ service }) => service === CREATE) ? await make(work) : undefined
  return made ?? await report(work)
}

/** Of several units each has a dossier of its own there, and a row; what is told of it later, to whomever, finds that before the one of all. */
async function recall ({ MaHoSo, to }: Dossier, { recipient }: OutboundDelivery, { kit: { memory }, settings }: Submitting): Promise<{ key: string, known: Known }> {
  const [common, own] = [keyOf(MaHoSo), keyOf(`${MaHoSo}\n${recipient}`)]
  const apart = settings.receivingUnit === '' ? await memory.read(own) as Known | undefined : undefined
  const known = apart ?? (await memory.read(common) ?? {}) as Known
  return { key: apart !== undefined || (settings.receivingUnit === '' && to.length > 1) ? own : common, known }
}

function keyOf (dossier: string): string {
  return `dossier:${createHash('sha256').update(dossier).digest('hex')}`
}

function write ({ kit, dossier, known, settings }: Work, uploads: ReadonlyMap<string, UploadedFile>): ReturnType<AdapterKit['codecs']['dossier']['wires']['noihoso']['toWire']> {
  const code = known.code ?? dossier.MaHoSoKhac
  const service = settings.publicServices[dossier.HoSo?.MaTTHC ?? '']
  const context: WireContext = {
    uploads,
    codesAs: settings.codesAs,
    ...(code === undefined || code === '' ? {} : { codeAtPartner: code }),
    ...(known.idHoSo === undefined ? {} : { idAtPartner: known.idHoSo }),
    ...(service === undefined ? {} : { publicServiceCode: service })
  }
  return kit.codecs.dossier.wires.noihoso.toWire(dossier, context)
}

/** Makes the dossier unless this package has made it. An outcome when it could not be. */
async function make (work: Work): Promise<Outcome | undefined> {
  const { delivery: { packageId }, settings, portal, options } = work
  if (work.known.madeBy === packageId) return undefined
  if (work.known.trying === packageId && work.known.code !== undefined && settings.paths.find !== '') {
    const found = await portal.find(work.known.code, options)
    if ('outcome' in found) return found.outcome
    if (found.value !== undefined) {
      await settle(work, found.value)
      return undefined
    }
  }
  const stopped = await prepare(work)
  if (stopped !== undefined) return stopped
  const call = write(work, new Map(Object.entries(work.known.uploads ?? {}))).calls.find(({ service }) => service === CREATE)
  if (call === undefined) throw new Error('a dossier that is not written as one')
  await work.save({ ...work.known, trying: packageId })
  const made = await portal.create(call, options)
  if ('outcome' in made) {
    // Said no for certain: nothing was made, and a corrected package begins anew under the same code.
    if (made.outcome.kind === 'refused') await work.save(without(work.known, 'trying'))
    return made.outcome
  }
  await settle(work, made.value)
  return undefined
}

/** A lost answer to a code or a file leaves no dossier behind: at worst a number or a file that nobody uses. */
async function prepare (work: Work): Promise<Outcome | undefined> {
  try {
    const stopped = await takeCode(work) ?? await uploadFiles(work)
    return stopped === undefined ? undefined : certain(stopped)
  } catch (error) {
    return certain(outcomeOfFailure(error))
  }
}

/** The portal's code, asked once for each dossier: it counts them. */
async function takeCode ({ known, settings, portal, options, save }: Work): Promise<Outcome | undefined> {
  if (settings.codes === 'ours' || known.code !== undefined) return undefined
  const next = await portal.nextCode(options)
  if ('outcome' in next) return next.outcome
  await save({ ...known, code: next.value })
  return undefined
}

async function uploadFiles (work: Work): Promise<Outcome | undefined> {
  const { delivery, portal, options } = work
  for (const file of delivery.attachments) {
    if (Object.hasOwn(work.known.uploads ?? {}, file.sha256)) continue
    const uploaded = await portal.upload(file, async () => await delivery.openAttachment(file.n), options)
    if ('outcome' in uploaded) return uploaded.outcome
    await work.save({ ...work.known, uploads: { ...work.known.uploads, [file.sha256]: uploaded.value } })
  }
  return undefined
}

async function settle ({ known, save, delivery, dossier }: Work, { idHoSo, maHoSo }: { idHoSo: string, maHoSo: string }): Promise<void> {
  const { code = dossier.MaHoSo } = known
  await save({ code: maHoSo === '' ? code : maHoSo, idHoSo, madeBy: delivery.packageId, ...(known.reported === undefined ? {} : { reported: known.reported }) })
}

/** Progress and status; told once for each delivery. */
async function report (work: Work): Promise<Outcome> {
  const { delivery: { deliveryId }, portal, options, dossier } = work
  const reports: WireCall[] = write(work, new Map(work.delivery.attachments.map(({ sha256 }) => [sha256, { IdTepTin: '', HashTepTin: sha256 }]))).calls.filter(({ service }) => service !== CREATE)
  if (reports.length > 0 && work.known.reported !== deliveryId) {
    for (const call of reports) {
      const told = await portal.report(call.service === STATUS ? 'status' : 'steps', call, options)
      if ('outcome' in told) return told.outcome
    }
    await work.save({ ...work.known, reported: deliveryId })
  }
  return delivered(work.known.code ?? dossier.MaHoSo)
}

function without (known: Known, name: keyof Known): Known {
  const copy = { ...known }
  delete copy[name]
  return copy
}
