// amqp: an agency system with a RabbitMQ of its own. Packages are published to it, and taken from a queue of it.
import { type AdapterKit, type AdapterSession, deferred, defineAdapter, problem, text, untilAborted } from 'lienthong/adapter'
import settingsSchema from './config.schema.json' with { type: 'json' }
import type { ConnectionSettings } from './connection.js'
import { consume, type ConsumeSettings } from './consume.js'
import manifest from './manifest.json' with { type: 'json' }
import { createPublisher, type PublishSettings } from './publish.js'

interface Settings extends ConnectionSettings {
  publish?: PublishSettings
  consume?: ConsumeSettings
}

export const adapter = defineAdapter<Settings>({
  manifest,
  settingsSchema,
  async open (settings, kit) {
    return createSession(settings, kit)
  }
})

function createSession ({ publish, consume: inbound, ...connection }: Settings, kit: AdapterKit): AdapterSession {
  // Two connections: a broker that runs out of memory stops reading from those that publish, and acknowledgements free it.
  const publisher = createPublisher(connection, kit)
  return {
    probe: async signal => await publisher.probe(signal),
    async deliver (delivery, signal) {
      if (publish !== undefined) return await publisher.deliver(delivery, publish, signal)
      return deferred(problem('ENDPOINT_UNAVAILABLE', text('Điểm kết nối chưa khai báo nơi gửi (publish).', 'The endpoint has nowhere to publish to (publish).')))
    },
    async receive (accept, signal) {
      if (inbound !== undefined) await consume({ connection, settings: inbound, accept, kit, signal })
      else await untilAborted(signal)
    },
    close: async () => { await publisher.close() }
  }
}
