// Items of the queue as the axis and the facade write them: the same facts under two sets of names.
import type { Language } from '../../model/text.js'
import type { QueueItem } from '../../ports/queue-store.js'
import type { PackageSummary } from '../../ports/store.js'
import { stamp } from './days.js'
import { messageTypeOf, sendStatusOf, statusOf, statusText } from './queue.js'

type Json = Record<string, unknown>
interface Context { at: number, language: Language }

const SERVICE = 'eDoc'

/** An item of getReceivedEdocList. `updated_time` is the recipient's last word, else when it came. */
export function viewReceived ({ delivery, package: { envelope } }: QueueItem, { at, language }: Context): Json {
  const status = statusOf(delivery, at)
  return {
    docId: delivery.id,
    serviceType: SERVICE,
    messageType: messageTypeOf(envelope.kind),
    created_time: stamp(delivery.createdAt),
    updated_time: stamp(delivery.settledAt ?? delivery.createdAt),
    from: envelope.from.code,
    to: delivery.to,
    status,
    status_desc: statusText(status, delivery, language)
  }
}

/** The same for the facade. */
export function viewSynced (item: QueueItem, context: Context): Json {
  const { created_time: createdTime, updated_time: updatedTime, status_desc: statusDesc, ...rest } = viewReceived(item, context)
  return { ...rest, createdTime, updatedTime, statusDesc }
}

/** Items of getSentEdocList, one for each recipient. */
export function viewSent ({ id, acceptedAt, envelope, deliveries }: PackageSummary, { at, language }: Context): Json[] {
  return deliveries.map(delivery => {
    const [sendStatus, receiveStatus] = [sendStatusOf(delivery), statusOf(delivery, at)]
    return {
      senderDocId: id,
      receiverDocId: delivery.id,
      fromCode: envelope.from.code,
      toCode: delivery.to,
      serviceType: SERVICE,
      messageType: messageTypeOf(envelope.kind),
      title: envelope.title ?? '',
      notation: envelope.notation ?? '',
      sentTime: stamp(acceptedAt),
      receivedTime: delivery.settledAt === undefined ? '' : stamp(delivery.settledAt),
      sendStatus,
      sendStatusDesc: statusText(sendStatus, delivery, language),
      receiveStatus,
      receiveStatusDesc: statusText(receiveStatus, delivery, language)
    }
  })
}
