// What a sender is to be told of a delivery, and by when it is to be made.

/**
 * A delivery that has something to tell. `reports` is planned when a package is routed and loses what was told; so every
 * statement that changes a state, whoever adds one, flags the row without knowing of receipts, and deliveries that nobody
 * wants to hear of are in no index.
 */
export const UNREPORTED = "(state = ANY (reports) OR 'accepted' = ANY (reports) OR (overdue_at IS NOT NULL AND 'overdue' = ANY (reports)))"

/** A delivery that can still miss its time. */
export const TIMED = 'deliver_by IS NOT NULL AND overdue_at IS NULL AND settled_at IS NULL'

export const RECEIPTS = `
ALTER TABLE delivery ADD COLUMN reports text[], ADD COLUMN deliver_by timestamptz, ADD COLUMN overdue_at timestamptz;
CREATE INDEX delivery_unreported ON delivery (id) WHERE ${UNREPORTED};
CREATE INDEX delivery_timed ON delivery (deliver_by) WHERE ${TIMED};
`
