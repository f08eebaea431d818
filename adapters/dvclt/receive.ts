// Inbound: the list of waiting dossiers is looked at again and again; each new one is handed to the hub as it streams in, and
// receipt is confirmed only when the hub has it. One bad dossier never holds up another.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Accept, type AdapterKit, type Arrived, type DvcltListItem, limited, parseJson, plain, type Problem, readUpTo } from 'lienthong/adapter'
import type { Offer, Records } from './records.js'
import { confirmation, type Reporting } from './report.js'

export interface ReceiveSettings { agency: string, units: Record<string, string>, pollMs: number, confirm: 'stored' | 'ack', onRefused: 'leave' | 'reject', rememberDays: number }

export interface Receiving extends Reporting { settings: Reporting['settings'] & ReceiveSettings, records: Records, kit: AdapterKit }

const MOST_LIST_BYTES = 8 * 2 ** 20
/** What the hub refused is tried again after so long: its directory or settings may have been put right. */
const REFUSED_AGAIN_MS = 3_600_000
/** Shorter than anything is remembered for. */
const RENEW_MS = 7 * 86_400_000
/** A call may take so long; a dossier with its files longer. */
const CALL_LIMIT_MS = 60_000
const DOSSIER_LIMIT_MS = 900_000

/** Runs until aborted. */
export async function receiveDossiers (receiving: Receiving, accept: Accept, signal: AbortSignal): Promise<void> {
  const { kit, settings } = receiving
  for (let failures = 0; !signal.aborted;) {
    try {
      await round(receiving, accept, signal)
      if (failures > 0) kit.log.info({ failures }, 'poll.recovered')
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      // The first of an outage is told, the rest are the same.
      if (failures++ === 0) kit.log.warn({ reason: reasonOf(error) }, 'poll.failed')
    }
    await sleep(settings.pollMs, undefined, { signal }).catch(() => {})
  }
}

/** One look at the list. Rejects when the list does not come, or when the hub cannot take anything now. */
async function round (receiving: Receiving, accept: Accept, signal: AbortSignal): Promise<void> {
  for (const item of await waiting(receiving, signal)) {
    if (signal.aborted) return
    try {
      await take(item, { ...receiving, accept, signal })
    } catch (error) {
      if (error instanceof NotNow) throw error
      if (!signal.aborted) receiving.kit.log.warn({ id: plain(item.id, { maxLength: 100 }), reason: reasonOf(error) }, 'dossier.left')
    }
  }
}

/** Oldest first. */
async function waiting ({ main, kit, settings: { paths } }: Receiving, stopping: AbortSignal): Promise<DvcltListItem[]> {
  const answer = await main.open({ method: 'GET', path: paths.list, signal: limited(CALL_LIMIT_MS, stopping) })
  const { body, truncated } = await readUpTo(answer, MOST_LIST_BYTES)
  if (answer.status !== 200) throw new Error(`the list was answered with ${answer.status}`)
  if (truncated) throw new Error(`the list is over ${MOST_LIST_BYTES} bytes`)
  const { items, faults } = kit.codecs.dossier.readDvcltList(parseJson(body.toString('utf8')))
  if (faults.length > 0) kit.log.warn({ faults: faults.length, first: faults[0]?.pointer }, 'list.faulty')
  return [...items].sort(({ ngayTiepNhan: a = '9' }, { ngayTiepNhan: b = '9' }) => a < b ? -1 : a > b ? 1 : 0)
}

interface Taking extends Receiving { accept: Accept, signal: AbortSignal }

async function take (item: DvcltListItem, taking: Taking): Promise<void> {
  const { records, kit, settings } = taking
  const known = await records.offer(item.maHoSo)
  if (known?.fate === 'refused' && kit.now() < known.at + REFUSED_AGAIN_MS) return
  if (known !== undefined && known.fate !== 'refused' && !known.awaits) {
    await offeredStill(item, known, taking)
    return
  }
  const unit = settings.units[item.maDonVi]
  if (unit === undefined && Object.keys(settings.units).length > 0) {
    kit.log.warn({ id: plain(item.id, { maxLength: 100 }), unit: plain(item.maDonVi, { maxLength: 20 }) }, 'unit.unknown')
    return
  }
  const next = (known?.round ?? -1) + (known?.awaits === false ? 0 : 1)
  const arrived = await handOver(item, { ...taking, round: next, ...(unit === undefined ? {} : { to: [unit] }) })
  const offer: Offer = { id: item.id, fate: 'stored', at: kit.now(), round: next, awaits: false }
  if (arrived.kind === 'refused') {
    await giveBack(item, { ...offer, fate: 'refused' }, arrived.problem, taking)
    return
  }
  // What the hub has of it already is not the supplement: that is yet to come.
  if (known?.awaits === true && arrived.repeated && (known.packageId ?? arrived.packageId) === arrived.packageId) {
    await offeredStill(item, known, taking)
    return
  }
  const stored = { ...offer, packageId: arrived.packageId }
  await records.write(item.maHoSo, stored)
  if (settings.confirm === 'stored') await confirm(item, stored, taking)
}

/** The confirmation was lost, or waits for the agency. What was sent back is theirs to take off the list. */
async function offeredStill (item: DvcltListItem, known: Offer, taking: Taking): Promise<void> {
  const { records, kit, settings } = taking
  // What they keep on their list is not forgotten here.
  if (kit.now() > known.at + RENEW_MS) await records.write(item.maHoSo, { ...known, at: kit.now() })
  if (known.fate === 'confirmed' || (known.fate === 'stored' && settings.confirm === 'stored')) await confirm(item, known, taking)
}

/** The dossier streams from there into the hub. */
async function handOver (item: DvcltListItem, { main, settings, accept, signal, round, to }: Taking & { round: number, to?: string[] }): Promise<Arrived> {
  const answer = await main.open({ method: 'GET', path: settings.paths.detail.replaceAll('{id}', encodeURIComponent(item.id)), signal: limited(DOSSIER_LIMIT_MS, signal) })
  try {
    if (answer.status !== 200) throw new Error(`the dossier was answered with ${answer.status}`)
    return await accept({ agencies: [settings.agency], contentType: 'application/json', body: answer.body, idempotencyKey: `${item.id}/${round}`.slice(-255), ...(to === undefined ? {} : { to }) })
      .catch((error: unknown) => { throw answer.body.errored === null ? new NotNow(reasonOf(error)) : new Error('the dossier broke off') })
  } finally {
    answer.body.destroy()
  }
}

async function confirm (item: DvcltListItem, offer: Offer, { main, records, kit, settings, signal }: Taking): Promise<void> {
  const failed = await main.send(confirmation(item.id, settings, { signal: limited(CALL_LIMIT_MS, signal) }))
  if (failed !== undefined) throw new Error('problem' in failed ? failed.problem.detail.en : 'not confirmed')
  if (offer.fate === 'stored') await records.write(item.maHoSo, { ...offer, fate: 'confirmed', at: kit.now() })
}

/** A refusal of the hub is none of the agency's: only where the province wants it so, the citizen is told. */
async function giveBack (item: DvcltListItem, offer: Offer, problem: Problem, taking: Taking): Promise<void> {
  const { settings, records, kit, signal } = taking
  kit.log.warn({ id: plain(item.id, { maxLength: 100 }), code: problem.code, onRefused: settings.onRefused }, 'dossier.refused')
  if (settings.onRefused === 'reject') {
    const { maHoSo: MaHoSo, maTTHC: MaTTHC } = item
    const reason = problem.detail.vi.slice(0, 1000)
    const step = { NguoiXuLy: 'Trục liên thông', ThoiDiemXuLy: stampOf(kit.now()), NoiDungXuLy: reason, TrangThai: '3' as const }
    const calls = kit.codecs.dossier.wires.dvclt.toWire({ packageId: item.id, kind: 'progress', from: settings.agency, to: [settings.agency], MaHoSo, MaHoSoKhac: MaHoSo, MaTTHC, reason, TienDo: [step] }, {}).calls
    const [call] = calls
    if (call === undefined) throw new Error('the refusal cannot be written')
    await tell(call.body, taking, signal)
    await records.write(MaHoSo, { ...offer, fate: 'rejected' })
    return
  }
  await records.write(item.maHoSo, offer)
}

async function tell (body: unknown, { status, settings }: Taking, signal: AbortSignal): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(body))
  const failed = await status.send({
    method: 'POST', path: settings.paths.status, signal: limited(CALL_LIMIT_MS, signal), headers: { 'content-type': 'application/json', 'content-length': String(bytes.length) }, body: () => bytes
  })
  if (failed !== undefined) throw new Error('problem' in failed ? failed.problem.detail.en : 'not told')
}

/** The hub decides nothing now: the rest of the list waits, too. */
class NotNow extends Error {}

function reasonOf (error: unknown): string {
  return plain(error instanceof Error ? error.message : String(error))
}

/** yyyyMMddHHmmss in Việt Nam. */
function stampOf (at: number): string {
  return new Date(at + 7 * 3_600_000).toISOString().replace(/\D/g, '').slice(0, 14)
}
