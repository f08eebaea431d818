// Operating: what failed is found by its reason, counted without being read, and worked in batches that survive a restart.

const COLUMNS = `
ALTER TABLE delivery
  ADD COLUMN retried_after integer NOT NULL DEFAULT 0,
  ADD COLUMN resend_of uuid,
  ADD COLUMN resent_as uuid;
`

/** Partial, over the states that a delivery which goes well never has: accepting, claiming and delivering cost nothing more. */
const INDEXES = `
CREATE INDEX delivery_trouble ON delivery (state, package_id, id) WHERE state IN ('blocked', 'held', 'refused', 'dead', 'expired', 'cancelled');
CREATE INDEX delivery_cause ON delivery (state, endpoint, (problem->>'code'), package_id, id) WHERE state IN ('held', 'dead');
`

/**
 * Counts are kept by statement: one row per endpoint and state that a statement changed the number of. Each is only ever
 * inserted, so statements never wait for one another, and \`queued\`, \`active\` and \`deferred\` are one, so that a claim, a
 * retry and a sweep change nothing. The reasons of dead and held deliveries are counted with them.
 */
const COUNTS = `
CREATE TABLE delivery_count (
  endpoint text NOT NULL,
  axis text NOT NULL,
  state text NOT NULL,
  code text NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (endpoint, axis, state, code)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE delivery_count_change (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  endpoint text NOT NULL,
  axis text NOT NULL,
  state text NOT NULL,
  code text NOT NULL,
  n bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
`

const KEY = (row: string): string => `coalesce(${row}.endpoint, '') AS endpoint, coalesce(${row}.axis, '') AS axis,
  CASE WHEN ${row}.state IN ('queued', 'active', 'deferred') THEN 'underway' ELSE ${row}.state END AS state,
  CASE WHEN ${row}.state IN ('held', 'dead') THEN coalesce(${row}.problem->>'code', '') ELSE '' END AS code`

const insertChanges = (from: string): string => `
  INSERT INTO delivery_count_change (endpoint, axis, state, code, n)
  SELECT endpoint, axis, state, code, sum(n) FROM (${from}) change GROUP BY endpoint, axis, state, code HAVING sum(n) <> 0;
  RETURN NULL;`

const ADDED = `SELECT ${KEY('new_row')}, 1 AS n FROM new_rows new_row`
const REMOVED = `SELECT ${KEY('old_row')}, -1 AS n FROM old_rows old_row`

const trigger = ({ name, on, referencing, from }: { name: string, on: string, referencing: string, from: string }): string => `
CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${insertChanges(from)} END $$;
CREATE TRIGGER ${name} AFTER ${on} ON delivery REFERENCING ${referencing} FOR EACH STATEMENT EXECUTE FUNCTION ${name}();
`

const TRIGGERS = [
  { name: 'count_inserted', on: 'INSERT', referencing: 'NEW TABLE AS new_rows', from: ADDED },
  { name: 'count_updated', on: 'UPDATE', referencing: 'OLD TABLE AS old_rows NEW TABLE AS new_rows', from: `${ADDED} UNION ALL ${REMOVED}` },
  { name: 'count_deleted', on: 'DELETE', referencing: 'OLD TABLE AS old_rows', from: REMOVED }
].map(trigger).join('')

/** What is there already is counted once, while nobody else writes: creating the triggers has locked the table. */
const PRESENT = `
INSERT INTO delivery_count (endpoint, axis, state, code, n)
SELECT endpoint, axis, state, code, count(*) FROM (SELECT ${KEY('d')} FROM delivery d) present GROUP BY endpoint, axis, state, code;
`

const BATCHES = `
CREATE TABLE batch (
  id uuid PRIMARY KEY,
  operation text NOT NULL,
  filter jsonb NOT NULL,
  target jsonb,
  reason text NOT NULL,
  actor text NOT NULL,
  state text NOT NULL CHECK (state IN ('frozen', 'running', 'done', 'cancelled')),
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  started_by text,
  finished_at timestamptz,
  cancelled_by text,
  total bigint NOT NULL,
  outcomes jsonb
);
CREATE INDEX batch_running ON batch (started_at) WHERE state = 'running';

CREATE TABLE batch_item (
  batch_id uuid NOT NULL,
  n integer NOT NULL,
  delivery_id uuid NOT NULL,
  package_id uuid NOT NULL,
  frozen text NOT NULL,
  outcome text NOT NULL DEFAULT 'pending' CHECK (outcome IN ('pending', 'done', 'skipped', 'failed')),
  problem jsonb,
  at timestamptz,
  PRIMARY KEY (batch_id, n)
);
CREATE INDEX batch_item_outcome ON batch_item (batch_id, outcome, n);
CREATE INDEX batch_item_package ON batch_item (package_id);
`

export const OPERATING = `${COLUMNS}${INDEXES}${COUNTS}${TRIGGERS}${PRESENT}${BATCHES}`
