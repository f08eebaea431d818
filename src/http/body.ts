// The body of a package request as parts: plain bodies are one part, forms are streamed part by part, in order.
// Nothing here parses content: the bytes are sacred.
import type { IncomingMessage } from 'node:http'
import { Transform, type TransformCallback } from 'node:stream'
import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { HubError, fault } from '../errors.js'
import { type Text, text } from '../model/text.js'
import type { Part } from '../formats/codec.js'
import { PACKAGE_MEDIA_TYPE } from '../formats/package/index.js'
import { factsOf } from './facts.js'
import { toHubError } from './problem.js'

/** Media types of a plain body. */
export const PLAIN_TYPES = ['application/xml', 'text/xml', 'application/edxml+xml', 'application/json', PACKAGE_MEDIA_TYPE, 'multipart/related'] as const
const FORM_TYPE = 'multipart/form-data'
export const BODY_TYPES: readonly string[] = [...PLAIN_TYPES, FORM_TYPE]

/** A form may hold this many parts; the codec has stricter, explained limits on files. */
export const MAX_FORM_PARTS = 1000

/** Refuses by the headers alone what cannot become a package, before a byte of the body is read. */
export function checkBodyHeaders (maxBodyBytes: number): onRequestAsyncHookHandler {
  return async function checkBody (request, reply) {
    const { 'content-encoding': coding, 'content-length': length, 'transfer-encoding': transfer } = request.headers
    if (transfer === undefined && (length === undefined || length === '0')) throw emptyBody()
    if (!BODY_TYPES.includes(mediaTypeOf(request))) {
      void reply.header('accept-post', BODY_TYPES.join(', '))
      const found = request.headers['content-type'] ?? ''
      const detail = text('Kiểu nội dung này không được nhận.', 'This content type is not accepted.')
      throw unsupported('content-type', { expected: BODY_TYPES.join(' | '), found }, detail)
    }
    if (coding !== undefined && coding.trim().toLowerCase() !== 'identity') {
      void reply.header('accept-encoding', 'identity')
      throw unsupported('content-encoding', { expected: 'identity', found: coding }, text('Không nhận nội dung nén.', 'Compressed bodies are not accepted.'))
    }
    if (Number(length ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes)
  }
}

/**
 * The parts of a request. Iterating throws a `HubError`: `BODY_TOO_LARGE`, `BODY_EMPTY`, `BODY_TRUNCATED` when the
 * client goes away, `REQUEST_INVALID` for a broken form. A part that is not read to its end is skipped. One pass only.
 */
export async function * openParts (request: FastifyRequest, reply: FastifyReply, maxBodyBytes: number): AsyncGenerator<Part> {
  const contentType = mediaTypeOf(request)
  const metered = meter(request, maxBodyBytes)
  // The exchange is over: a reader that is still at it (the client went away, or was answered early) must not wait for ever.
  reply.raw.once('close', () => { if (!metered.destroyed) metered.destroy(cutOff()) })
  try {
    if (contentType === FORM_TYPE) yield * formParts(request, metered)
    else yield { contentType, body: metered }
  } finally {
    metered.destroy()
  }
}

async function * formParts (request: FastifyRequest, metered: Transform): AsyncGenerator<Part> {
  let count = 0
  // The plug-in reads `request.raw`; this view of the request gives it the counted bytes instead.
  const view = Object.create(request, { raw: { value: Object.assign(metered, { headers: request.raw.headers }) } }) as FastifyRequest
  try {
    for await (const part of request.parts.call(view, { isPartAFile: () => true })) {
      if (part.type !== 'file') continue
      count++
      const { file } = part
      // Typed as always there, but a part without a file name has none.
      const filename = part.filename as string | undefined
      const filed = { name: part.fieldname, contentType: plainType(part.mimetype), body: bytesOf(file) }
      yield filename === undefined || filename === '' ? filed : { ...filed, filename }
      if (!file.readableEnded) file.resume()
    }
  } catch (error) {
    throw toBodyError(error)
  }
  if (count === 0) throw emptyBody()
}

/** The bytes of one form part. Leaving early must not destroy the stream: that would end the whole form silently. */
async function * bytesOf (file: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  try {
    yield * (file as Transform).iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
  } catch (error) {
    throw toBodyError(error)
  }
}

/** The raw body with its bytes counted; fails when they are too many, when there are none, or when the client goes away. */
function meter (request: FastifyRequest, maxBodyBytes: number): Transform {
  const { raw } = request
  const facts = factsOf(request)
  const metered = new Transform({
    transform (chunk: Buffer, _encoding, done: TransformCallback) {
      facts.bytesIn += chunk.length
      if (facts.bytesIn > maxBodyBytes) done(tooLarge(maxBodyBytes))
      else done(null, chunk)
    },
    flush (done) { done(facts.bytesIn === 0 ? emptyBody() : null) }
  })
  // An error nobody waits for any more (the package was refused meanwhile) must not end the process.
  metered.on('error', () => {})
  failWhenCut(raw, metered)
  raw.pipe(metered)
  return metered
}

function failWhenCut (raw: IncomingMessage, metered: Transform): void {
  const cut = (): void => {
    if (!raw.readableEnded) metered.destroy(cutOff())
  }
  if (raw.destroyed) cut()
  else raw.once('error', cut).once('close', cut)
}

/** Media type of the request, lower case, without parameters. */
function mediaTypeOf (request: FastifyRequest): string {
  return plainType(request.headers['content-type'] ?? '')
}

function plainType (value: string): string {
  return (value.split(';', 1)[0] ?? '').trim().toLowerCase()
}

function unsupported (header: string, values: { expected: string, found: string }, detail: Text): HubError {
  return new HubError('CONTENT_TYPE_UNSUPPORTED', detail, { errors: [fault('CONTENT_TYPE_UNSUPPORTED', `/headers/${header}`, detail, values)] })
}

function emptyBody (): HubError {
  return new HubError('BODY_EMPTY', text('Yêu cầu không có nội dung.', 'The request has no content.'))
}

function cutOff (): HubError {
  return new HubError('BODY_TRUNCATED', text('Kết nối đóng trước khi nhận hết nội dung.', 'The connection closed before the whole body arrived.'))
}

function tooLarge (maxBodyBytes: number): HubError {
  return new HubError('BODY_TOO_LARGE', text(`Nội dung vượt ${maxBodyBytes} byte.`, `The body is over ${maxBodyBytes} bytes.`))
}

/** The form parser's own errors, in our words; it tells them apart by message only. */
function toBodyError (error: unknown): unknown {
  if (error instanceof HubError) return error
  if (error instanceof Error && /unexpected end|terminated early|premature close/i.test(error.message)) {
    return new HubError('BODY_TRUNCATED', text('Biểu mẫu kết thúc quá sớm.', 'The form ended too early.'))
  }
  const known = toHubError(error)
  return known.code === 'INTERNAL'
    ? new HubError('REQUEST_INVALID', text('Biểu mẫu multipart không đúng cú pháp.', 'The multipart form is not well-formed.'), { cause: error })
    : known
}
