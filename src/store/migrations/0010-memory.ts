// What adapters remember of their endpoints.
export const MEMORY = `
CREATE TABLE endpoint_memory (
  endpoint text NOT NULL,
  key text NOT NULL,
  value jsonb NOT NULL,
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (endpoint, key)
);
`
