// What an operator asks for, made ready for the store: the target is a known endpoint, and what may go is published at once.
import { fault, HubError } from '../errors.js'
import { newId } from '../ids.js'
import type { BatchOperation, Operation, OperationTarget } from '../model/operation.js'
import { text } from '../model/text.js'
import type { ClaimCheck } from '../ports/broker.js'
import type { Clock } from '../ports/clock.js'
import type { Directory } from '../ports/directory.js'
import type { Batch, NewBatch, Operated, OperatorStore } from '../ports/operating.js'

export interface OperationsOptions {
  store: Pick<OperatorStore, 'operate' | 'createBatch'>
  directory: Pick<Directory, 'endpoints'>
  clock: Pick<Clock, 'now'>
  publish: (claims: readonly ClaimCheck[]) => void
  /** What is sent again lives at least so long, ms. */
  expiresAfterMs: number
}

interface Word {
  actor: string
  reason: string
  /** redirect: the endpoint that gets it. */
  endpoint?: string
}

export interface Operations {
  /** Does it, and publishes what may go now. Rejects as `OperatorStore.operate` does, and with `REQUEST_INVALID` for an endpoint that is none. */
  operate (wish: Word & { deliveryId: string, operation: Operation }): Promise<Operated>
  /** Freezes what matches now. Nothing is done before the batch is started. */
  createBatch (wish: Word & { operation: BatchOperation, filter: NewBatch['filter'] }): Promise<Batch>
}

/** Beyond this many one statement would hold the store up. */
const MOST_IN_BATCH = 500_000

export function createOperations ({ store, directory, clock, publish, expiresAfterMs }: OperationsOptions): Operations {
  function targetOf (endpoint: string | undefined): { target?: OperationTarget } {
    if (endpoint === undefined) return {}
    const endpoints = directory.endpoints()
    const found = endpoints.find(({ id }) => id === endpoint)
    if (found === undefined) {
      const detail = text(`Không có điểm kết nối "${endpoint}".`, `There is no endpoint "${endpoint}".`)
      throw new HubError('REQUEST_INVALID', detail, { errors: [fault('FIELD_INVALID', '/endpoint', detail, { expected: endpoints.map(({ id }) => id).join(' | '), found: endpoint })] })
    }
    const { id, axis, adapter, format } = found
    // Only edXML is a format of some kinds alone: a dossier has no place in it.
    return { target: { endpoint: id, axis, adapter, format, kinds: format === 'edxml' ? ['document', 'status'] : ['document', 'dossier', 'status'] } }
  }

  return {
    async operate ({ deliveryId, operation, actor, reason, endpoint }) {
      const operated = await store.operate({ id: deliveryId, operation, at: clock.now(), actor, reason, expiresAfterMs, ...targetOf(endpoint) })
      publish(operated.claims)
      return operated
    },

    async createBatch ({ operation, filter, actor, reason, endpoint }) {
      return await store.createBatch({ id: newId(), operation, filter, reason, actor, at: clock.now(), most: MOST_IN_BATCH, ...targetOf(endpoint) })
    }
  }
}
