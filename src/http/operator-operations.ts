// What the documentation says about the routes of operators.
import type { Operation as Action } from '../model/operation.js'
import { RULES } from '../model/operation.js'
import type { ErrorCode } from '../errors.js'
import { EXAMPLES } from './examples.js'
import type { Operation } from './operations.js'

/** What any route of operators may answer, and what this one may, too. */
function problems (...more: ErrorCode[]): ErrorCode[] {
  return ['REQUEST_INVALID', 'FORBIDDEN', ...more]
}

/** Those of a route that is told something. */
function problemsOfWord (...more: ErrorCode[]): ErrorCode[] {
  return problems('JSON_MALFORMED', ...more)
}

function body (name: 'Word' | 'Redirection' | 'Resending' | 'NewBatch' | 'EndpointWord'): object {
  return { required: true, content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` }, example: EXAMPLES[name] } } }
}

/** An action on one delivery; in which states it is possible is read from the table that decides it. */
function action (name: Action, { summary, description, word = 'Word', more = [] }: { summary: string, description: string, word?: 'Word' | 'Redirection' | 'Resending', more?: ErrorCode[] }): Operation {
  const { done } = RULES[name]
  const again = done.length === 0 ? '' : ` On ${done.join(', ')} it changes nothing and succeeds.`
  return {
    tag: 'operating',
    summary,
    description: `${description} Possible on ${RULES[name].from.join(', ')}.${again}`,
    requestBody: body(word),
    answers: { 200: { description: 'The delivery as it is now.', json: 'Operated' } },
    problems: problemsOfWord('NOT_FOUND', 'OPERATION_NOT_POSSIBLE', ...more)
  }
}

export const OPERATING: Record<string, Operation> = {
  listDeliveries: {
    tag: 'operating',
    summary: 'List deliveries, those of the newest package first',
    description: 'By any part of the filter and all together. A page may hold fewer items than asked for, even none, although another follows: go on while there is a nextCursor.',
    answers: { 200: { description: 'A page.', json: 'DeliveryPage' } },
    problems: problems()
  },
  listCauses: {
    tag: 'operating',
    summary: 'Why deliveries are dead or held: by reason and endpoint, the largest group first',
    description: 'The parts of a group are a filter for the list and for a batch.',
    answers: { 200: { description: 'The groups.', json: 'Causes' } },
    problems: problems()
  },
  readDelivery: {
    tag: 'operating',
    summary: 'Read a delivery',
    answers: { 200: { description: 'The delivery, with what its package is.', json: 'OperatedDelivery' } },
    problems: problems('NOT_FOUND')
  },
  readCounts: {
    tag: 'operating',
    summary: 'How many deliveries are in which state, by endpoint and axis',
    description: 'Exact and fast, however many there are. When they cannot be had they are null, never 0.',
    answers: { 200: { description: 'The counts, or null.', json: 'Counts' } },
    problems: problems()
  },
  retryDelivery: action('retry', {
    summary: 'Try a delivery again, now',
    description: 'With new attempts and a new term; its history stays. What comes before it is still waited for.',
    more: ['CONTENT_PURGED']
  }),
  cancelDelivery: action('cancel', {
    summary: 'Give a delivery up',
    description: 'What waits for it is held. A dead one that is cancelled no longer keeps its package from being purged.'
  }),
  holdDelivery: action('hold', { summary: 'Keep a delivery from being tried', description: 'It waits until it is released, cancelled or expires.' }),
  releaseDelivery: action('release', {
    summary: 'Let a held delivery go on',
    description: 'One that the hub held because of what came before it goes all the same; one that an operator held goes back to its place.',
    more: ['CONTENT_PURGED']
  }),
  redirectDelivery: action('redirect', {
    summary: 'Send a delivery to another endpoint',
    description: 'With new attempts and a new term. Held by an operator, it stays held.',
    word: 'Redirection',
    more: ['CONTENT_PURGED']
  }),
  resendDelivery: action('resend', {
    summary: 'Send again what was delivered',
    description: 'Makes a new delivery with an id, that is an Idempotency-Key, of its own, and answers it; the two are linked. As long as it is on its way there is no second.',
    word: 'Resending',
    more: ['CONTENT_PURGED', 'DUPLICATE_NOT_ACCEPTED']
  }),
  createBatch: {
    tag: 'operating',
    summary: 'Freeze the deliveries that match now, for one operation on each',
    description: 'Tells how many (`total`) and does nothing before it is started. What arrives later never joins.',
    requestBody: body('NewBatch'),
    answers: { 201: { description: 'The frozen set.', json: 'Batch', headers: { Location: 'The batch.' } } },
    problems: problemsOfWord('BATCH_TOO_LARGE')
  },
  listBatches: {
    tag: 'operating',
    summary: 'List batches, newest first',
    answers: { 200: { description: 'A page.', json: 'BatchPage' } },
    problems: problems()
  },
  readBatch: {
    tag: 'operating',
    summary: 'Read a batch and its progress',
    answers: { 200: { description: 'The batch.', json: 'Batch' } },
    problems: problems('NOT_FOUND')
  },
  listBatchItems: {
    tag: 'operating',
    summary: 'What became of each delivery of a batch',
    answers: { 200: { description: 'A page, oldest package first.', json: 'BatchItems' } },
    problems: problems('NOT_FOUND')
  },
  startBatch: {
    tag: 'operating',
    summary: 'Start a frozen batch',
    description: 'An item whose delivery has changed its state since is skipped. Repeating it is harmless.',
    answers: { 200: { description: 'The batch.', json: 'Batch' } },
    problems: problems('NOT_FOUND', 'BATCH_CANCELLED')
  },
  cancelBatch: {
    tag: 'operating',
    summary: 'Stop a batch: what has not begun is not done',
    description: 'Repeating it is harmless.',
    answers: { 200: { description: 'The batch.', json: 'Batch' } },
    problems: problems('NOT_FOUND')
  },
  listEndpoints: {
    tag: 'operating',
    summary: 'How every endpoint does, and what waits for it',
    description: 'Those of the configuration, and those that deliveries still wait for. Settings are never shown. `counts` and `oldest` are null when they are not known now; `oldest` is absent when nothing waits.',
    answers: { 200: { description: 'All of them, by id.', json: 'Endpoints' } },
    problems: problems()
  },
  readEndpoint: {
    tag: 'operating',
    summary: 'How an endpoint does, and what waits for it',
    answers: { 200: { description: 'The endpoint.', json: 'Endpoint' } },
    problems: problems('NOT_FOUND')
  },
  pauseEndpoint: {
    tag: 'operating',
    summary: 'Leave an endpoint alone until it is resumed',
    description: 'Within a second no process begins an attempt there; attempts under way end. Its deliveries rest, say why, and still expire. One that is paused keeps its first reason: 409.',
    requestBody: body('EndpointWord'),
    answers: { 200: { description: 'The endpoint as it is now.', json: 'Endpoint' } },
    problems: problemsOfWord('NOT_FOUND', 'OPERATION_NOT_POSSIBLE')
  },
  resumeEndpoint: {
    tag: 'operating',
    summary: 'Let a paused endpoint be delivered to again',
    description: 'What rests there goes, urgent and oldest first, as fast as its places take it.',
    requestBody: body('EndpointWord'),
    answers: { 200: { description: 'The endpoint as it is now.', json: 'Endpoint' } },
    problems: problemsOfWord('NOT_FOUND', 'OPERATION_NOT_POSSIBLE')
  },
  listOperatorActions: {
    tag: 'operating',
    summary: 'What operators did with endpoints and batches, newest first',
    description: 'What they did with a delivery is in the timeline of its package.',
    answers: { 200: { description: 'A page.', json: 'OperatorActionPage' } },
    problems: problems()
  }
}
