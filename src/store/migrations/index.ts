// The list of migrations in the order of their running; its length is the version of the database that this code knows.
import { START } from './0001-start.js'
import { EVIDENCE } from './0002-evidence.js'
import { CHANGED_DOCUMENTS } from './0003-changed-documents.js'
import { LEASES } from './0004-leases.js'
import { RETENTION } from './0005-retention.js'
import { ORDER } from './0006-order.js'
import { FLOW } from './0007-flow.js'
import { OPERATING } from './0008-operating.js'
import { RECEIPTS } from './0009-receipts.js'
import { MEMORY } from './0010-memory.js'
import { QUEUE } from './0011-queue.js'
import { OPERATOR_ACTIONS } from './0012-operator-actions.js'
import { INVITATIONS } from './0013-invitations.js'
import { SERVICE_CALLS } from './0014-service-calls.js'
import { SENT } from './0015-sent.js'

export interface Migration {
  /** From 1, without gaps. */
  version: number
  name: string
  sql: string
}

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: 'start', sql: START },
  { version: 2, name: 'evidence', sql: EVIDENCE },
  { version: 3, name: 'changed-documents', sql: CHANGED_DOCUMENTS },
  { version: 4, name: 'leases', sql: LEASES },
  { version: 5, name: 'retention', sql: RETENTION },
  { version: 6, name: 'order', sql: ORDER },
  { version: 7, name: 'flow', sql: FLOW },
  { version: 8, name: 'operating', sql: OPERATING },
  { version: 9, name: 'receipts', sql: RECEIPTS },
  { version: 10, name: 'memory', sql: MEMORY },
  { version: 11, name: 'queue', sql: QUEUE },
  { version: 12, name: 'operator-actions', sql: OPERATOR_ACTIONS },
  { version: 13, name: 'invitations', sql: INVITATIONS },
  { version: 14, name: 'service-calls', sql: SERVICE_CALLS },
  { version: 15, name: 'sent', sql: SENT }
]
