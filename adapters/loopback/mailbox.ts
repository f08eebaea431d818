// The "outside system" of the loopback adapter: mailboxes in the memory of this process.
import type { HarnessDelivery, Misbehaviour } from 'lienthong/adapter'

export type Play = 'deliver' | 'throw' | Misbehaviour

export interface Mailbox {
  /** Overrides the endpoint's setting while set: tests and training change it on the fly. */
  play: Play | undefined
  /** By delivery id, in the order of arrival. */
  readonly packages: ReadonlyMap<string, HarnessDelivery>
  /** Takes a package; the same delivery id again changes nothing. */
  put (id: string, taken: HarnessDelivery): void
  clear (): void
}

// A mailbox is a demonstration, not a store: old packages make room.
const MOST_PACKAGES = 10_000

const mailboxes = new Map<string, Mailbox>()

/** The mailbox of that name; made when it is first asked for. */
export function mailboxOf (name: string): Mailbox {
  let mailbox = mailboxes.get(name)
  if (mailbox === undefined) mailboxes.set(name, mailbox = createMailbox())
  return mailbox
}

function createMailbox (): Mailbox {
  const packages = new Map<string, HarnessDelivery>()
  return {
    play: undefined,
    packages,
    put (id, taken) {
      if (packages.has(id)) return
      packages.set(id, taken)
      for (const oldest of packages.keys()) {
        if (packages.size <= MOST_PACKAGES) break
        packages.delete(oldest)
      }
    },
    clear () { packages.clear() }
  }
}
