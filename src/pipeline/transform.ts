// transform: the recipient's format, whatever the sender used. The original bytes are never edited.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import { canonicalBytes } from '../formats/canonical.js'
import type { OutboundDelivery } from '../ports/adapter.js'
import type { Endpoint } from '../ports/directory.js'
import type { ClaimedDelivery } from '../ports/store.js'
import { bytesOf, type Payloads } from './payloads.js'
import type { Prepared } from './types.js'

/** Prepares what goes over the wire. Throws a `HubError` when the content cannot take the recipient's format. */
export function transform (claimed: ClaimedDelivery, { endpoint, payloads }: { endpoint: Endpoint, payloads: Payloads }): Prepared {
  const sent = claimed.delivery.format === 'original' ? originalOf(claimed) : canonicalOf(claimed)
  return { claimed, endpoint, sent, outbound: toOutbound(claimed, sent, payloads) }
}

function originalOf ({ package: { original, mediaType } }: ClaimedDelivery): Prepared['sent'] {
  return { sha256: original.sha256, size: original.size, mediaType }
}

function canonicalOf ({ package: accepted }: ClaimedDelivery): Prepared['sent'] {
  const { bytes, sha256 } = canonicalBytes(accepted)
  return { sha256, size: bytes.length, mediaType: 'application/json', inline: bytes }
}

function toOutbound (claimed: ClaimedDelivery, sent: Prepared['sent'], payloads: Payloads): OutboundDelivery {
  const { delivery, package: accepted, inline } = claimed
  const bytes = sent.inline ?? (sent.sha256 === accepted.original.sha256 ? inline : undefined)
  return {
    deliveryId: delivery.id,
    packageId: accepted.id,
    attempt: delivery.attempts,
    envelope: accepted.envelope,
    content: accepted.content,
    recipient: delivery.agency ?? delivery.to,
    body: {
      mediaType: sent.mediaType,
      size: sent.size,
      sha256: sent.sha256,
      ...(bytes === undefined ? {} : { bytes }),
      open: async () => bytes === undefined ? await payloads.open(accepted.id, sent) : bytesOf(bytes)
    },
    attachments: accepted.attachments,
    async openAttachment (n) {
      const attachment = accepted.attachments.find(other => other.n === n)
      if (attachment === undefined) throw new HubError('CONTENT_MISSING', text(`Gói tin không có tệp đính kèm số ${n}.`, `The package has no attachment ${n}.`))
      return await payloads.open(accepted.id, attachment)
    },
    // The span id is the delivery's own: its last 16 digits are random (RFC 9562 §5.7).
    traceparent: `00-${accepted.traceId}-${delivery.id.replaceAll('-', '').slice(-16)}-01`
  }
}
