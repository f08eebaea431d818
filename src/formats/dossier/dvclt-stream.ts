// Reads the detail of a DVCLT dossier as a stream: its base64 files go straight into spools.
import type { DecodeContext } from '../codec.js'
import { restoreFiles } from '../inline-files.js'
import { readJsonWithFiles } from '../json-files.js'
import type { Read, WireContext } from '../../ports/dossier-wire.js'
import { dvcltWire } from './dvclt.js'

/** Where a message holds the content of a file. */
export const DVCLT_FILE_FIELDS: ReadonlySet<string> = new Set(['duLieuTepDinhKem'])

/**
 * The dossier of a detail answer. Its files are in spools of `decode`, found by hash in the result.
 * Rejects as decoding does: JSON_MALFORMED, ENCODING_INVALID, BODY_TOO_LARGE; everything else is a fault in the result.
 */
export async function readDvcltStream (body: AsyncIterable<Uint8Array>, decode: DecodeContext, context: WireContext): Promise<Read> {
  const { value, faults, files } = await readJsonWithFiles(body, DVCLT_FILE_FIELDS, decode)
  const read = dvcltWire.fromWire(restoreFiles(value, files), context)
  return faults.length === 0 ? read : { ...read, dossiers: [], files: [], faults: [...faults, ...read.faults] }
}
