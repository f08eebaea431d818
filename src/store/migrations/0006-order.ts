// Waiting for what came before: two states more, whom a delivery waits for, and the streams of packages that have several.

/**
 * `followed`: somebody waits for this delivery. A settled row that still has the mark has not been told to those who wait;
 * the index over such rows is empty unless a process died in between. `waits_for` is searched from the other side.
 * `due_at` of a parked row (`awaits`) is when its document is looked for again.
 */
export const ORDER = `
ALTER TABLE delivery DROP CONSTRAINT delivery_state_check;
ALTER TABLE delivery ADD CONSTRAINT delivery_state_check
  CHECK (state IN ('queued', 'active', 'deferred', 'available', 'blocked', 'held', 'delivered', 'refused', 'dead', 'expired', 'cancelled')),
  ADD COLUMN followed boolean NOT NULL DEFAULT false,
  ADD COLUMN waits_for uuid[],
  ADD COLUMN awaits text,
  ADD COLUMN parked_until timestamptz;
DROP INDEX delivery_expiring;
CREATE INDEX delivery_expiring ON delivery (expires_at) WHERE state IN ('queued', 'deferred', 'available', 'blocked', 'held');
CREATE INDEX delivery_waiting ON delivery USING gin (waits_for) WITH (fastupdate = off) WHERE state IN ('blocked', 'held');
CREATE INDEX delivery_parked ON delivery (due_at) WHERE state = 'blocked' AND awaits IS NOT NULL;
CREATE INDEX delivery_untold ON delivery (settled_at) WHERE followed AND settled_at IS NOT NULL;

CREATE TABLE package_stream (
  stream text NOT NULL,
  package_id uuid NOT NULL,
  PRIMARY KEY (stream, package_id)
);
CREATE INDEX package_stream_package ON package_stream (package_id);
`
