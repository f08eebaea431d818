// receive: bytes stream into a spool while the header is decoded, so memory stays flat whatever the size.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { Blobs } from '../ports/blobs.js'
import type { Clock } from '../ports/clock.js'
import type { Directory } from '../ports/directory.js'
import type { DecodeLimits, Part, Spool } from '../formats/codec.js'
import type { Profile } from '../formats/profile.js'
import { codecFor } from '../formats/index.js'
import { createSpooled } from './spool.js'
import { translationCodec } from './translation.js'
import type { Arrival, Mappings, Received } from './types.js'

export interface ReceiveOptions { blobs: Blobs, inlineBytes: number, limits: DecodeLimits, clock: Clock, profile: Profile, mappings: Mappings, directory: Pick<Directory, 'find'> }

/** Reads an arrival to its end. Rejects with a `HubError` when nothing can be made of it; then nothing is left behind. */
export async function receive (arrival: Arrival, options: ReceiveOptions): Promise<Received> {
  const { blobs, inlineBytes, limits, clock, profile } = options
  const spooled = createSpooled(blobs, inlineBytes)
  const parts = arrival.parts[Symbol.asyncIterator]()
  try {
    const first = await parts.next()
    if (first.done === true) throw new HubError('BODY_EMPTY', text('Yêu cầu không có nội dung.', 'The request has no content.'))
    const codec = arrival.translation === undefined ? codecFor(first.value) : translationCodec(arrival.translation, arrival.caller, { ...options, at: clock.now() })
    const original = await spooled.spool()
    const context = { limits, direction: arrival.direction ?? 'outbound', at: clock.now(), profile, spool: async () => await spooled.spool() }
    const decoded = await codec.decode(copyTo(original, first.value.body), remaining(parts), context)
    const originalRef = await original.end()
    return { arrival, format: codec.format, mediaType: codec.mediaType, decoded, original: originalRef, spooled }
  } catch (error) {
    await spooled.discard()
    throw error
  }
}

async function * copyTo (spool: Spool, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    await spool.write(chunk)
    yield chunk
  }
}

async function * remaining (parts: AsyncIterator<Part>): AsyncGenerator<Part> {
  for (let next = await parts.next(); next.done !== true; next = await parts.next()) yield next.value
}
