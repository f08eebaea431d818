// Claim checks as bytes. Reading is strict: whatever else lies in a lane is a bug to be looked at, not work to be guessed.
import type { ClaimCheck, Lane } from '../ports/broker.js'

export function encodeClaim (claim: ClaimCheck): Buffer {
  return Buffer.from(JSON.stringify({ deliveryId: claim.deliveryId, lane: claim.lane, publishedAt: claim.publishedAt }))
}

/** The claim in a message of `lane`, or undefined when it is none. Unknown properties are left for newer hub versions. */
export function decodeClaim (content: Buffer, lane: Lane): ClaimCheck | undefined {
  let value: unknown
  try {
    value = JSON.parse(content.toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { deliveryId, lane: saidLane, publishedAt } = value as Record<string, unknown>
  if (typeof deliveryId !== 'string' || deliveryId === '' || deliveryId.length > 200) return undefined
  if (saidLane !== lane || typeof publishedAt !== 'number' || !Number.isSafeInteger(publishedAt)) return undefined
  return { deliveryId, lane, publishedAt }
}
