// What a piece of work costs the process that it has to itself: time, growth of memory, and how long the event loop was blocked.
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface Cost {
  sizeMb: number
  ms: number
  mbPerSecond: number
  /** Megabytes per second of CPU time: one core. */
  mbPerCpuSecond: number
  /** Longest delay of the event loop, ms. */
  loopMs: number
  growthMb: number
}

/** `work` tells how many bytes of file it went through. The peak is the kernel's own, since the process began. */
export async function measureCost (work: () => Promise<number>): Promise<Cost> {
  global.gc?.()
  const before = process.memoryUsage.rss()
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const size = await work()
  const ms = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpuBefore)
  delay.disable()
  const sizeMb = Math.floor(size / 2 ** 20)
  return {
    sizeMb,
    ms: Math.round(ms),
    mbPerSecond: Math.round(sizeMb / ms * 1000),
    mbPerCpuSecond: Math.round(sizeMb / (user + system) * 1e6),
    loopMs: Math.round(delay.max / 1e6),
    growthMb: Math.round(process.resourceUsage().maxRSS / 1024 - before / 2 ** 20)
  }
}
