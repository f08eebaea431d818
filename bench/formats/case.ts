// The shape of one row of the formats bench.

export interface FormatCase {
  readonly name: string
  /** Name of the case whose CPU time is 1. */
  readonly unit?: string
  /** The ratio that is promised. */
  readonly atMost?: number
  run (): unknown
}

export interface Row {
  name: string
  cpuMs: number
  unit?: string | undefined
  ratio?: number
  atMost?: number | undefined
  met?: boolean
}
