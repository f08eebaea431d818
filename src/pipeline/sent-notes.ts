// What an adapter says it sent: taken down while it works, and kept as what the hub itself makes is kept.
import { defined } from '../model/defined.js'
import type { AttemptRecord, KeptRequest } from '../ports/store.js'
import type { SentRequest } from '../ports/adapter.js'
import type { Spooled } from './spool.js'

/** Of one attempt, and of a delivery. */
const MOST_REQUESTS = 200
const MOST_BYTES = 16 * 2 ** 20
const MOST_NAME = 100

export interface SentNotes {
  /** See `OutboundDelivery.noteSent`. What comes after `keep` was called is nobody's any more. */
  note (request: SentRequest): void
  /** Makes large ones durable. Undefined when nothing was noted. `files`: hashes of the package's. Rejects when the blobs are away. */
  keep (options: { attempt: number, earlier: readonly KeptRequest[] | undefined, files: readonly string[], openSpooled: () => Spooled }): Promise<Pick<AttemptRecord, 'requests' | 'payloads'> | undefined>
}

export function createSentNotes (): SentNotes {
  let noted: SentRequest[] | undefined = []
  let bytes = 0
  return {
    note (request) {
      const size = Buffer.isBuffer(request.body) ? request.body.length : 0
      if (noted === undefined || noted.length === MOST_REQUESTS || bytes + size > MOST_BYTES) return
      bytes += size
      noted.push(request)
    },
    async keep ({ attempt, earlier = [], files, openSpooled }) {
      const taken = noted ?? []
      noted = undefined
      if (taken.length === 0) return undefined
      const spooled = openSpooled()
      try {
        const requests: KeptRequest[] = []
        const own = new Set<string>()
        for (const { call, mediaType, body } of taken) {
          // A file of the package is a payload already; any other hash would open what is not the package's.
          if (!Buffer.isBuffer(body) && !files.includes(body.sha256)) continue
          const ref = Buffer.isBuffer(body) ? await write(body, spooled) : { sha256: body.sha256, size: body.size }
          if (Buffer.isBuffer(body)) own.add(ref.sha256)
          requests.push({ ...ref, call: call.slice(0, MOST_NAME), mediaType, attempt })
        }
        await spooled.commit()
        const inline = new Map(spooled.inline().map(payload => [payload.sha256, payload.bytes]))
        return { requests: [...earlier, ...requests].slice(-MOST_REQUESTS), payloads: [...own].map(sha256 => defined({ sha256, inline: inline.get(sha256) })) }
      } finally {
        await spooled.discard()
      }
    }
  }
}

async function write (bytes: Buffer, spooled: Spooled): Promise<{ sha256: string, size: number }> {
  const spool = await spooled.spool()
  await spool.write(bytes)
  return await spool.end()
}
