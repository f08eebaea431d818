// Finds the documents that an update or a replacement brought, so that a later change of one is recognized.

/** Partial: a new document is found by its identifier, and accepting one costs nothing more. */
export const CHANGED_DOCUMENTS = `CREATE INDEX package_changed_document ON package ((content->'document'->>'documentId')) WHERE action IN ('update', 'replacement');
`
