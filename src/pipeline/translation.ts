// translation: a sender may speak its own format. Who chose (the request, the client, the endpoint) is settled at the door;
// here a name becomes the codec that reads the format.
import { fault, HubError } from '../errors.js'
import type { Caller } from '../model/caller.js'
import { text } from '../model/text.js'
import type { TranslationConfig } from '../model/generated.js'
import type { Codec } from '../formats/codec.js'
import { isWireName, WIRE_NAMES } from '../formats/dossier/wire.js'
import { mappingCodec } from '../formats/translated/mapping.js'
import { wireCodec } from '../formats/translated/wire.js'
import type { Directory } from '../ports/directory.js'
import type { Mappings } from './types.js'

export interface TranslationOptions { mappings: Mappings, directory: Pick<Directory, 'find'>, at: number }

/** The codec of a translation. Throws REQUEST_INVALID for a name that is neither a format of dossiers nor an inbound mapping. */
export function translationCodec ({ name, from, to }: TranslationConfig, { agencies }: Caller, { mappings, directory, at }: TranslationOptions): Codec {
  if (isWireName(name)) {
    const [only, ...others] = agencies
    const senderOf = (unit: string): string | undefined => {
      if (unit === '') return others.length === 0 ? only : undefined
      const agency = directory.find(unit, at)?.code
      return agency !== undefined && agencies.includes(agency) ? agency : undefined
    }
    return wireCodec(name, { senderOf, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) })
  }
  const mapping = mappings.inbound(name)
  if (mapping !== undefined) return mappingCodec(mapping)
  const detail = text(`Không có cách dịch "${name}".`, `There is no translation "${name}".`)
  throw new HubError('REQUEST_INVALID', detail, { errors: [fault('FIELD_INVALID', '/query/translation', detail, { expected: [...WIRE_NAMES, ...mappings.inboundNames()].join(' | '), found: name })] })
}
