// What went wrong, as data: the same object is a dead delivery's stored reason, an API answer and a log field.
// Shape: schemas/problem.schema.json. The HTTP form (RFC 9457) is made from it in `http/problem.ts`.
export type { StoredProblem as Problem, StoredFault as Fault } from './generated.js'
