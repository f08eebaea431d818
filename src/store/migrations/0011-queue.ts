// What agencies have fetched, listed by day: a system that asks again what it has taken must not read everybody's history.

/** Partial: only what went through an inbox and is settled, so accepting and claiming cost nothing more. */
export const QUEUE = `
CREATE INDEX delivery_fetched ON delivery (agency, state, created_at, id) WHERE adapter = 'inbox' AND state IN ('delivered', 'refused');
`
