// What the file system says, told apart and told on in the hub's own words.
import { toStorageError } from './file-writer.js'

/** For `catch`: a file that is not there gives `instead`. */
export function ignoreMissing<T> (instead: T): (error: NodeJS.ErrnoException) => T {
  return error => {
    if (error.code === 'ENOENT') return instead
    throw error
  }
}

/** Runs `act`; what the file system says leaves as a HubError. */
export async function guarded<T> (act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw toStorageError(error)
  }
}
