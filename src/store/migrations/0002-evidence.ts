// What was found about the signatures of a package. Null for the many packages that have none.

/** A column without a default: the table is not rewritten. */
export const EVIDENCE = 'ALTER TABLE package ADD COLUMN evidence jsonb;\n'
