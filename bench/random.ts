// Chance from a seed: the same seed draws the same on every machine, so that what a run found can be found again.

export interface Random {
  /** Uniform in [0, 1). */
  next (): number
  /** A whole number from 0 to below `most`. */
  below (most: number): number
  /** Uniform between two numbers. */
  between (least: number, most: number): number
  /** One of the items. Throws a `RangeError` when there is none. */
  pick<Item> (items: readonly Item[]): Item
  /** The items in another order. */
  shuffle<Item> (items: readonly Item[]): Item[]
}

/** mulberry32. `seed` is taken modulo 2³². */
export function createRandom (seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (most: number): number => Math.floor(next() * most)
  return {
    next,
    below,
    between: (least, most) => least + next() * (most - least),
    pick (items) {
      const item = items[below(items.length)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
    shuffle (items) {
      const rest = [...items]
      return items.flatMap(() => rest.splice(below(rest.length), 1))
    }
  }
}
