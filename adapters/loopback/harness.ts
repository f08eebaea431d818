// The fake counterpart of the loopback adapter: one of its mailboxes, told how to misbehave.
import type { AdapterHarness } from 'lienthong/adapter'
import { RETRY_AFTER_MS } from './index.js'
import { mailboxOf } from './mailbox.js'

/** `name` keeps harnesses in one process apart. */
export function createHarness (name = 'harness'): AdapterHarness {
  const mailbox = mailboxOf(name)
  return {
    can: ['refuse', 'overload', 'hang', 'drop', 'malformed', 'offline'],
    retryAfterMs: RETRY_AFTER_MS,
    async start () {
      mailbox.play = undefined
      mailbox.clear()
    },
    settings: () => ({ mailbox: name }),
    async misbehave (kind) { mailbox.play = kind },
    received: () => [...mailbox.packages.values()],
    async stop () { mailbox.play = undefined }
  }
}
