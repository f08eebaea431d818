// What operators did that is about no single package, and the way to the delivery that is under way for longest.

/**
 * Actions on one delivery are events of its package. The numbers grow with the commits of one connection; a page of the newest
 * needs no more.
 *
 * `delivery_undelivered` holds every delivery that waits. It leaves out `active`: those are few and have an index of their own, and
 * so a delivery costs one entry and not two.
 */
export const OPERATOR_ACTIONS = `
CREATE TABLE operator_action (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  reason text,
  detail jsonb NOT NULL
);
CREATE INDEX operator_action_subject ON operator_action (subject, id);
CREATE INDEX delivery_undelivered ON delivery (endpoint, created_at) WHERE state IN ('queued', 'deferred', 'available', 'blocked', 'held');
`
