// What the documentation says about the routes of operators.
import type { Operation as Action } from '../model/operation.js'
import { RULES } from '../model/operation.js'
import type { ErrorCode } from '../errors.js'
import { EXAMPLES } from './examples.js'
import type { Operation } from './operations.js'

function body (name: 'Word' | 'Redirection' | 'Resending' | 'NewBatch' | 'EndpointWord'): object {
  return { required: true, content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` }, example: EXAMPLES[name] } } }
}

interface Words extends Pick<Operation, 'description' | 'requestBody'> { json: keyof typeof EXAMPLES, more?: ErrorCode[] }

/** A route with one answer; `more`: what it may say besides what any route of operators may. With a `requestBody` it is told something. */
function route (summary: string, answer: string, { json, more = [], ...words }: Words): Operation {
  const problems: ErrorCode[] = ['REQUEST_INVALID', 'FORBIDDEN', ...(words.requestBody === undefined ? [] : ['JSON_MALFORMED' as const]), ...more]
  return { tag: 'operating', summary, ...words, answers: { 200: { description: answer, json } }, problems }
}

/** An action on one delivery; in which states it is possible is read from the table that decides it. */
function action (name: Action, { summary, description, word = 'Word', more = [] }: { summary: string, description: string, word?: 'Word' | 'Redirection' | 'Resending', more?: ErrorCode[] }): Operation {
  const { done } = RULES[name]
  const again = done.length === 0 ? '' : ` On ${done.join(', ')} it changes nothing and succeeds.`
  return route(summary, 'The delivery as it is now.', {
    description: `${description} Possible on ${RULES[name].from.join(', ')}.${again}`,
    json: 'Operated', requestBody: body(word), more: ['NOT_FOUND', 'OPERATION_NOT_POSSIBLE', ...more]
  })
}

export const OPERATING: Record<string, Operation> = {
  listDeliveries: route('List deliveries, those of the newest package first', 'A page.', {
    description: 'By any part of the filter and all together. A page may hold fewer items than asked for, even none, although another follows: go on while there is a nextCursor.',
    json: 'DeliveryPage'
  }),
  listCauses: route('Why deliveries are dead or held: by reason and endpoint, the largest group first', 'The groups.', {
    description: 'The parts of a group are a filter for the list and for a batch.',
    json: 'Causes'
  }),
  readDelivery: route('Read a delivery', 'The delivery, with what its package is.', { json: 'OperatedDelivery', more: ['NOT_FOUND'] }),
  readCounts: route('How many deliveries are in which state, by endpoint and axis', 'The counts, or null.', {
    description: 'Exact and fast, however many there are. When they cannot be had they are null, never 0.',
    json: 'Counts'
  }),
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
    ...route('Freeze the deliveries that match now, for one operation on each', '', {
      description: 'Tells how many (`total`) and does nothing before it is started. What arrives later never joins.',
      json: 'Batch', requestBody: body('NewBatch'), more: ['BATCH_TOO_LARGE']
    }),
    answers: { 201: { description: 'The frozen set.', json: 'Batch', headers: { Location: 'The batch.' } } }
  },
  listBatches: route('List batches, newest first', 'A page.', { json: 'BatchPage' }),
  readBatch: route('Read a batch and its progress', 'The batch.', { json: 'Batch', more: ['NOT_FOUND'] }),
  listBatchItems: route('What became of each delivery of a batch', 'A page, oldest package first.', { json: 'BatchItems', more: ['NOT_FOUND'] }),
  startBatch: route('Start a frozen batch', 'The batch.', {
    description: 'An item whose delivery has changed its state since is skipped. Repeating it is harmless.',
    json: 'Batch', more: ['NOT_FOUND', 'BATCH_CANCELLED']
  }),
  cancelBatch: route('Stop a batch: what has not begun is not done', 'The batch.', { description: 'Repeating it is harmless.', json: 'Batch', more: ['NOT_FOUND'] }),
  listEndpoints: route('How every endpoint does, and what waits for it', 'All of them, by id.', {
    description: 'Those of the configuration, and those that deliveries still wait for. Settings are never shown. `counts` and `oldest` are null when they are not known now; `oldest` is absent when nothing waits.',
    json: 'Endpoints'
  }),
  readEndpoint: route('How an endpoint does, and what waits for it', 'The endpoint.', { json: 'Endpoint', more: ['NOT_FOUND'] }),
  pauseEndpoint: route('Leave an endpoint alone until it is resumed', 'The endpoint as it is now.', {
    description: 'Within a second no process begins an attempt there; attempts under way end. Its deliveries rest, say why, and still expire. One that is paused keeps its first reason: 409.',
    json: 'Endpoint', requestBody: body('EndpointWord'), more: ['NOT_FOUND', 'OPERATION_NOT_POSSIBLE']
  }),
  resumeEndpoint: route('Let a paused endpoint be delivered to again', 'The endpoint as it is now.', {
    description: 'What rests there goes, urgent and oldest first, as fast as its places take it.',
    json: 'Endpoint', requestBody: body('EndpointWord'), more: ['NOT_FOUND', 'OPERATION_NOT_POSSIBLE']
  }),
  listOperatorActions: route('What operators did with endpoints and batches, newest first', 'A page.', {
    description: 'What they did with a delivery is in the timeline of its package.',
    json: 'OperatorActionPage'
  })
}
