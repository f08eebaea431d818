// One-time links to deliveries: what a person without a system was sent, kept only as a hash.

/** No reference to `delivery`: retention removes rows without asking here, and an invitation to nothing is forgotten when its time is over. */
export const INVITATIONS = `
CREATE TABLE invitation (
  token_sha256 text PRIMARY KEY,
  delivery_id uuid NOT NULL,
  recipient text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  opened_at timestamptz,
  asked_at timestamptz,
  remind_at timestamptz
);
CREATE INDEX invitation_delivery ON invitation (delivery_id, created_at);
CREATE INDEX invitation_ended ON invitation (expires_at);
CREATE INDEX invitation_due ON invitation (remind_at) WHERE remind_at IS NOT NULL;
`
