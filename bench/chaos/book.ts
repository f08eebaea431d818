// The recorder: everything that was posted, everything that arrived, on one clock. The judge reads nothing else but this and
// what the hub says in the end.
import type { Observation, Sent } from './judge.js'

/** One package, ready to be posted. */
export interface Outgoing extends Pick<Sent, 'title' | 'sha256' | 'to' | 'streams' | 'revokes'> {
  /** Code of the sending agency. */
  readonly from: string
  readonly kind: 'document' | 'status' | 'dossier'
  /** What follows is about it: the hub refuses a change of a document that it does not know yet. */
  readonly opens: boolean
  /** What it is about comes after it, and must come. */
  readonly owes?: true
  readonly contentType: string
  readonly body: Buffer
}

export interface Entry {
  /** Its 202 has come. */
  accepted (packageId: string): void
  /** It got an answer that is final and no 202. */
  turnedAway (answer: string): void
}

export interface Book {
  readonly sent: readonly Sent[]
  readonly observations: readonly Observation[]
  /** To be called before the first byte is sent. */
  post (outgoing: Outgoing): Entry
  observe (observation: Omit<Observation, 'at'>): void
  /** Resolves with the time at which this agency took or refused these bytes; never, if it does neither. */
  whenAnswered (sha256: string, agency: string): Promise<number>
}

export function createBook (): Book {
  const sent: Sent[] = []
  const observations: Observation[] = []
  const answeredAt = new Map<string, number>()
  const waiting = new Map<string, (at: number) => void>()
  return {
    sent,
    observations,
    post ({ title, sha256, to, streams, revokes }) {
      const at = sent.push({ title, sha256, to, streams, revokes, postedAt: performance.now() }) - 1
      const complete = (more: Partial<Sent>): void => {
        const entry = sent[at]
        if (entry !== undefined) sent[at] = { ...entry, ...more }
      }
      return {
        accepted (packageId) { complete({ packageId, acceptedAt: performance.now() }) },
        turnedAway (answer) { complete({ turnedAway: answer }) }
      }
    },
    observe (observation) {
      const at = performance.now()
      observations.push({ ...observation, at })
      const name = `${observation.sha256} ${observation.agency}`
      if (observation.reaction === 'failed' || answeredAt.has(name)) return
      answeredAt.set(name, at)
      waiting.get(name)?.(at)
      waiting.delete(name)
    },
    async whenAnswered (sha256, agency) {
      const name = `${sha256} ${agency}`
      return answeredAt.get(name) ?? await new Promise(resolve => { waiting.set(name, resolve) })
    }
  }
}
