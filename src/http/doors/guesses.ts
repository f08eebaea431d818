// Passwords and SecretKeys at the doors are not to be found by trying: who is wrong waits, longer each time. Each process counts
// for itself, in memory.
import { HubError } from '../../errors.js'
import { text } from '../../model/text.js'
import { createAttempts, type AttemptLimits } from '../attempts.js'

export interface Guesses {
  /**
   * Whoever `find` finds by the credentials of this account; undefined when they are wrong, which counts. `TOO_MANY_REQUESTS`, without
   * looking, for who has to wait.
   */
  look<T> (who: { ip: string, account: string }, find: () => T | undefined): T | HubError | undefined
}

/** One account from one address: a stranger elsewhere cannot lock the account's own system out. */
const PER_PAIR: AttemptLimits = { most: 5, perMs: 10 * 60_000, growing: { firstMs: 1000, maxMs: 5 * 60_000 } }
/** One address, whatever the account. A system with a wrong password comes to 14 in its first ten minutes and 2 in each further. */
const PER_ADDRESS: AttemptLimits = { most: 60, perMs: 10 * 60_000 }
/** Configured names are shorter; what is longer is nobody's. */
const LONGEST_NAME = 101
const MOST_RIGHT = 10_000

export function createGuesses (now: () => number): Guesses {
  const [pairs, addresses] = [createAttempts({ ...PER_PAIR, now }), createAttempts({ ...PER_ADDRESS, now })]
  // Were right when they came last: a neighbour behind the same address does not hold them up.
  const right = new Set<string>()
  return {
    look ({ ip, account }, find) {
      const pair = `${ip} ${account.slice(0, LONGEST_NAME)}`
      const wait = Math.max(pairs.waitOf(pair), right.has(pair) ? 0 : addresses.waitOf(ip))
      if (wait > 0) {
        return new HubError('TOO_MANY_REQUESTS', text(`Sai thông tin đăng nhập quá nhiều lần; hãy thử lại sau ${wait} giây.`, `Wrong credentials came too often; try again in ${wait} seconds.`), { retryAfterSeconds: wait })
      }
      const found = find()
      if (found === undefined) {
        pairs.fail(pair)
        addresses.fail(ip)
        right.delete(pair)
      } else {
        pairs.succeed(pair)
        if (right.size >= MOST_RIGHT) right.clear()
        right.add(pair)
      }
      return found
    }
  }
}
