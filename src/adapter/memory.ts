// The memory that a kit lends: an endpoint's own part of the store's, or one of its own for tests.
import type { AdapterMemory } from '../ports/adapter.js'
import type { MemoryStore } from '../ports/endpoint-store.js'

const MOST_KEY_LENGTH = 200
const MOST_VALUE_BYTES = 2 ** 20

/** The memory of one endpoint. Throws a `RangeError` for what does not fit: that is a defect of the adapter. */
export function memoryOf (endpoint: string, store: Pick<MemoryStore, 'readMemory' | 'writeMemory'>, now: () => number): AdapterMemory {
  return {
    read: async key => await store.readMemory(endpoint, key),
    async write (key, value, { keepMs } = {}) {
      if (key === '' || key.length > MOST_KEY_LENGTH) throw new RangeError(`a key has 1 to ${MOST_KEY_LENGTH} characters`)
      if (value !== undefined && Buffer.byteLength(JSON.stringify(value)) > MOST_VALUE_BYTES) throw new RangeError(`the value of "${key}" is over ${MOST_VALUE_BYTES} bytes`)
      await store.writeMemory(endpoint, key, value, keepMs === undefined ? {} : { expiresAt: now() + keepMs })
    }
  }
}

/** A memory that ends with the process, and forgets nothing before. */
export function createMemory (): AdapterMemory {
  const values = new Map<string, string>()
  return memoryOf('', {
    readMemory: async (_endpoint, key) => {
      const found = values.get(key)
      return found === undefined ? undefined : JSON.parse(found) as unknown
    },
    writeMemory: async (_endpoint, key, value) => {
      if (value === undefined) values.delete(key)
      else values.set(key, JSON.stringify(value))
    }
  }, () => 0)
}
