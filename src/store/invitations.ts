// One-time links to deliveries. Their tokens are never here, only the hashes; each is opened once, whoever asks at the same moment.
import type { DeliveryState, Envelope } from '../model/generated.js'
import type { Invitation, InvitationStore, NewInvitation, Reminder } from '../ports/invitation-store.js'
import { escapeText, instant, isId, type Sql } from './sql.js'

const DAY_MS = 86_400_000

/** See `InvitationStore.addInvitation`. */
export async function addInvitation (sql: Sql, { tokenSha256, deliveryId, endpoint, recipient, at, expiresAt, remindAt }: NewInvitation): Promise<boolean> {
  if (!isId(deliveryId)) return false
  const rows = await sql.query(`
    INSERT INTO invitation (token_sha256, delivery_id, recipient, created_at, expires_at, remind_at)
    SELECT $1::text, d.id, $4::text, $5::timestamptz, $6::timestamptz, $7::timestamptz FROM delivery d WHERE d.id = $2::uuid AND d.endpoint = $3::text
    RETURNING delivery_id`,
  [tokenSha256, deliveryId, escapeText(endpoint), escapeText(recipient), instant(at), instant(expiresAt), remindAt === undefined ? null : instant(remindAt)])
  return rows.length > 0
}

const COLUMNS = 'i.delivery_id, i.recipient, i.expires_at, i.opened_at, d.package_id, d.agency, d.state, d.expires_at AS delivery_expires_at'

interface Row {
  delivery_id: string
  recipient: string
  expires_at: number
  opened_at: number | null
  agency: string | null
  state: DeliveryState
  delivery_expires_at: number
}

function toInvitation (row: Row): Invitation {
  return {
    deliveryId: row.delivery_id,
    agency: row.agency ?? '',
    recipient: row.recipient,
    expiresAt: row.expires_at,
    ...(row.opened_at === null ? {} : { openedAt: row.opened_at }),
    state: row.state,
    deliveryExpiresAt: row.delivery_expires_at
  }
}

/** See `InvitationStore.findInvitation`. */
export async function findInvitation (sql: Sql, tokenSha256: string): Promise<Invitation | undefined> {
  const [row] = await sql.query<Row>(`SELECT ${COLUMNS} FROM invitation i JOIN delivery d ON d.id = i.delivery_id WHERE i.token_sha256 = $1::text`, [tokenSha256])
  return row === undefined ? undefined : toInvitation(row)
}

// Who waits for the lock sees `opened_at` of the one who was faster, and finds nothing.
const OPEN = `
WITH found AS (
  SELECT i.token_sha256, ${COLUMNS} FROM invitation i JOIN delivery d ON d.id = i.delivery_id
  WHERE i.token_sha256 = $1::text AND i.opened_at IS NULL AND i.expires_at > $2::timestamptz AND d.state = 'available' AND d.expires_at > $2::timestamptz
  FOR UPDATE OF i
), opened AS (
  UPDATE invitation i SET opened_at = $2::timestamptz FROM found f WHERE i.token_sha256 = f.token_sha256
), told AS (
  INSERT INTO event (package_id, delivery_id, type, at, actor, data)
  SELECT package_id, delivery_id, 'link.opened', $2::timestamptz, 'link:' || recipient, '{}'::jsonb FROM found
)
SELECT * FROM found`

/** See `InvitationStore.openInvitation`. */
export async function openInvitation (sql: Sql, tokenSha256: string, { at }: { at: number }): Promise<Invitation | undefined> {
  const [row] = await sql.query<Row>(OPEN, [tokenSha256, instant(at)])
  return row === undefined ? undefined : toInvitation({ ...row, opened_at: at })
}

// The row of the link is locked, so pressing twice asks once; other links of the delivery are few.
const ASK = `
UPDATE invitation i SET asked_at = $2::timestamptz, remind_at = $2::timestamptz
FROM delivery d WHERE i.token_sha256 = $1::text AND d.id = i.delivery_id AND d.state = 'available' AND d.expires_at > $2::timestamptz
  AND (i.asked_at IS NULL OR i.asked_at <= $3::timestamptz)
  AND NOT EXISTS (SELECT FROM invitation o WHERE o.delivery_id = i.delivery_id AND (o.created_at > $3::timestamptz OR o.asked_at > $3::timestamptz))
  AND (SELECT count(*) FROM invitation o WHERE o.delivery_id = i.delivery_id AND o.created_at > $5::timestamptz) < $4::bigint
RETURNING i.delivery_id`

/** See `InvitationStore.askInvitation`. */
export async function askInvitation (sql: Sql, tokenSha256: string, { at, gapMs, mostPerDay }: Parameters<InvitationStore['askInvitation']>[1]): Promise<boolean> {
  return (await sql.query(ASK, [tokenSha256, instant(at), instant(at - gapMs), mostPerDay, instant(at - DAY_MS)])).length > 0
}

// What is not to be told any more loses its date, so that nobody looks at it again.
const TAKE = `
WITH picked AS (
  SELECT token_sha256, delivery_id FROM invitation WHERE remind_at <= $1::timestamptz ORDER BY remind_at LIMIT $3::bigint FOR UPDATE SKIP LOCKED
), judged AS (
  SELECT p.token_sha256, coalesce(d.state = 'available' AND d.expires_at > $1::timestamptz, false) AS is_waiting, d.id, d.package_id, d.endpoint, d.agency
  FROM picked p LEFT JOIN delivery d ON d.id = p.delivery_id
), taken AS (
  UPDATE invitation i SET remind_at = CASE WHEN j.is_waiting AND (i.opened_at IS NULL OR i.asked_at IS NOT NULL) THEN $2::timestamptz END
  FROM judged j WHERE i.token_sha256 = j.token_sha256 RETURNING i.token_sha256, i.asked_at, i.remind_at
)
SELECT t.token_sha256, t.asked_at, j.id AS delivery_id, j.package_id, j.endpoint, j.agency, p.envelope
FROM taken t JOIN judged j ON j.token_sha256 = t.token_sha256 JOIN package p ON p.id = j.package_id WHERE t.remind_at IS NOT NULL`

/** See `InvitationStore.takeReminders`. */
export async function takeReminders (sql: Sql, { at, retryAt, limit }: Parameters<InvitationStore['takeReminders']>[0]): Promise<Reminder[]> {
  const rows = await sql.query<{ token_sha256: string, asked_at: number | null, delivery_id: string, package_id: string, endpoint: string | null, agency: string | null, envelope: Envelope }>(TAKE, [instant(at), instant(retryAt), limit])
  return rows.map(row => ({
    tokenSha256: row.token_sha256,
    deliveryId: row.delivery_id,
    packageId: row.package_id,
    endpoint: row.endpoint ?? '',
    agency: row.agency ?? '',
    envelope: row.envelope,
    ...(row.asked_at === null ? {} : { askedAt: row.asked_at })
  }))
}

/** See `InvitationStore.remindedOf`. */
export async function remindedOf (sql: Sql, tokenSha256: string): Promise<void> {
  await sql.query('UPDATE invitation SET remind_at = NULL WHERE token_sha256 = $1::text', [tokenSha256])
}

/** See `InvitationStore.forgetInvitations`. */
export async function forgetInvitations (sql: Sql, { before, limit }: Parameters<InvitationStore['forgetInvitations']>[0]): Promise<number> {
  const rows = await sql.query(`
    DELETE FROM invitation WHERE token_sha256 IN (SELECT token_sha256 FROM invitation WHERE expires_at < $1::timestamptz ORDER BY expires_at LIMIT $2::bigint)
    RETURNING token_sha256`, [instant(before), limit])
  return rows.length
}
