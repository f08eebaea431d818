// The only place that makes HTTP errors: RFC 9457 application/problem+json, in the caller's language.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { CATALOGUE, type ErrorCode, HubError } from '../errors.js'
import { type Language, type Localized, type Text, text } from '../model/text.js'
import { factsOf } from './facts.js'
import { languageOf, localize, wantsBoth } from './language.js'
import type { Fault } from '../model/problem.js'

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** RFC 9457 §3 with our extension members `code`, `errors` and `traceId`. */
export interface HttpProblem {
  /** urn:lienthong:problem:<code in lower-case kebab>. */
  type: string
  title: string
  status: number
  detail: string
  /** Path of the request; absent when none could be read. */
  instance?: string
  code: ErrorCode
  errors: Array<Localized<Fault>>
  /** W3C trace id under which the logs tell more. */
  traceId: string
  /** Both languages, where the caller prefers so; `errors` in the order of the member above. */
  texts?: { title: Text, detail: Text, errors: Text[] }
}

/** The HTTP form of an error. */
export function renderProblem (error: HubError, context: { language: Language, traceId: string, instance?: string, texts?: 'both' }): HttpProblem {
  const { status, title } = CATALOGUE[error.code]
  return {
    type: `urn:lienthong:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: title[context.language],
    status,
    detail: error.detail[context.language],
    ...(context.instance === undefined ? {} : { instance: context.instance }),
    code: error.code,
    errors: localize(error.errors, context.language),
    traceId: context.traceId,
    ...(context.texts === undefined ? {} : { texts: { title, detail: error.detail, errors: error.errors.map(({ detail }) => detail) } })
  }
}

/** Sends an error as a problem. What is not ours becomes a bare 500; its stack goes to the log only. */
export function replyProblem (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toHubError(thrown)
  const language = languageOf(request)
  const problem = renderProblem(error, { language, traceId: request.id, instance: request.url.split('?', 1)[0] ?? '/', ...(wantsBoth(request) ? { texts: 'both' } : {}) })
  factsOf(request).code = error.code
  if (problem.status >= 500 && error.cause !== undefined) {
    request.log.error({ err: error.cause, code: error.code, traceId: request.id }, 'request.failed')
  }
  if (error.code === 'UNAUTHENTICATED') void reply.header('www-authenticate', challenge(request))
  if (error.retryAfterSeconds !== undefined) void reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)))
  // What described the answer that was meant to be given does not describe this one.
  for (const name of ['content-disposition', 'content-digest', 'etag']) void reply.removeHeader(name)
  return reply.code(problem.status).headers({
    'content-type': PROBLEM_TYPE,
    'content-language': language,
    vary: 'Accept-Language',
    'cache-control': 'no-store'
  }).send(JSON.stringify(problem))
}

/** A problem as bytes of HTTP/1.1, for requests that the parser could not even read. */
export function rawProblem (code: ErrorCode, traceId: string): string {
  const error = new HubError(code, CATALOGUE[code].title)
  const body = JSON.stringify(renderProblem(error, { language: 'vi', traceId }))
  const status = CATALOGUE[code].status
  return `HTTP/1.1 ${status} ${code}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Language: vi\r\nCache-Control: no-store\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
}

// RFC 6750 §3: the error attribute only when a credential was presented.
function challenge (request: FastifyRequest): string {
  return request.headers.authorization === undefined ? 'Bearer realm="lienthong"' : 'Bearer realm="lienthong", error="invalid_token"'
}

/** Turns anything thrown into an error of the catalogue; unknown ones become `INTERNAL` with the original as cause. */
export function toHubError (thrown: unknown): HubError {
  if (thrown instanceof HubError) return thrown
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const known = FRAMEWORK[code]
  return known === undefined
    ? new HubError('INTERNAL', CATALOGUE.INTERNAL.title, { cause: thrown })
    : new HubError(known.code, known.detail)
}

/** Errors of Fastify and its plugins that are the caller's doing. */
const FRAMEWORK: Record<string, { code: ErrorCode, detail: Text } | undefined> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'BODY_TOO_LARGE', detail: text('Nội dung yêu cầu vượt giới hạn cho phép.', 'The request body is over the limit.') },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'CONTENT_TYPE_UNSUPPORTED',
    detail: text('Chỉ nhận application/json tại đây.', 'Only application/json is accepted here.')
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'BODY_TRUNCATED',
    detail: text('Độ dài nội dung khác Content-Length.', 'The body does not have the length that Content-Length announces.')
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'BODY_EMPTY', detail: text('Nội dung trống.', 'The body is empty.') },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'JSON_MALFORMED', detail: text('Nội dung không phải JSON đúng cú pháp.', 'The body is not well-formed JSON.') },
  FST_ERR_NOT_FOUND: { code: 'NOT_FOUND', detail: text('Không có địa chỉ này.', 'There is no such route.') },
  FST_ERR_BAD_URL: { code: 'REQUEST_INVALID', detail: text('Địa chỉ yêu cầu có ký tự mã hóa sai.', 'The request target holds a wrong percent-encoding.') },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'URI_TOO_LONG', detail: text('Một phần của địa chỉ quá dài.', 'A part of the request target is too long.') },
  FST_ERR_INVALID_URL: { code: 'REQUEST_INVALID', detail: text('Địa chỉ yêu cầu không hợp lệ.', 'The request target is not valid.') },
  FST_PARTS_LIMIT: { code: 'BODY_TOO_LARGE', detail: text('Biểu mẫu có quá nhiều phần.', 'The form has too many parts.') },
  FST_PROTO_VIOLATION: { code: 'REQUEST_INVALID', detail: text('Tên trường biểu mẫu không được phép.', 'A form field has a forbidden name.') },
  FST_MP_PREMATURE_CLOSE: {
    code: 'BODY_TRUNCATED',
    detail: text('Kết nối đóng trước khi nhận hết nội dung.', 'The connection closed before the whole body arrived.')
  }
}
