// edXML whose files travel beside it as MIME parts (multipart/related, RFC 2387): the form of e-doc.vn before QCVN 102:2016,
// a SOAP message as the first part. Only read: whoever gets it from the hub gets it as the standard has it.
import { HubError } from '../../errors.js'
import { text } from '../../model/text.js'
import type { Codec, Part } from '../codec.js'
import { type MimePart, mimeParts } from '../mime.js'
import { edxmlCodec } from './index.js'

/** Media type of the original bytes, kept as one. */
export const RELATED_MEDIA_TYPE = 'multipart/related'

export const relatedCodec: Codec = {
  format: 'edxml',
  mediaType: RELATED_MEDIA_TYPE,
  accepts: ({ contentType }) => contentType === RELATED_MEDIA_TYPE,
  async decode (content, _files, context) {
    const parts = mimeParts(content, context.limits.maxBytes)
    const root = await parts.next()
    if (root.done === true) throw new HubError('BODY_EMPTY', text('Nội dung trống', 'The body is empty'))
    return await edxmlCodec.decode(root.value.body, files(parts), context)
  }
}

async function * files (parts: AsyncGenerator<MimePart>): AsyncGenerator<Part> {
  for (let next = await parts.next(); next.done !== true; next = await parts.next()) {
    const { id, filename, contentType, body } = next.value
    yield { related: id, contentType, body, ...(filename === undefined ? {} : { filename }) }
  }
}
