// The wire formats the hub reads, and which one a request is in.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { Codec, Part } from './codec.js'
import { dossierCodec } from './dossier/index.js'
import { edxmlCodec } from './edxml/index.js'
import { relatedCodec } from './edxml/related.js'
import { packageCodec, PACKAGE_MEDIA_TYPE } from './package/index.js'

/** In the order in which they are asked. */
export const CODECS: readonly Codec[] = [packageCodec, edxmlCodec, relatedCodec, dossierCodec]

/** The codec of a request by its first part. Throws CONTENT_TYPE_UNSUPPORTED when none reads it. */
export function codecFor (first: Pick<Part, 'name' | 'filename' | 'contentType'>): Codec {
  const codec = CODECS.find(candidate => candidate.accepts(first))
  if (codec !== undefined) return codec
  throw new HubError('CONTENT_TYPE_UNSUPPORTED', text(
    `Không đọc được kiểu nội dung ${first.contentType}; cần application/xml (edXML), application/json (hồ sơ) hoặc ${PACKAGE_MEDIA_TYPE} (dạng chuẩn)`,
    `The content type ${first.contentType} cannot be read; expected application/xml (edXML), application/json (dossier) or ${PACKAGE_MEDIA_TYPE} (canonical form)`))
}
