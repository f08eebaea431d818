// A push of the national portal: several dossiers in one call become packages of their own, all of them or none.
import { CATALOGUE, fault, HubError } from '../../errors.js'
import type { Fault } from '../../model/problem.js'
import { text } from '../../model/text.js'
import type { Part } from '../../formats/codec.js'
import { type PushPart, splitPush } from '../../formats/dossier/dvcqg-push.js'
import { markupTooLarge } from '../../formats/markup.js'
import type { Arrival, Intake } from '../../pipeline/types.js'

/** Bytes of a push; what each dossier may have of them is a matter of its codec. */
const MOST_BYTES = 16 * 2 ** 20
const MOST_DOSSIERS = 200
const MOST_ENTRIES = 2000

/**
 * Takes the dossiers of a push in their order. All are tried out before the first is stored, so that faults of one refuse all: their
 * places are those of the push. What fails in between was no fault of the push; the same push again completes it, and repeats nothing.
 */
export async function acceptPush (parts: AsyncIterable<Part>, { intake, arrive }: { intake: Intake, arrive: (part: Part) => Arrival }): Promise<void> {
  const dossiers = dossiersOf(await wholeOf(parts))
  const arrivalOf = (dossier: PushPart): Arrival => arrive({ contentType: 'application/json', body: asBody(dossier) })
  if (dossiers.length > 1) await tryOut(dossiers, async dossier => { await intake.plan(arrivalOf(dossier)) })
  for (const dossier of dossiers) await intake.accept(arrivalOf(dossier))
}

/** Counted before anything is worked at: a push is small, and what it could be made into is not. */
function dossiersOf (push: Buffer): PushPart[] {
  try {
    const dossiers = splitPush(push, MOST_ENTRIES)
    if (dossiers.length > MOST_DOSSIERS) throw new RangeError(`${dossiers.length} dossiers`)
    const common = dossiers.length > 1 ? push.length - dossiers.reduce((sum, { size }) => sum + size, 0) : 0
    if (common * dossiers.length > MOST_BYTES) throw markupTooLarge(MOST_BYTES)
    return dossiers
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const detail = text(`Mỗi lần gửi nhận nhiều nhất ${MOST_DOSSIERS} hồ sơ, ${MOST_ENTRIES} mục.`, `At most ${MOST_DOSSIERS} dossiers and ${MOST_ENTRIES} entries are taken at a time.`)
    throw new HubError('PACKAGE_INVALID', detail, { errors: [fault('FIELD_INVALID', '/data', detail, { expected: `<= ${MOST_DOSSIERS}`, found: error.message })] })
  }
}

async function tryOut (dossiers: readonly PushPart[], plan: (dossier: PushPart) => Promise<void>): Promise<void> {
  const refusals: HubError[] = []
  const errors: Fault[] = []
  for (const dossier of dossiers) {
    try {
      await plan(dossier)
    } catch (error) {
      if (!(error instanceof HubError) || CATALOGUE[error.code].faultOf !== 'caller') throw error
      refusals.push(error)
      errors.push(...faultsOf(error, dossier))
    }
  }
  const [first] = refusals
  if (first === undefined) return
  throw new HubError(first.code, text(`${refusals.length} trong ${dossiers.length} hồ sơ có lỗi; không hồ sơ nào được nhận.`, `${refusals.length} of ${dossiers.length} dossiers have faults; none was taken.`), { errors })
}

/** With the places that they have in the push. */
function faultsOf ({ code, detail, errors }: HubError, { places }: PushPart): Fault[] {
  if (errors.length === 0) return [fault(code, `/data/${places[0] ?? 0}`, detail)]
  return errors.map(each => ({ ...each, pointer: each.pointer.replace(/^\/data\/(\d+)/, (_, place: string) => `/data/${places[Number(place)] ?? place}`) }))
}

async function wholeOf (parts: AsyncIterable<Part>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const { body } of parts) {
    for await (const chunk of body) {
      size += chunk.byteLength
      if (size > MOST_BYTES) throw markupTooLarge(MOST_BYTES)
      chunks.push(chunk)
    }
  }
  return Buffer.concat(chunks)
}

async function * asBody ({ bytes }: PushPart): AsyncGenerator<Uint8Array> {
  yield bytes()
}
