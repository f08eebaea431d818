// The list of migrations in the order of their running; its length is the version of the database that this code knows.
import { START } from './0001-start.js'
import { EVIDENCE } from './0002-evidence.js'

export interface Migration {
  /** From 1, without gaps. */
  version: number
  name: string
  sql: string
}

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: 'start', sql: START },
  { version: 2, name: 'evidence', sql: EVIDENCE }
]
