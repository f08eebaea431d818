// Numbers about processes, from /proc, and about series of times. Linux only: elsewhere the process columns stay empty.
import { readdir, readFile, writeFile } from 'node:fs/promises'

/** Clock ticks per second in /proc (USER_HZ), 100 on every Linux that Node runs on. */
const TICKS = 100

/** Milliseconds of the monotonic clock, which all processes of one machine share. */
export function monotonicMs (): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** CPU seconds a process has used, all threads, user and system. */
export async function cpuSeconds (pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  // The command's name is in parentheses and may hold spaces: fields are counted from its end.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** CPU seconds used so far by each PostgreSQL and RabbitMQ process of the machine. */
export async function servicesCpu (): Promise<Map<number, number>> {
  const used = new Map<number, number>()
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue
    const command = await readFile(`/proc/${name}/comm`, 'latin1').catch(() => '')
    if (/^(postgres|beam\.smp)$/.test(command.trim())) used.set(Number(name), await cpuSeconds(Number(name)) ?? 0)
  }
  return used
}

/** CPU seconds between two looks: whoever else uses the services is counted, too; processes that ended between are not. */
export function cpuBetween (before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number | undefined {
  return after.size === 0 ? undefined : [...after].reduce((sum, [pid, used]) => sum + used - (before.get(pid) ?? 0), 0)
}

/** Peak resident memory since {@link resetPeak}, MB. */
export async function peakMegabytes (pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
}

/** Lets the peak begin anew (proc(5), clear_refs). Where that is not allowed the peak is that of the whole run. */
export async function resetPeak (pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {})
}

export interface Quantiles { p50: number, p95: number, p99: number }

export function quantiles (values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

export function median (values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]]
  return (low + high) / 2
}
