// Dossier package: one JSON part in our canonical form, then its files → canonical model. The schema is the format.
import { HubError } from '../../errors.js'
import { text } from '../../model/text.js'
import { faultsOf } from '../../schema.js'
import type { Codec } from '../codec.js'
import { isJsonObject } from '../json-object.js'
import { readMarkup } from '../markup.js'
import { receiveFiles } from './files.js'
import { parseJson } from './json.js'
import { settleDossier } from './settle.js'

const FORM_FIELD = 'package'
/** Media type of a dossier, as it came or written anew. */
export const DOSSIER_MEDIA_TYPE = 'application/json'

export const dossierCodec: Codec = {
  format: 'dossier-json',
  mediaType: DOSSIER_MEDIA_TYPE,
  accepts: ({ name, contentType }) => name === FORM_FIELD || contentType === DOSSIER_MEDIA_TYPE,
  async decode (content, files, context) {
    const parsed = parseJson(await readMarkup(content, context.limits), context.limits.maxDepth)
    if (!isJsonObject(parsed.value)) {
      throw new HubError('PACKAGE_INVALID', text('Gói hồ sơ phải là một đối tượng JSON', 'A dossier package must be a JSON object'), { errors: faultsOf('dossier', parsed.value) })
    }
    return settleDossier(parsed.value, { ...parsed, received: await receiveFiles(files, context) }, context)
  }
}
