// What the documentation says about the routes of services.
import { EXAMPLES } from './examples.js'
import type { Operation } from './operations.js'

export const SERVICE_OPERATIONS: Record<string, Operation> = {
  listServices: {
    tag: 'services',
    summary: 'List the services that you may ask',
    description: 'Each with its operation, its mandatory fields and the JSON Schema of its question. An operator sees every service, and may ask none.',
    answers: { 200: { description: 'All of them; none when you may ask none.', json: 'Services' } },
    problems: ['REQUEST_INVALID']
  },
  callService: {
    tag: 'services',
    summary: 'Ask an outside system, e.g. about a citizen',
    description: 'Every call is written down before it goes out: who asks, for which agency, why, for which dossier. The answer is never kept in that log. ' +
      'Each request is a call of its own, with a number of its own; it changes nothing at the other side, so there is no Idempotency-Key.',
    requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/ServiceRequest' }, example: EXAMPLES.ServiceRequest } } },
    answers: { 200: { description: 'What the system answered.', json: 'ServiceAnswer' } },
    problems: [
      'REQUEST_INVALID', 'JSON_MALFORMED', 'FORBIDDEN', 'NOT_FOUND', 'RATE_EXCEEDED', 'ENDPOINT_REFUSED', 'ENDPOINT_UNAVAILABLE', 'ENDPOINT_TIMEOUT', 'ENDPOINT_BUSY', 'ENDPOINT_RESTING', 'EGRESS_FORBIDDEN', 'ADAPTER_DEFECT'
    ]
  },
  listServiceCalls: {
    tag: 'services',
    summary: 'List calls of services, newest first',
    description: 'An agency sees its own, an operator all. What was asked and answered is not in it.',
    answers: { 200: { description: 'A page.', json: 'ServiceCallPage' } },
    problems: ['REQUEST_INVALID']
  }
}
