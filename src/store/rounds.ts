// Packages that follow others are stored in rounds, so that those of one batch keep their order, too: within a round no two
// share a stream, and each round sees the one before it.
import { startsStream } from '../model/stream.js'
import type { AcceptedPackage } from '../model/package.js'

/** Positions in the batch: first those that start a stream, all at once, then rounds of those that follow. */
export function roundsOf (packages: readonly AcceptedPackage[]): { starting: number[], following: number[][] } {
  const starting: number[] = []
  const following: number[][] = []
  const next = new Map<string, number>()
  for (const [index, entry] of packages.entries()) {
    if (startsStream(entry.envelope)) {
      starting.push(index)
      continue
    }
    const streams = streamsIn(entry)
    const round = Math.max(...streams.map(stream => next.get(stream) ?? 0))
    for (const stream of streams) next.set(stream, round + 1)
    const others = following[round]
    if (others === undefined) following.push([index])
    else others.push(index)
  }
  return { starting, following }
}

/** The streams of a package, the one it correlates with first. */
export function streamsIn ({ envelope, streams = [] }: AcceptedPackage): [string, ...string[]] {
  return [envelope.correlationId, ...streams.filter(stream => stream !== envelope.correlationId)]
}
