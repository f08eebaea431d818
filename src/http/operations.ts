// What the documentation says about each route beyond its parameters. Keyed by operationId; a test compares both ways.
import type { ErrorCode } from '../errors.js'
import { PLAIN_TYPES } from './body.js'
import { PACKAGE_MEDIA_TYPE } from '../formats/package/index.js'
import { OPERATING } from './operator-operations.js'
import { SERVICE_OPERATIONS } from './service-operations.js'
import { DOSSIER_EXAMPLE, EDXML_EXAMPLE, EXAMPLES, FORM_EXAMPLE, PACKAGE_EXAMPLE, RELATED_EXAMPLE } from './examples.js'

export interface Operation {
  tag: 'packages' | 'inbox' | 'agencies' | 'services' | 'operating' | 'health'
  summary: string
  description?: string
  /** No key needed. */
  open?: true
  requestBody?: object
  headers?: Array<{ name: string, description: string, schema: object, example: string }>
  /** Status → name of the example and component, or a description of bytes or of nothing. */
  answers: Record<number, { description: string, json?: keyof typeof EXAMPLES, bytes?: true, headers?: Record<string, string> }>
  problems: ErrorCode[]
}

const file = { type: 'string', format: 'binary' }
const edxml = { schema: { type: 'string', description: 'edXML, QCVN 102:2016/BTTTT, UTF-8.' }, example: EDXML_EXAMPLE }
const dossier = { schema: { $ref: '#/components/schemas/Dossier' }, example: DOSSIER_EXAMPLE }

const related = { schema: { type: 'string', format: 'binary', description: 'edXML of the schema before QCVN 102:2016: the message, then its files as MIME parts.' }, example: RELATED_EXAMPLE }
const canonical = { schema: { $ref: '#/components/schemas/CanonicalPackage' }, example: PACKAGE_EXAMPLE }
const BODIES: Record<string, object> = { 'application/json': dossier, [PACKAGE_MEDIA_TYPE]: canonical, 'multipart/related': related }

const PACKAGE_BODY = {
  required: true,
  description: 'The package. edXML as XML; a dossier as JSON, or as a form whose first part is the content and whose later parts are its files, in any number. Either as canonical JSON. ' +
    'A partner\'s own format, when the account or `translation` names it.',
  content: {
    ...Object.fromEntries(PLAIN_TYPES.map(type => [type, BODIES[type] ?? edxml])),
    'multipart/form-data': {
      schema: {
        type: 'object',
        properties: { package: { ...file, description: 'The content, first. May also be named file_doc or edocFile.' } },
        required: ['package'],
        additionalProperties: file
      },
      example: FORM_EXAMPLE
    }
  }
}

const INTAKE_PROBLEMS: ErrorCode[] = [
  'REQUEST_INVALID', 'TRANSLATION_FAILED', 'BODY_EMPTY', 'BODY_TRUNCATED', 'XML_MALFORMED', 'JSON_MALFORMED', 'SENDER_NOT_ALLOWED', 'BODY_TOO_LARGE', 'CONTENT_TYPE_UNSUPPORTED', 'PACKAGE_INVALID'
]

const BYTES_HEADERS = {
  ETag: 'SHA-256 of the bytes, quoted.',
  'Content-Digest': 'RFC 9530 digest, sha-256.',
  'Content-Length': 'Bytes.'
}

const UNCHANGED = { description: 'The caller has these bytes already.' }

export const OPERATIONS: Record<string, Operation> = {
  acceptPackage: {
    tag: 'packages',
    summary: 'Hand in a package',
    description: '202 means safe: package, files and deliveries are stored. ' +
      'The same sender and identifier (or Idempotency-Key) with the same content gets the same answer again; other content gets 409.',
    requestBody: PACKAGE_BODY,
    headers: [{
      name: 'Idempotency-Key',
      description: '1 to 255 visible ASCII characters, with or without quotes.',
      schema: { type: 'string', minLength: 1, maxLength: 512 },
      example: 'stc-2026-0001'
    }],
    answers: {
      202: {
        description: 'Accepted and stored.',
        json: 'Accepted',
        headers: { Location: 'The package.', 'Idempotent-Replayed': '`true` when nothing new was stored.' }
      }
    },
    problems: [...INTAKE_PROBLEMS, 'PACKAGE_CONFLICT', 'IDEMPOTENCY_KEY_REUSED', 'OVERLOADED', 'STORAGE_FULL']
  },
  validatePackage: {
    tag: 'packages',
    summary: 'Try a package out',
    description: 'The same checks and routes as handing in; stores nothing. Faults are answered as handing in would.',
    requestBody: PACKAGE_BODY,
    answers: { 200: { description: 'It would be accepted; this is where it would go.', json: 'Plan' } },
    problems: INTAKE_PROBLEMS
  },
  listPackages: {
    tag: 'packages',
    summary: 'List packages, newest first',
    answers: { 200: { description: 'A page.', json: 'PackagePage' } },
    problems: ['REQUEST_INVALID']
  },
  readPackage: {
    tag: 'packages',
    summary: 'Read a package and the state of its deliveries',
    description: 'A recipient sees its own deliveries, the sender all.',
    answers: { 200: { description: 'The package.', json: 'Package' } },
    problems: ['REQUEST_INVALID', 'NOT_FOUND']
  },
  readRecipients: {
    tag: 'packages',
    summary: 'Read what became of a package at each recipient',
    description: 'How each delivery stands and, of a document, what the agency has done with it by its statuses. A recipient sees itself, the sender all.',
    answers: { 200: { description: 'Who has it, who refused it, who is waited for.', json: 'Recipients' } },
    problems: ['REQUEST_INVALID', 'NOT_FOUND']
  },
  readPackageContent: {
    tag: 'packages',
    summary: 'Download the original bytes',
    answers: { 200: { description: 'Exactly what was handed in.', bytes: true, headers: BYTES_HEADERS }, 304: UNCHANGED },
    problems: ['REQUEST_INVALID', 'NOT_FOUND', 'CONTENT_PURGED', 'CONTENT_MISSING']
  },
  readAttachment: {
    tag: 'packages',
    summary: 'Download one file of a package',
    answers: {
      200: { description: 'The file.', bytes: true, headers: { ...BYTES_HEADERS, 'Content-Disposition': 'attachment, with the file name (RFC 6266).' } },
      304: UNCHANGED
    },
    problems: ['REQUEST_INVALID', 'NOT_FOUND', 'CONTENT_PURGED', 'CONTENT_MISSING']
  },
  readSent: {
    tag: 'packages',
    summary: 'Download what was sent to a recipient',
    description: 'The message, or one request, exactly as it went out; *** stands for a secret, sha256: and a hash for the base64 of that file of the package.',
    answers: { 200: { description: 'What was sent.', bytes: true, headers: BYTES_HEADERS }, 304: UNCHANGED },
    problems: ['REQUEST_INVALID', 'NOT_FOUND', 'CONTENT_PURGED', 'CONTENT_MISSING']
  },
  readTimeline: {
    tag: 'packages',
    summary: 'Read what happened to a package, oldest first',
    answers: { 200: { description: 'A page. It may hold fewer items than asked for although another follows.', json: 'Timeline' } },
    problems: ['REQUEST_INVALID', 'NOT_FOUND']
  },
  peekInbox: {
    tag: 'inbox',
    summary: 'See what is waiting',
    description: 'Urgent first, then oldest. ' +
      'What is shown is hidden from other peeks for a while; it stays waiting until it is acknowledged or rejected.',
    answers: { 200: { description: 'What is waiting; may be empty.', json: 'Inbox' } },
    problems: ['REQUEST_INVALID', 'FORBIDDEN']
  },
  readInboxContent: {
    tag: 'inbox',
    summary: 'Download a delivery',
    answers: { 200: { description: 'The bytes as prepared for the recipient.', bytes: true, headers: BYTES_HEADERS }, 304: UNCHANGED },
    problems: ['REQUEST_INVALID', 'FORBIDDEN', 'NOT_FOUND', 'DELIVERY_NOT_AVAILABLE', 'CONTENT_PURGED']
  },
  acknowledgeDelivery: {
    tag: 'inbox',
    summary: 'Say that a delivery is safe with the recipient',
    description: 'Repeating it is harmless.',
    requestBody: { required: false, content: { 'application/json': { schema: { type: 'object', additionalProperties: false }, example: {} } } },
    answers: { 204: { description: 'Delivered.' } },
    problems: ['REQUEST_INVALID', 'FORBIDDEN', 'NOT_FOUND', 'DELIVERY_NOT_AVAILABLE']
  },
  rejectDelivery: {
    tag: 'inbox',
    summary: 'Refuse a delivery, with the reason',
    description: 'The sender sees it at once. Repeating it is harmless.',
    requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/Rejection' }, example: EXAMPLES.Rejection } } },
    answers: { 204: { description: 'Refused.' } },
    problems: ['REQUEST_INVALID', 'JSON_MALFORMED', 'FORBIDDEN', 'NOT_FOUND', 'DELIVERY_NOT_AVAILABLE']
  },
  listAgencies: {
    tag: 'agencies',
    summary: 'List or search agencies',
    answers: { 200: { description: 'A page, by main code.', json: 'AgencyPage' } },
    problems: ['REQUEST_INVALID']
  },
  readAgency: {
    tag: 'agencies',
    summary: 'Look an agency up by any of its codes',
    answers: { 200: { description: 'The agency.', json: 'Agency' } },
    problems: ['NOT_FOUND']
  },
  ...SERVICE_OPERATIONS,
  ...OPERATING,
  checkLive: {
    tag: 'health',
    summary: 'Is the process working?',
    open: true,
    answers: { 200: { description: 'It is.', json: 'Live' }, 503: { description: 'It is not; restart it.', json: 'Live' } },
    problems: []
  },
  checkReady: {
    tag: 'health',
    summary: 'Can the hub take work?',
    open: true,
    answers: { 200: { description: 'It can.', json: 'Readiness' }, 503: { description: 'Not now.', json: 'Readiness' } },
    problems: []
  }
}
