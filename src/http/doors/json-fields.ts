// Small JSON bodies of the doors: whatever type a client gives them, an empty one is an empty object.
import type { FastifyInstance } from 'fastify'
import { HubError } from '../../errors.js'
import { text } from '../../model/text.js'

/** Bodies are kept as bytes, up to the limit of small bodies. */
export function acceptAnyBody (app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })
}

/** A field of the body that is a text or a number, as text. */
export type Fields = (name: string) => string | undefined

/** The fields of a body. Throws JSON_MALFORMED for what is neither empty nor an object. */
export function fieldsOf (body: unknown): Fields {
  const value = Buffer.isBuffer(body) && body.length > 0 ? parse(body) : {}
  return name => {
    const field = Object.hasOwn(value, name) ? value[name] : undefined
    return typeof field === 'string' ? field : typeof field === 'number' ? String(field) : undefined
  }
}

function parse (body: Buffer): Record<string, unknown> {
  const value = parsed(body)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new HubError('JSON_MALFORMED', text('Nội dung phải là một đối tượng JSON.', 'The body must be a JSON object.'))
}

function parsed (body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    throw new HubError('JSON_MALFORMED', text('Nội dung không phải JSON đúng cú pháp.', 'The body is not well-formed JSON.'))
  }
}
