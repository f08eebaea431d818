// The days by which the platform lists: those of Vietnam.
const OFFSET_MS = 7 * 3_600_000
export const DAY_MS = 86_400_000

/** The day in Vietnam, yyyy/MM/dd. */
export function dayOf (at: number): string {
  return new Date(at + OFFSET_MS).toISOString().slice(0, 10).replaceAll('-', '/')
}

/** Midnight in Vietnam before an instant, epoch ms. */
export function startOfDay (at: number): number {
  return at - (at + OFFSET_MS) % DAY_MS
}
