// Small JSON bodies: strict UTF-8, no prototype poisoning, and an empty body is no body.
import type { FastifyInstance } from 'fastify'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'

/** Replaces Fastify's parsers. Real clients send `Content-Type: application/json` with nothing behind it; that is accepted. */
export function acceptJsonBodies (app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  const decoder = new TextDecoder('utf-8', { fatal: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) { done(null, undefined); return }
    let decoded: string
    try {
      decoded = decoder.decode(body)
    } catch {
      done(new HubError('ENCODING_INVALID', text('Nội dung không phải UTF-8 hợp lệ.', 'The body is not valid UTF-8.')))
      return
    }
    void parse(request, decoded, done)
  })
  // `curl -d ''` names a form type for nothing at all.
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (_request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else done(new HubError('CONTENT_TYPE_UNSUPPORTED', text('Chỉ nhận application/json tại đây.', 'Only application/json is accepted here.')))
  })
}
