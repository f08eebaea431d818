// What the status codes of SFTP (draft-ietf-secsh-filexfer, versions 3 to 6) mean for files.
import { FileFailure, type FileTrouble, plain } from 'lienthong/adapter'

/** End of file: for a read or a listing no failure at all. */
export const END_OF_FILE = 1

const TROUBLES: Readonly<Record<number, FileTrouble>> = {
  2: 'missing', 10: 'missing', 3: 'forbidden', 12: 'forbidden', 6: 'unreachable', 7: 'unreachable', 11: 'exists', 14: 'full', 15: 'full'
}

/** Version 3 has one code for nearly everything, so the server's words have to tell a full disk. */
export function failureOf (error: Error): FileFailure {
  const { code } = error as { code?: unknown }
  const reason = plain(error.message, { maxLength: 120 })
  if (typeof code !== 'number') return new FileFailure('unreachable', reason, { cause: error })
  const isFull = /no space|disk full|quota|insufficient (storage|space)/i.test(error.message)
  return new FileFailure(TROUBLES[code] ?? (isFull ? 'full' : 'failed'), reason, { cause: error })
}

export function isEndOfFile (error: Error | null | undefined): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === END_OF_FILE
}
