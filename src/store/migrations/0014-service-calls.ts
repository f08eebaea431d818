// The log of service calls: who asked an outside system about a citizen, when, why and for which dossier.

/** Ids are UUIDv7, so that each index is in the order of time. Nothing refers to a package: retention of packages never touches a row. */
export const SERVICE_CALLS = `
CREATE TABLE service_call (
  id uuid PRIMARY KEY,
  service text NOT NULL,
  operation text NOT NULL,
  endpoint text NOT NULL,
  client text NOT NULL,
  agency text NOT NULL,
  officer jsonb NOT NULL,
  purpose jsonb NOT NULL,
  dossier text NOT NULL,
  subject text,
  state text NOT NULL,
  requested_at timestamptz NOT NULL,
  settled_at timestamptz,
  duration_ms bigint,
  code text,
  cached boolean NOT NULL DEFAULT false,
  trace_id text NOT NULL
);
CREATE INDEX service_call_agency ON service_call (agency, id);
CREATE INDEX service_call_service ON service_call (service, id);
CREATE INDEX service_call_dossier ON service_call (dossier, id);
CREATE INDEX service_call_requested ON service_call (requested_at);
`
