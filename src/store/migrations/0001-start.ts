// The first tables. Append-only: a released migration is never edited, the next change is a file of its own.

/**
 * There are no foreign keys: rows of a package are only ever written by the one statement that inserts it, and checking
 * each again would cost a locked lookup per row. Work is found by partial indexes, so that settled deliveries, by far
 * the most, weigh nothing. A change of state moves a row between those, so it can never be a heap-only update; the fewer
 * full indexes `delivery` has, the cheaper each step of a delivery is: hence three and no more.
 */
export const START = `
CREATE TABLE package (
  id uuid PRIMARY KEY,
  accepted_by text NOT NULL,
  idempotency_key text,
  trace_id text NOT NULL,
  accepted_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  format text NOT NULL,
  media_type text NOT NULL,
  from_agency text NOT NULL,
  kind text NOT NULL,
  action text NOT NULL,
  identifier text NOT NULL,
  correlation_id text NOT NULL,
  priority smallint NOT NULL,
  envelope jsonb NOT NULL,
  content jsonb NOT NULL,
  attachments jsonb NOT NULL,
  warnings jsonb NOT NULL,
  original_sha256 text NOT NULL,
  original_size bigint NOT NULL
);
CREATE UNIQUE INDEX package_identifier ON package (from_agency, identifier);
CREATE UNIQUE INDEX package_idempotency_key ON package (accepted_by, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX package_sender ON package (from_agency, id);
CREATE INDEX package_correlation ON package (correlation_id, id);

CREATE TABLE delivery (
  id uuid PRIMARY KEY,
  package_id uuid NOT NULL,
  position integer NOT NULL,
  lane text NOT NULL CHECK (lane IN ('urgent', 'normal')),
  written_to text NOT NULL,
  agency text,
  endpoint text,
  axis text,
  adapter text,
  format text NOT NULL,
  reasons jsonb NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'active', 'deferred', 'available', 'delivered', 'refused', 'dead', 'expired', 'cancelled')),
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  due_at timestamptz,
  owner text,
  leased_until timestamptz,
  locked_until timestamptz,
  settled_at timestamptz,
  external_id text,
  problem jsonb,
  sent_sha256 text,
  sent_size bigint,
  sent_media_type text
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX delivery_package ON delivery (package_id);
CREATE INDEX delivery_agency ON delivery (agency, package_id);
CREATE INDEX delivery_queued ON delivery (lane, due_at) WHERE state = 'queued';
CREATE INDEX delivery_active ON delivery (leased_until) WHERE state = 'active';
CREATE INDEX delivery_deferred ON delivery (due_at) WHERE state = 'deferred';
CREATE INDEX delivery_expiring ON delivery (expires_at) WHERE state IN ('queued', 'deferred', 'available');
CREATE INDEX delivery_inbox ON delivery (agency, lane DESC, id) WHERE state = 'available';

CREATE TABLE payload (
  package_id uuid NOT NULL,
  sha256 text NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (package_id, sha256)
) WITH (toast_tuple_target = 8160);
ALTER TABLE payload ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE event (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  package_id uuid NOT NULL,
  delivery_id uuid,
  type text NOT NULL,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  data jsonb NOT NULL
);
CREATE INDEX event_package ON event (package_id, seq);
`
