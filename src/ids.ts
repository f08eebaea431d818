// The one place where identifiers are made, so that all of them sort by the time of their making.
import { uuidv7 } from 'uuidv7'

/** A new identifier: UUID version 7 (RFC 9562 §5.7), lower case, ordered by creation time within one process. */
export function newId (): string {
  return uuidv7()
}
