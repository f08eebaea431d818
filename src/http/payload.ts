// Stored bytes as an answer: streamed, with their digest, never sniffed or run by a browser.
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PayloadRef } from '../model/package.js'
import { assertKept } from '../pipeline/payloads.js'
import type { HttpDependencies } from './dependencies.js'
import { factsOf } from './facts.js'

export interface PayloadAnswer extends Pick<HttpDependencies, 'payloads'> {
  package: { id: string, purgedAt?: number }
  ref: PayloadRef
  mediaType: string
  /** Offered as a download under this name. */
  filename?: string
}

/** Streams a payload, answers 410 when it was purged, or 304 when the caller has it already (its SHA-256 is the ETag). */
export async function replyPayload (request: FastifyRequest, reply: FastifyReply, options: PayloadAnswer): Promise<FastifyReply> {
  const { ref, mediaType, filename } = options
  assertKept(options.package)
  const etag = `"${ref.sha256}"`
  void reply.removeHeader('content-language').removeHeader('vary').header('etag', etag)
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
  void reply.headers({
    'content-type': mediaType,
    'content-length': String(ref.size),
    // RFC 9530 §2: the digest of exactly these bytes.
    'content-digest': `sha-256=:${Buffer.from(ref.sha256, 'hex').toString('base64')}:`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    ...(filename === undefined ? {} : { 'content-disposition': contentDisposition(filename) })
  })
  // An empty stream and not nothing: Fastify would answer nothing with Content-Length 0.
  if (request.method === 'HEAD') return reply.send(Readable.from([]))
  const stream = await options.payloads.open(options.package.id, ref)
  factsOf(request).bytesOut = ref.size
  return reply.send(stream)
}

// RFC 9110 §13.1.2: weak comparison, and a list or `*` is allowed.
function matches (ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').map(item => item.trim().replace(/^W\//, '')).some(item => item === etag || item === '*')
}

/**
 * RFC 6266 with RFC 8187: an ASCII stand-in and the real name in UTF-8. Control characters, path separators and
 * direction overrides (which disguise an extension) do not survive.
 */
export function contentDisposition (name: string): string {
  // Lone surrogates (\p{Cs}) cannot be encoded; whole characters are counted, so that none is cut in half.
  const clean = name.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu, '').replace(/[\\/]/g, '_').replace(/^\.+/, '').trim()
  const safe = clean === '' ? 'file' : [...clean].slice(0, 200).join('')
  const ascii = safe.normalize('NFD').replace(/\p{Mn}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'D').replace(/[^\x20-\x7e]|["%]/g, '_')
  const encoded = encodeURIComponent(safe).replace(/['()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
