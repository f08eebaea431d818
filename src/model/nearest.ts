// Which known words a mistyped one may have meant; pure, so that faults of configuration and of routing can both ask.

/**
 * The `limit` candidates nearest to `word`, nearest first, then in their own order. Case does not count. A candidate
 * further than a third of the length of the longer word (at least 2 edits) is left out. Cost: one comparison per candidate.
 */
export function nearest (word: string, candidates: Iterable<string>, limit: number): string[] {
  const wanted = word.toLowerCase()
  const found: Array<{ candidate: string, edits: number }> = []
  for (const candidate of candidates) {
    const most = Math.max(2, Math.floor(Math.max(wanted.length, candidate.length) / 3))
    if (Math.abs(candidate.length - wanted.length) > most) continue
    const edits = editDistance(wanted, candidate.toLowerCase())
    if (edits <= most) found.push({ candidate, edits })
  }
  return found.sort((a, b) => a.edits - b.edits).slice(0, limit).map(({ candidate }) => candidate)
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal string alignment). */
export function editDistance (from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      let edits = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1))
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped) edits = Math.min(edits, at(beforeLast, column - 2) + 1)
      current.push(edits)
    }
    beforeLast = last
    last = current
  }
  return at(last, to.length)
}

function at (row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
