// Leases: who of several processes does what only one of them may do.

/**
 * Few rows, written again every second: room on their page keeps the updates heap-only, so there is no second index.
 * Names compare byte by byte, whatever the collation of the database: they are locked in that order.
 */
export const LEASES = `
CREATE TABLE lease (
  name text COLLATE "C" PRIMARY KEY,
  owner text NOT NULL,
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
`
