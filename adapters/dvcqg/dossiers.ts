// A dossier package → calls of the portal, in their order, until one does not work. What the portal knows is learned from its
// answers, so nothing has to be remembered of a dossier; only how far a delivery came, so that no step is told twice.
import {
  type AdapterKit, deferred, delivered, type Dossier, openProgress, type OutboundDelivery, type Outcome, plain, problem, refused, text, type WireCall, type Written
} from 'lienthong/adapter'
import type { Dictionaries } from './dictionaries.js'
import { type Portal, refusalOf, type Reply } from './portal.js'

const SYNC = 'DongBoHoSoMC'
const UNKNOWN_DOSSIER = /(?:khong|chua) (?:ton tai|tim thay)|khong tim thay/

export interface Delivering { portal: Portal, dictionaries: Dictionaries, kit: AdapterKit, unit: string, files: 'links' | 'none' }

/** One attempt. Rejects only when a link cannot be made or the memory is away: nothing was sent then. */
export async function deliverDossier (delivery: OutboundDelivery, delivering: Delivering, signal: AbortSignal): Promise<Outcome> {
  const { content, deliveryId, traceparent } = delivery
  if (content.kind !== 'dossier') return refused(problem('TRANSFORM_FAILED', text('Cổng chỉ nhận hồ sơ.', 'The portal takes dossiers only.')))
  const { portal, dictionaries, kit, unit, files } = delivering
  const links = files === 'links' ? await linksOf(delivery, kit) : new Map<string, string>()
  const dossier = await dictionaries.complete(content.dossier, signal)
  const write = (mode?: 'create' | 'update'): Written =>
    kit.codecs.dossier.wires.dvcqg.toWire(dossier, { unit, fileLink: sha256 => links.get(sha256), ...(mode === undefined ? {} : { mode }) })
  const { calls, faults } = write()
  const [wrong] = faults
  if (wrong !== undefined) return refused(problem('TRANSFORM_FAILED', wrong.detail))
  const progress = await openProgress(deliveryId, kit)
  const send = async (call: WireCall | undefined): Promise<Reply> => await portal.call(call?.body as object, {
    signal, headers: { 'idempotency-key': deliveryId, traceparent }, note: body => { delivery.noteSent({ call: call?.service ?? '', mediaType: 'application/json', body }) }
  })
  for (const [index, call] of calls.entries()) {
    if (index < progress.done) continue
    const reply = call.service === SYNC ? await synchronise(call, { send, write }) : await send(call)
    if (reply.kind !== 'ok') return outcomeOf(reply, dossier, call)
    if (call.service !== SYNC) await progress.note(index + 1)
  }
  return delivered()
}

interface Sending { send: (call: WireCall | undefined) => Promise<Reply>, write: (mode: 'create' | 'update') => Written }

/** Whether the portal has the dossier is its own affair: it is told the other way round when it says so. */
async function synchronise (call: WireCall, { send, write }: Sending): Promise<Reply> {
  const reply = await send(call)
  const isUpdating = (call.body as { isUpdating?: unknown }).isUpdating === 'True'
  if (reply.kind === 'exists' && !isUpdating) return await send(write('update').calls[0])
  if (reply.kind === 'refused' && isUpdating && UNKNOWN_DOSSIER.test(withoutMarks(reply.message))) return await send(write('create').calls[0])
  return reply
}

function outcomeOf (reply: Exclude<Reply, { kind: 'ok' }>, { HoSo }: Dossier, { service }: WireCall): Outcome {
  switch (reply.kind) {
    case 'failed': return reply.outcome
    // It is there, and it is not there: somebody else works on it at this moment.
    case 'exists': return deferred(refusalOf('3', plain(reply.message)))
    case 'refused': {
      if (service === SYNC || HoSo !== undefined || !UNKNOWN_DOSSIER.test(withoutMarks(reply.message))) return refused(refusalOf(reply.code, reply.message))
      const { detail } = refusalOf(reply.code, reply.message)
      return refused(problem('ENDPOINT_REFUSED', text(`${detail.vi} Hãy gửi hồ sơ (HoSo) trước tiến độ.`, `${detail.en} Send the dossier (HoSo) before its progress.`)))
    }
  }
}

/** One link for each file of the package. */
async function linksOf ({ packageId, attachments }: OutboundDelivery, { links }: AdapterKit): Promise<Map<string, string>> {
  const made = attachments.map(async ({ n, sha256 }): Promise<[string, string]> => [sha256, await links.publish({ packageId, attachment: n })])
  return new Map(await Promise.all(made))
}

function withoutMarks (vietnamese: string): string {
  return vietnamese.toLowerCase().normalize('NFD').replace(/\p{Mn}/gu, '').replaceAll('đ', 'd')
}
