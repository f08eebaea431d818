// An operator's word on one delivery: locked, judged by the table of operations, done, and told in the same transaction.
import { CATALOGUE, fault, HubError, type ErrorCode } from '../errors.js'
import { newId } from '../ids.js'
import type { DeliveryState, Envelope } from '../model/generated.js'
import type { Lane } from '../model/lane.js'
import { RULES, verdictOf, type Operation } from '../model/operation.js'
import type { Problem } from '../model/problem.js'
import { text, type Text } from '../model/text.js'
import type { ClaimCheck } from '../ports/broker.js'
import type { Operated, OperateOptions } from '../ports/operating.js'
import type { StoredDelivery } from '../ports/store.js'
import { place, type PlaceOptions } from './order.js'
import { DELIVERY_COLUMNS, toDelivery, type DeliveryRow } from './rows.js'
import { escapeText, instant, isId, toJson, type Sql } from './sql.js'
import { revive, wake } from './wake.js'

/** See `OperatorStore.operate`. */
export async function operate (sql: Sql, options: OperateOptions): Promise<Operated> {
  const operated = await sql.transaction(async tx => await operateOn(tx, options))
  return { ...operated, claims: [...operated.claims, ...await wakeFollowers(sql, options)] }
}

/** After the commit: who waited for a cancelled delivery is told. What fails here the next sweep makes up for. */
export async function wakeFollowers (sql: Sql, { id, operation, at }: Pick<OperateOptions, 'id' | 'operation' | 'at'>): Promise<ClaimCheck[]> {
  return operation === 'cancel' ? await wake(sql, [id], at).catch(() => []) : []
}

interface Held { delivery: StoredDelivery, lane: Lane, kind: Envelope['kind'], isPurged: boolean, leasedUntil: number | null }

type Act = (tx: Sql, held: Held, options: OperateOptions) => Promise<ClaimCheck[]>

/** Does it in the transaction of the caller. When it throws a `HubError`, nothing was changed. */
export async function operateOn (tx: Sql, options: OperateOptions): Promise<Operated> {
  const { operation, batch } = options
  const held = await hold(tx, options.id)
  const { delivery } = held
  const { state } = delivery
  if (batch !== undefined && state !== batch.frozen) throw changedSince(state, batch.frozen)
  const verdict = verdictOf(operation, state)
  if (verdict === 'refused') throw state === 'active' ? underWay(held, options) : notPossible(options, state)
  if (verdict === 'done') return { delivery, changed: false, claims: [] }
  if (operation !== 'cancel' && operation !== 'hold') assertSendable(held, options)
  if (operation === 'resend') return await resend(tx, held, options)
  const claims = await ACTS[operation](tx, held, options)
  return { delivery: (await hold(tx, delivery.id)).delivery, changed: true, claims }
}

/**
 * Locks the package first, as a purge does: either the purge is over and seen here, or it passes this package over. So no
 * delivery is ever made live whose bytes are going.
 */
async function hold (tx: Sql, id: string): Promise<Held> {
  const [of] = !isId(id) ? [] : await tx.query<{ kind: Envelope['kind'], purged: boolean }>(
    'SELECT p.kind, p.purged_at IS NOT NULL AS purged FROM package p WHERE p.id = (SELECT package_id FROM delivery WHERE id = $1::uuid) FOR UPDATE', [id])
  const [row] = of === undefined ? [] : await tx.query<DeliveryRow & { lane: Lane, leased_until: number | null }>(`SELECT ${DELIVERY_COLUMNS}, d.lane, d.leased_until FROM delivery d WHERE d.id = $1::uuid FOR UPDATE`, [id])
  if (of === undefined || row === undefined) throw new HubError('NOT_FOUND', text(`Không có lượt chuyển ${id}.`, `There is no delivery ${id}.`))
  return { delivery: toDelivery(row), lane: row.lane, kind: of.kind, isPurged: of.purged, leasedUntil: row.leased_until }
}

function assertSendable ({ delivery, kind, isPurged }: Held, { operation, target }: OperateOptions): void {
  if (isPurged) throw new HubError('CONTENT_PURGED', CATALOGUE.CONTENT_PURGED.title)
  if (delivery.agency === undefined) {
    throw refused(text(`Mã nơi nhận "${delivery.to}" không có trong danh mục, không gửi được đến đâu.`, `The recipient "${delivery.to}" is not in the directory, so it cannot be sent anywhere.`), '/agency')
  }
  if (operation !== 'redirect' && delivery.endpoint === undefined) {
    throw refused(text('Chưa có điểm kết nối nào phục vụ nơi nhận này; hãy chuyển hướng đến một điểm kết nối.', 'No endpoint serves this recipient; redirect it to one.'), '/endpoint')
  }
  if (target !== undefined && !target.kinds.includes(kind)) {
    throw refused(text(`Điểm kết nối "${target.endpoint}" nhận định dạng ${target.format}, không dùng được cho loại gói tin này (${kind}).`, `The endpoint "${target.endpoint}" takes ${target.format}, which packages of this kind (${kind}) cannot take.`), '/endpoint')
  }
}

function refused (detail: Text, pointer: string): HubError {
  return new HubError('OPERATION_NOT_POSSIBLE', detail, { errors: [fault('OPERATION_NOT_POSSIBLE', pointer, detail)] })
}

function notPossible ({ operation }: OperateOptions, state: DeliveryState): HubError {
  const detail = text(`Không thực hiện được thao tác "${operation}" khi lượt chuyển ở trạng thái ${state}.`, `"${operation}" is not possible while the delivery is ${state}.`)
  return inState(detail, { state, expected: RULES[operation].from })
}

function changedSince (state: DeliveryState, frozen: DeliveryState): HubError {
  return inState(text(`Trạng thái đã đổi từ khi lập lô: nay là ${state}.`, `Its state has changed since the batch was made: it is ${state} now.`), { state, expected: [frozen] })
}

/** When the lease ends the attempt has, or is known to be lost; one that takes longer has prolonged it, and the same is said again. */
function underWay ({ leasedUntil }: Held, { operation, at }: OperateOptions): HubError {
  const seconds = Math.max(1, Math.ceil(((leasedUntil ?? at) - at) / 1000))
  const detail = text(
    `Đang có một lần gửi; chưa biết nơi nhận đã nhận hay chưa. Hãy thử lại sau ${seconds} giây.`,
    `An attempt is under way, and whether the recipient has it is not known yet. Try again in ${seconds} s.`)
  return inState(detail, { state: 'active', expected: RULES[operation].from, retryAfterSeconds: seconds })
}

function inState (detail: Text, { state, expected, ...more }: { state: DeliveryState, expected: readonly DeliveryState[], retryAfterSeconds?: number }): HubError {
  return new HubError('OPERATION_NOT_POSSIBLE', detail, { errors: [fault('OPERATION_NOT_POSSIBLE', '/state', detail, { expected: expected.join(' | '), found: state })], ...more })
}

const ACTS: Record<Exclude<Operation, 'resend'>, Act> = {
  async hold (tx, { delivery }, options) {
    // It keeps whom it waits for: releasing it puts it back in its place.
    await tx.query("UPDATE delivery SET state = 'held', problem = $2::jsonb, due_at = NULL WHERE id = $1::uuid", [delivery.id, toJson(wordOf('HELD_BY_OPERATOR', options.reason))])
    await tell(tx, 'delivery.held', delivery, options)
    return []
  },

  async cancel (tx, { delivery }, options) {
    await tx.query(`
      UPDATE delivery SET state = 'cancelled', settled_at = $2::timestamptz, problem = $3::jsonb, due_at = NULL, locked_until = NULL, waits_for = NULL,
        awaits = NULL, parked_until = NULL
      WHERE id = $1::uuid`, [delivery.id, instant(options.at), toJson(wordOf('CANCELLED_BY_OPERATOR', options.reason))])
    await tell(tx, 'delivery.cancelled', delivery, options)
    return []
  },

  async retry (tx, { delivery, lane }, options) {
    await tell(tx, 'delivery.retried', delivery, options)
    const queued = delivery.state === 'deferred'
    await tx.query(`
      UPDATE delivery SET state = $2::text, due_at = $3::timestamptz, retried_after = attempts, expires_at = greatest(expires_at, $4::timestamptz),
        settled_at = NULL WHERE id = $1::uuid`,
    [delivery.id, queued ? 'queued' : 'held', queued ? instant(options.at) : null, instant(options.at + options.expiresAfterMs)])
    return queued ? [{ deliveryId: delivery.id, lane, publishedAt: options.at }] : await placeAgain(tx, delivery, options)
  },

  async release (tx, { delivery }, options) {
    if (!isHeldByOrder(delivery)) await tell(tx, 'delivery.resumed', delivery, options)
    return await placeAgain(tx, delivery, options)
  },

  async redirect (tx, { delivery }, options) {
    const { target, at, expiresAfterMs } = options
    if (target === undefined) throw new Error('a redirection without a target')
    const reason = { rule: 'operator.redirect', detail: text(`Quản trị viên chuyển hướng sang "${target.endpoint}".`, `An operator redirected it to "${target.endpoint}".`) }
    const staysHeld = delivery.problem?.code === 'HELD_BY_OPERATOR' && delivery.state === 'held'
    await tell(tx, 'delivery.redirected', delivery, options)
    await tx.query(`
      UPDATE delivery SET endpoint = $2::text, axis = $3::text, adapter = $4::text, format = $5::text, reasons = reasons || $6::jsonb, state = 'held',
        retried_after = attempts, expires_at = greatest(expires_at, $7::timestamptz), due_at = NULL, settled_at = NULL, locked_until = NULL
      WHERE id = $1::uuid`,
    [delivery.id, escapeText(target.endpoint), target.axis, escapeText(target.adapter), target.format, toJson([reason]), instant(at + expiresAfterMs)])
    // What it waits for has not changed: a word on where is no word on when.
    return staysHeld ? [] : await placeAgain(tx, { ...delivery, state: delivery.state === 'held' ? 'blocked' : delivery.state }, options)
  }
}

/** Held by the rules of order, and not by a person: then a release is the word that it may go all the same. */
function isHeldByOrder ({ state, problem }: StoredDelivery): boolean {
  return state === 'held' && (problem?.code === 'PREDECESSOR_DEAD' || problem?.code === 'DOCUMENT_UNKNOWN')
}

/** A delivery that is now `held`, as it was before, finds its place: it goes, waits for what is before it, or stays held because of that. */
async function placeAgain (tx: Sql, before: StoredDelivery, options: OperateOptions): Promise<ClaimCheck[]> {
  const { at, actor } = options
  const { claims } = await place(tx, [before.id], {
    at,
    actor,
    again: 'held',
    parkedUntil: new Map([[before.packageId, before.parkedUntil ?? at]]),
    ...(isHeldByOrder(before) ? { force: wordsOf(options) } : {})
  })
  if (before.state === 'dead' || before.state === 'expired') await revive(tx, [before.id], at)
  return claims
}

const RESEND = `
WITH copied AS (
  INSERT INTO delivery (id, package_id, position, lane, written_to, agency, endpoint, axis, adapter, format, reasons, state, created_at, expires_at, resend_of)
  SELECT $2::uuid, package_id, (SELECT max(position) + 1 FROM delivery o WHERE o.package_id = d.package_id), lane, written_to, agency, endpoint, axis, adapter, format,
    reasons || $3::jsonb, 'held', $4::timestamptz, $5::timestamptz, id
  FROM delivery d WHERE id = $1::uuid
)
UPDATE delivery SET resent_as = $2::uuid WHERE id = $1::uuid`

/** A new delivery with an id, that is an idempotency key, of its own. As long as that one is on its way, there is no second. */
async function resend (tx: Sql, { delivery }: Held, options: OperateOptions): Promise<Operated> {
  const { at, expiresAfterMs } = options
  const again = delivery.resentAs === undefined ? undefined : (await hold(tx, delivery.resentAs)).delivery
  if (again !== undefined && again.settledAt === undefined) return { delivery: again, changed: false, claims: [] }
  const id = newId()
  const reason = { rule: 'operator.resend', detail: text('Quản trị viên gửi lại gói tin đã chuyển.', 'An operator sent again what had been delivered.') }
  await tx.query(RESEND, [delivery.id, id, toJson([reason]), instant(at), instant(at + expiresAfterMs)])
  await tell(tx, 'delivery.resent', delivery, options, { as: id })
  const placing: PlaceOptions = { at, actor: options.actor, again: 'held', force: wordsOf(options) }
  const { claims } = await place(tx, [id], placing)
  return { delivery: (await hold(tx, id)).delivery, changed: true, claims }
}

function wordsOf ({ reason, batch }: OperateOptions): NonNullable<PlaceOptions['force']> {
  return { reason, ...(batch === undefined ? {} : { batchId: batch.id }) }
}

/** The operator's reason is told to the sender with the state. */
function wordOf (code: ErrorCode, reason: string): Problem {
  const { vi, en } = CATALOGUE[code].title
  return { code, detail: text(`${vi}: ${reason}`, `${en}: ${reason}`) }
}

async function tell (tx: Sql, type: string, { id, packageId, state, problem }: StoredDelivery, options: OperateOptions, more: object = {}): Promise<void> {
  const { target } = options
  const data = { ...wordsOf(options), from: state, ...(target === undefined ? {} : { endpoint: target.endpoint }), ...(problem === undefined ? {} : { problem }), ...more }
  await tx.query('INSERT INTO event (package_id, delivery_id, type, at, actor, data) VALUES ($1::uuid, $2::uuid, $3::text, $4::timestamptz, $5::text, $6::jsonb)',
    [packageId, id, type, instant(options.at), escapeText(options.actor), toJson(data)])
}
