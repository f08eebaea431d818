// The answer of getEdoc while it comes, and where its message is.
import { readMessage } from 'lienthong/adapter'

/** The field `edxml`, or, when that is empty, the first attachment that is called so. */
export type Place = 'edxml' | 'attachment'

/** Fields that say whether the call succeeded. */
const SAID = ['success', 'message', 'ErrorCode', 'errorCode', 'data.errorCode', 'data.errorDesc']
const FILE_NAME = 'data.attachments[].fileName'
const MESSAGE_NAME = /\.(edxml|xml)$/i

/** The bytes of the message; none when there is nothing at `place`. `check` is asked about the other fields at the end. */
export function readEdoc (body: AsyncIterable<Buffer>, place: Place, check: (fields: unknown) => unknown): AsyncGenerator<Buffer> {
  return readMessage(body, {
    isMessage: (path, said) => place === 'edxml' ? path === 'data.edxml' : path === 'data.attachments[].fileContent' && MESSAGE_NAME.test(said.get(FILE_NAME) ?? ''),
    keeps: [...SAID, FILE_NAME]
  }, said => check(fieldsOf(said)))
}

/** `data.errorCode` → the field of that name inside of `data`; `true` and `false` as they are meant. */
function fieldsOf (said: ReadonlyMap<string, string>): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [path, value] of said) {
    const [name = '', inner] = path.split('.')
    if (inner === undefined) fields[name] = name === 'success' ? value === 'true' : value
    else fields[name] = { ...fields[name] as object | undefined, [inner]: value }
  }
  return fields
}
