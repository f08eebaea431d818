// What adapters say they sent, and how long they remember.

/** `requests`: a list, null for most. An index of `endpoint_memory` holds only what has an end. */
export const SENT = `
ALTER TABLE delivery ADD COLUMN requests jsonb;
ALTER TABLE endpoint_memory ADD COLUMN expires_at timestamptz;
CREATE INDEX endpoint_memory_expiring ON endpoint_memory (expires_at) WHERE expires_at IS NOT NULL;
`
