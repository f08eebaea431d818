// What the benchmark is asked to do: the command line, read and checked.
import { parseArgs } from 'node:util'

export type VariantName = 'hub' | 'reference'

export interface BenchOptions {
  /** Print one JSON object on the last line. */
  json: boolean
  /** Packages per round; absent: by size, see {@link packagesFor}. */
  packages: number | undefined
  connections: number
  /** Bytes of one package. */
  sizes: number[]
  rounds: number
  only: VariantName | undefined
  /** Folder for a CPU profile of the hub. */
  profile: string | undefined
}

export const USAGE = `npm run bench -- [options]
  --packages N        packages per round (default: 1000 up to 16 kB, 400 above)
  --connections N     connections of the load generator (default 50)
  --sizes 4k,100k     sizes of the packages (default 4k,100k)
  --rounds N          counted rounds per size (default 3)
  --only hub|reference
  --profile DIR       write a CPU profile of the hub to DIR
  --json              one JSON object on the last line`

/** Reads the arguments. Throws a `TypeError` that says what is wrong. */
export function readOptions (args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: 'boolean', default: false },
      packages: { type: 'string' },
      connections: { type: 'string', default: '50' },
      sizes: { type: 'string', default: '4k,100k' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string' },
      profile: { type: 'string' }
    }
  })
  const { only } = values
  if (only !== undefined && only !== 'hub' && only !== 'reference') throw new TypeError(`--only is hub or reference, not ${only}`)
  return {
    json: values.json,
    packages: values.packages === undefined ? undefined : count('--packages', values.packages),
    connections: count('--connections', values.connections),
    sizes: values.sizes.split(',').map(bytes),
    rounds: count('--rounds', values.rounds),
    only,
    profile: values.profile
  }
}

/** How many packages a round has: enough for some seconds, so that one checkpoint or garbage collection does not decide. */
export function packagesFor (size: number, { packages }: BenchOptions): number {
  return packages ?? (size <= 16_384 ? 1000 : 400)
}

function count (name: string, value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new TypeError(`${name} is a number from 1, not ${value}`)
  return Number(value)
}

function bytes (value: string): number {
  const [, digits, unit] = /^([1-9]\d{0,6})([km]?)$/.exec(value.trim().toLowerCase()) ?? []
  if (digits === undefined) throw new TypeError(`--sizes are numbers like 4k or 1m, not ${value}`)
  return Number(digits) * (unit === 'm' ? 1_000_000 : unit === 'k' ? 1000 : 1)
}
