// loopback: delivers into memory. Copy this folder to begin an adapter of your own; docs/adapter-guide.md walks through it.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { addAbortSignal } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AdapterSession, deferred, defineAdapter, delivered, type OutboundDelivery, type Outcome, type Problem, problem, refused, text
} from 'lienthong/adapter'
import settingsSchema from './config.schema.json' with { type: 'json' }
import { type Mailbox, mailboxOf, type Play } from './mailbox.js'
import manifest from './manifest.json' with { type: 'json' }

/** What config.schema.json describes; the hub has checked it and filled in the defaults. */
interface Settings { mailbox: string, play: Play, delayMs: number }

export const RETRY_AFTER_MS = 7000

export const adapter = defineAdapter<Settings>({
  manifest,
  settingsSchema,
  async open (settings): Promise<AdapterSession> {
    const mailbox = mailboxOf(settings.mailbox)
    const play = (): Play => mailbox.play ?? settings.play
    return {
      // Proves that the other side is there. Sends no package.
      async probe () {
        return play() === 'offline' ? offline() : delivered()
      },
      // May be called again with the same deliveryId. Expected failures are returned, not thrown.
      async deliver (delivery, signal) {
        try {
          if (settings.delayMs > 0) await sleep(settings.delayMs, undefined, { signal })
          return await perform(play(), delivery, mailbox, signal)
        } catch (error) {
          // The runtime aborts when an attempt takes too long: stop at once, and say whether anything was sent.
          if (signal.aborted) return deferred(problem('ENDPOINT_TIMEOUT', text('Hộp thư không trả lời kịp.', 'The mailbox did not answer in time.')))
          // Anything else is a defect. Let it out: the hub logs it and tries again.
          throw error
        }
      },
      async close () {}
    }
  }
})

async function perform (play: Play, delivery: OutboundDelivery, mailbox: Mailbox, signal: AbortSignal): Promise<Outcome> {
  switch (play) {
    case 'offline': return offline()
    case 'refuse': return refused(problem('ENDPOINT_REFUSED', text('Hộp thư từ chối gói tin.', 'The mailbox refuses the package.')))
    case 'overload': return deferred(unavailable('Hộp thư đang quá tải.', 'The mailbox is overloaded.'), { retryAfterMs: RETRY_AFTER_MS })
    case 'malformed': return deferred(unavailable('Hộp thư trả lời sai định dạng.', 'The mailbox gives a malformed answer.'), { uncertain: true })
    case 'throw': throw new Error('the loopback adapter was told to throw')
    case 'hang':
      signal.throwIfAborted()
      await once(signal, 'abort')
      return signal.throwIfAborted() as never
    case 'drop':
      await take(delivery, mailbox, signal)
      // The bytes have arrived, the answer has not: the hub must know that it cannot know.
      return deferred(unavailable('Mất kết nối tới hộp thư sau khi gửi.', 'The connection to the mailbox was lost after sending.'), { uncertain: true })
    case 'deliver':
      await take(delivery, mailbox, signal)
      return delivered(`loopback:${delivery.deliveryId}`)
  }
}

function offline (): Outcome {
  return deferred(unavailable('Không kết nối được tới hộp thư.', 'The mailbox cannot be reached.'))
}

/** Every reason is one sentence in Vietnamese and one in English. */
function unavailable (vi: string, en: string): Problem {
  return problem('ENDPOINT_UNAVAILABLE', text(vi, en))
}

/** Reads the body as a stream, chunk by chunk: a package may be larger than the memory. */
async function take (delivery: OutboundDelivery, mailbox: Mailbox, signal: AbortSignal): Promise<void> {
  const { deliveryId, packageId, recipient, envelope: { kind }, body, traceparent } = delivery
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of addAbortSignal(signal, await body.open()) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    size += chunk.length
  }
  mailbox.put(deliveryId, { deliveryId, packageId, recipient, kind, mediaType: body.mediaType, traceparent, size, sha256: hash.digest('hex') })
}
