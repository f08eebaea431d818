// At most so many at a time; the others wait in the order they came.

export type Limit = <T> (work: () => Promise<T>) => Promise<T>

export function createLimit (concurrency: number): Limit {
  let running = 0
  const waiting: Array<() => void> = []
  return async work => {
    // A finished run hands its place on, so a newcomer cannot slip in between.
    if (running >= concurrency) await new Promise<void>(resolve => { waiting.push(resolve) })
    else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
