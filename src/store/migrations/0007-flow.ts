// What keeps a bad endpoint from harming others: its shared state, deliveries that rest there, attempts that were begun.

/**
 * Resting deliveries are deferred without end; the index finds those of one endpoint, urgent first, and holds nothing else,
 * while the index of what will be due holds none of them.
 * `begun`: bytes may be going out, to an endpoint that would not recognise a repeat.
 */
export const FLOW = `
CREATE TABLE endpoint_state (
  endpoint text PRIMARY KEY,
  version bigint NOT NULL DEFAULT 0,
  circuit text NOT NULL DEFAULT 'closed' CHECK (circuit IN ('closed', 'open', 'half-open')),
  since timestamptz NOT NULL DEFAULT 'epoch',
  open_ms bigint NOT NULL DEFAULT 0,
  open_until timestamptz,
  problem jsonb,
  probe_owner text,
  probe_until timestamptz,
  paused_by text,
  paused_reason text,
  paused_at timestamptz
);
ALTER TABLE delivery ADD COLUMN begun boolean NOT NULL DEFAULT false;
DROP INDEX delivery_deferred;
CREATE INDEX delivery_deferred ON delivery (due_at) WHERE state = 'deferred' AND due_at < 'infinity';
CREATE INDEX delivery_resting ON delivery (endpoint, lane DESC, id) WHERE state = 'deferred' AND due_at = 'infinity';
`
