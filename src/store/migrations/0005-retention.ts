// Retention: which package needs which blob, and when the bytes of a package were purged.

/**
 * A payload without bytes is a blob. So the table `payload` tells everything that a package holds, in the order of
 * acceptance (ids grow with time), and a partial index tells who needs a blob; small payloads cost nothing more.
 */
export const RETENTION = `
ALTER TABLE payload ALTER COLUMN bytes DROP NOT NULL;
INSERT INTO payload (package_id, sha256)
SELECT id, original_sha256 FROM package
UNION SELECT p.id, file->>'sha256' FROM package p, jsonb_array_elements(p.attachments) AS files (file)
UNION SELECT package_id, sent_sha256 FROM delivery WHERE sent_sha256 IS NOT NULL
ON CONFLICT DO NOTHING;
CREATE INDEX payload_blob ON payload (sha256) WHERE bytes IS NULL;
ALTER TABLE package ADD COLUMN purged_at timestamptz;
`
