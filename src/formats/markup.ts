// The text of a message that is read in one piece: bounded, UTF-8, without its byte order mark.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import { createUtf8Decoder } from './utf8.js'

/** Throws BODY_EMPTY, BODY_TOO_LARGE over `maxMarkupBytes`, ENCODING_INVALID. */
export async function readMarkup (content: AsyncIterable<Uint8Array>, { maxMarkupBytes }: { maxMarkupBytes: number }): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of content) {
    size += chunk.byteLength
    if (size > maxMarkupBytes) throw markupTooLarge(maxMarkupBytes)
    chunks.push(chunk)
  }
  return markupOf(Buffer.concat(chunks))
}

/** The same of bytes that are there already. */
export function markupOf (bytes: Buffer): string {
  if (bytes.length === 0) throw new HubError('BODY_EMPTY', text('Nội dung trống', 'The body is empty'))
  const decoder = createUtf8Decoder()
  const markup = decoder.decode(bytes)
  decoder.end()
  return markup.charCodeAt(0) === 0xfeff ? markup.slice(1) : markup
}

export function markupTooLarge (maxMarkupBytes: number): HubError {
  return new HubError('BODY_TOO_LARGE', text(`Nội dung (không kể tệp) vượt quá ${maxMarkupBytes} byte`, `The content, files left out, is over ${maxMarkupBytes} bytes`))
}
