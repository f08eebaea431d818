// The figures of a run as a table for people and as one object for programs.
import type { VariantName } from './options.js'
import { median, type Quantiles } from './measure.js'
import type { Round } from './rounds.js'

export interface SizeReport {
  /** Bytes of one package. */
  size: number
  packages: number
  /** As fast as answers come: the median of the rounds of each figure. */
  closed: Partial<Record<VariantName, Round>>
  /** At a fixed pace that both can keep. */
  paced?: { perSecond: number, rounds: Partial<Record<VariantName, Round>> }
  /** Delivered per second, hub : reference, of each pair of rounds, and their median. */
  ratios: number[]
  ratio?: number
}

/** The middle of several rounds, figure by figure. */
export function middleOf (rounds: readonly Round[]): Round {
  const middle = (of: (round: Round) => number): number => median(rounds.map(of))
  const maybe = (of: (round: Round) => number | undefined): number | undefined => {
    const known = rounds.flatMap(round => of(round) ?? [])
    return known.length === 0 ? undefined : median(known)
  }
  const times = (of: (round: Round) => Quantiles): Quantiles =>
    ({ p50: middle(round => of(round).p50), p95: middle(round => of(round).p95), p99: middle(round => of(round).p99) })
  return {
    acceptedPerSecond: middle(round => round.acceptedPerSecond),
    deliveredPerSecond: middle(round => round.deliveredPerSecond),
    acceptance: times(round => round.acceptance),
    delivery: times(round => round.delivery),
    cpu: maybe(round => round.cpu),
    servicesCpu: maybe(round => round.servicesCpu),
    peakMegabytes: maybe(round => round.peakMegabytes)
  }
}

const HEADINGS = ['size', 'load', 'variant', 'accepted/s', 'delivered/s', 'accept p50/p95/p99 ms', 'deliver p50/p95/p99 ms', 'CPU s/1000', 'PG+MQ CPU s/1000', 'peak MB']

/** One line per size, load and variant; then the ratios. */
export function toTable (reports: readonly SizeReport[]): string {
  const rows = reports.flatMap(({ size, closed, paced }) => [
    ...rowsOf(size, 'closed', closed),
    ...(paced === undefined ? [] : rowsOf(size, `${Math.round(paced.perSecond)}/s`, paced.rounds))
  ])
  const lines = [HEADINGS, ...rows]
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  const table = lines.map(line => line.map((cell, column) => column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)).join('  '))
  const ratios = reports.flatMap(({ size, ratio, ratios }) => ratio === undefined
    ? []
    : [`${sizeText(size)}: hub : reference = ${ratio.toFixed(2)} on delivered/s, median of rounds (${ratios.map(each => each.toFixed(2)).join(', ')})`])
  return [...table, ...(ratios.length > 0 ? ['', ...ratios] : [])].join('\n')
}

function rowsOf (size: number, load: string, rounds: Partial<Record<VariantName, Round>>): string[][] {
  return Object.entries(rounds).map(([name, round]) => [
    sizeText(size), load, name, String(Math.round(round.acceptedPerSecond)), String(Math.round(round.deliveredPerSecond)),
    timesText(round.acceptance), timesText(round.delivery), round.cpu?.toFixed(2) ?? '', round.servicesCpu?.toFixed(2) ?? '', round.peakMegabytes?.toFixed(0) ?? ''
  ])
}

function timesText ({ p50, p95, p99 }: Quantiles): string {
  return [p50, p95, p99].map(ms => ms.toFixed(0)).join(' / ')
}

function sizeText (size: number): string {
  return size % 1000 === 0 ? `${size / 1000} kB` : `${size} B`
}
