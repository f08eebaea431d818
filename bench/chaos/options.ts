// What a chaos run is asked to do: the command line, read and checked.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

export interface ChaosOptions {
  seed: number
  /** How long faults and packages go on; coming to rest is extra. */
  minutes: number
  /** Packages a second. */
  rate: number
  setUp: 'services' | 'embedded'
  output: 'table' | 'json'
  /** What becomes of the run's folder, with all logs. */
  folder: 'removed' | 'kept'
}

export const USAGE = `npm run chaos -- [options]
  --seed N      the schedule of faults and the packages (default: drawn, and printed)
  --minutes N   how long faults are made (default 2); coming to rest takes up to 30 s more
  --rate N      packages a second (default 20; embedded 10)
  --embedded    one process with everything in it, in place of two on PostgreSQL and RabbitMQ
  --keep        keep the folder with the logs of all processes
  --json        one JSON object on the last line`

/** Reads the arguments. Throws a `TypeError` that says what is wrong. */
export function readOptions (args: string[]): ChaosOptions {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '2' },
      rate: { type: 'string' },
      embedded: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false }
    }
  })
  return {
    seed: values.seed === undefined ? randomInt(1, 2 ** 31) : numberOf('--seed', values.seed, { least: 0, most: 2 ** 32 - 1 }),
    minutes: numberOf('--minutes', values.minutes, { least: 0.1, most: 24 * 60 }),
    rate: numberOf('--rate', values.rate ?? (values.embedded ? '10' : '20'), { least: 0.1, most: 1000 }),
    setUp: values.embedded ? 'embedded' : 'services',
    output: values.json ? 'json' : 'table',
    folder: values.keep ? 'kept' : 'removed'
  }
}

function numberOf (name: string, value: string, { least, most }: { least: number, most: number }): number {
  const number = Number(value)
  if (value.trim() === '' || !(number >= least && number <= most)) throw new TypeError(`${name} is a number from ${least} to ${most}, not ${value}`)
  return number
}
