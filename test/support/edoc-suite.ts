// Promises that every adapter keeps whose other side is a partner with queues (src/adapter/edoc): told once, run against each
// simulator on a real socket.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Test } from 'tap'
import { putMessage, type QueueSimulator } from '../../src/adapter/simulator/index.js'
import { checkAdapter } from '../../src/adapter/load.js'
import type { Outcome } from '../../src/model/delivery.js'
import type { Accept, Adapter, AdapterKit, AdapterSession, Arrived, OutboundDelivery } from '../../src/ports/adapter.js'
import { ROOT } from '../architecture/generate.js'
import { openSession } from './adapter-suite.js'
import { eventually } from './time.js'

export interface Brought { docId: string, agencies: readonly string[], contentType: string, text: string, only: readonly string[] | undefined }

export interface Partner<S extends QueueSimulator> {
  readonly adapter: Adapter<never>
  start (options: Record<string, string>): Promise<S>
  /** With an account that speaks for H36.11. */
  settings (url: string): Record<string, unknown>
  /** An agency that sends to H36.11. */
  readonly from: string
  /** What the first message was sent at, epoch ms. */
  readonly since: number
}

export interface Scene<S> {
  simulator: S
  brought: Brought[]
  logged: Array<Record<string, unknown>>
  /** Puts a message into the queue of H36.11 unless told otherwise; answers its docId. */
  offer (text: string, more?: { from?: string, to?: string, messageType?: string, sentAt?: number }): string
  status (docId: string): string | undefined
  fetched (docId: string): number | undefined
  /** Begins to receive with the given settings; `decide` is the hub. Answers how to stop it. */
  receive (decide?: (brought: Brought) => Arrived | Promise<Arrived>, settings?: Record<string, unknown>, kit?: Partial<AdapterKit>): Promise<() => Promise<void>>
}

export const STORED: Arrived = { kind: 'stored', packageId: 'p', repeated: false }

/** Everything is stopped at the end of the test. */
export async function setScene<S extends QueueSimulator> (t: Test, partner: Partner<S>, faults: Record<string, string> = {}): Promise<Scene<S>> {
  const simulator = await startPartner(t, partner, faults)
  const [brought, logged]: [Brought[], Array<Record<string, unknown>>] = [[], []]
  let clock = partner.since
  const note = (fields: object, event: string): void => { logged.push({ ...fields, event }) }
  return {
    simulator,
    brought,
    logged,
    offer (text, { from = partner.from, to = 'H36.11', messageType = 'edoc', sentAt = clock += 1000 } = {}) {
      return putMessage(simulator.tables, { from, to: [to], messageType, sentAt, bytes: Buffer.from(text) })?.items[0]?.receiverDocId ?? ''
    },
    status: docId => simulator.tables.queue.get(docId)?.item.status,
    fetched: docId => simulator.tables.queue.get(docId)?.item.fetched,
    async receive (decide = () => STORED, settings = {}, kit = {}) {
      const session = await openSession(t, partner.adapter, { ...partner.settings(simulator.url), pollIntervalMs: 20, maxBackoffMs: 40, ...settings }, { log: { debug: note, info: note, warn: note, error: note }, ...kit })
      const over = new AbortController()
      const accept: Accept = async ({ idempotencyKey = '', agencies, contentType, body, only }) => {
        const arrival = { docId: idempotencyKey, agencies, contentType, text: (await buffer(body)).toString(), only }
        brought.push(arrival)
        return await decide(arrival)
      }
      const receiving = session.receive?.(accept, over.signal)
      const stop = async (): Promise<void> => { over.abort(); await receiving }
      t.teardown(stop)
      return stop
    }
  }
}

export async function startPartner<S extends QueueSimulator> (t: Test, { start }: Pick<Partner<S>, 'start'>, options: Record<string, string> = {}): Promise<S> {
  const simulator = await start(options)
  t.teardown(simulator.stop)
  return simulator
}

/** The answer of getEdoc is read the same wherever it is cut. */
export async function readsWhereverCut (t: Test, answers: readonly string[], content: string, read: (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>): Promise<void> {
  const all = async (chunks: Buffer[]): Promise<string> => (await buffer(read(toAsync(chunks)))).toString()
  for (const answer of answers) {
    const bytes = Buffer.from(answer)
    for (let at = 1; at < bytes.length; at++) {
      const found = await all([bytes.subarray(0, at), bytes.subarray(at)])
      if (found !== content) t.fail(`${answer} cut at ${at}: ${found}`)
    }
    t.equal(await all([...bytes].map(byte => Buffer.from([byte]))), content, 'byte by byte')
  }
}

async function * toAsync (chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield * chunks
}

/** What is fetched, whatever the wire looks like. */
export function receivesAsPromised<S extends QueueSimulator> (t: Test, partner: Partner<S>): void {
  t.test('what the hub will never take is refused at the partner, with the reason in Vietnamese', async t => {
    const scene = await setScene(t, partner)
    const [bad, good] = [scene.offer('<hỏng/>'), scene.offer('<tốt/>')]
    await scene.receive(({ docId }) => docId === bad ? { kind: 'refused', problem: { code: 'PACKAGE_INVALID', detail: { vi: 'Gói tin thiếu\nsố ký hiệu.', en: 'No number.' } } } : { ...STORED, repeated: true })
    await eventually(() => scene.status(good) === 'done')
    t.equal(scene.status(bad), 'fail')
    t.equal(scene.simulator.tables.queue.get(bad)?.item.description, 'PACKAGE_INVALID: Gói tin thiếu số ký hiệu.')
  })

  t.test('what the hub cannot decide now stays in the queue and comes again', async t => {
    const scene = await setScene(t, partner)
    const id = scene.offer('<a/>')
    let asked = 0
    await scene.receive(() => {
      if (++asked <= 2) throw new Error('the store is away')
      return STORED
    })
    await eventually(() => scene.status(id) === 'done')
    t.equal(asked, 3)
  })

  t.test('a hub that is away is not brought the whole queue', async t => {
    const scene = await setScene(t, partner)
    const all = Array.from({ length: 30 }, (_, n) => scene.offer('<a/>', { from: `H26.${n}` }))
    let isAway = true
    await scene.receive(() => {
      if (isAway) throw new Error('the store is away')
      return STORED
    }, { parallel: 1, pollIntervalMs: 300, maxBackoffMs: 300 })
    await eventually(() => scene.logged.some(({ event }) => event === 'poll.failing'))
    isAway = false
    t.equal(scene.brought.length, 3)
    await eventually(() => all.every(id => scene.status(id) === 'done'))
  })

  t.test('an item that cannot be fetched holds up its own sender for a while, and nobody else', async t => {
    const scene = await setScene(t, partner)
    const poison = scene.offer('<lost/>')
    const [behind, other] = [scene.offer('<behind/>'), scene.offer('<other/>', { from: 'H26' })]
    const found = scene.simulator.tables.queue.get(poison)
    if (found !== undefined) found.message.bytes = undefined
    await scene.receive()
    await eventually(() => scene.status(other) === 'done' && scene.status(behind) === 'done')
    t.equal(scene.status(poison), 'initial')
    t.same(scene.brought.map(({ docId }) => docId), [other, behind])
    t.ok(scene.logged.filter(({ event, docId, errorCode }) => event === 'item.left' && docId === poison && errorCode === '10').length >= 3)
  })

  t.test('where one item stands for everyone whom the document names, none is chosen', async t => {
    const scene = await setScene(t, partner)
    const id = scene.offer('<a/>')
    await scene.receive(undefined, { itemFor: 'document' })
    await eventually(() => scene.status(id) === 'done')
    t.equal(scene.brought[0]?.only, undefined)
  })

  t.test('while the hub cannot decide, nothing of the same sender comes in before', async t => {
    const scene = await setScene(t, partner)
    const [document, update] = [scene.offer('<a/>'), scene.offer('<b/>')]
    let refusals = 8
    await scene.receive(() => {
      if (refusals-- > 0) throw new Error('the store is away')
      return STORED
    })
    await eventually(() => scene.status(update) === 'done')
    t.same(scene.brought.map(({ docId }) => docId), [...Array.from({ length: 9 }, () => document), update])
  })

  t.test('a partner that is away is asked again when it is back', async t => {
    const scene = await setScene(t, partner)
    await scene.simulator.stop()
    await scene.receive()
    await eventually(() => scene.logged.filter(({ event }) => event === 'queue.unread').length >= 4)
    t.match(scene.logged.find(({ event }) => event === 'queue.unread'), { reason: /ECONNREFUSED/ })
    await scene.simulator.start()
    const id = scene.offer('<a/>')
    await eventually(() => scene.status(id) === 'done')
  })

  t.test('rows that are none, and identifiers that are unsafe, are passed over', async t => {
    const scene = await setScene(t, partner)
    for (const docId of ['../../etc/passwd', 'a\r\nX: y', '', 'x'.repeat(101)]) {
      const found = scene.simulator.tables.queue.get(scene.offer('<evil/>'))
      if (found !== undefined) found.item.receiverDocId = docId
    }
    const good = scene.offer('<good/>')
    await scene.receive()
    await eventually(() => scene.status(good) === 'done')
    t.same(scene.brought.map(({ text }) => text), ['<good/>'])
  })
}

export async function deliverTo (session: AdapterSession, delivery: OutboundDelivery, ms = 10_000): Promise<Outcome> {
  if (session.deliver === undefined) throw new Error('the adapter does not send')
  return await session.deliver(delivery, AbortSignal.timeout(ms))
}

type MakeDelivery = (envelope?: Partial<OutboundDelivery['envelope']>, options?: { attempt?: number, recipient?: string }) => OutboundDelivery

/** What is sent, whatever the wire looks like. `deliveryOf` makes a document of H36.11; `other` is a recipient that it does not have by itself, `alike` are more documents that only look like it. */
export function sendsOnceAsPromised<S extends QueueSimulator> (t: Test, partner: Partner<S>, { deliveryOf, other, alike = [] }: { deliveryOf: MakeDelivery, other: string, alike?: Array<[string, OutboundDelivery]> }): void {
  const sessionOf = async (t: Test, { url }: S): Promise<AdapterSession> => await openSession(t, partner.adapter, partner.settings(url))

  t.test('what arrived before the connection was lost is found and not sent again', async t => {
    const simulator = await startPartner(t, partner, { resetAfterCommit: '1' })
    const session = await sessionOf(t, simulator)
    const delivery = deliveryOf()
    t.match(await deliverTo(session, delivery), { kind: 'deferred', uncertain: true })
    const [message] = simulator.tables.messages.values()
    // The same process knows, whatever the attempt is called; another one goes by the attempt.
    t.same(await deliverTo(session, delivery), { kind: 'delivered', externalId: message?.senderDocId })
    t.same(await deliverTo(await sessionOf(t, simulator), { ...delivery, attempt: 2 }), { kind: 'delivered', externalId: message?.senderDocId })
    t.equal(simulator.tables.messages.size, 1)
  })

  t.test('a kept connection that breaks after a small message was taken is no reason to send it again unasked', async t => {
    const simulator = await startPartner(t, partner)
    const session = await sessionOf(t, simulator)
    const smallOf = async (delivery: OutboundDelivery): Promise<OutboundDelivery> => ({ ...delivery, body: { ...delivery.body, bytes: await buffer(await delivery.body.open()) } })
    t.match(await deliverTo(session, await smallOf(deliveryOf({ notation: '1/STP' }))), { kind: 'delivered' })
    simulator.faults.resetAfterCommit = 1
    const delivery = await smallOf(deliveryOf({ notation: '2/STP' }))
    t.match(await deliverTo(session, delivery), { kind: 'deferred', uncertain: true })
    t.equal(simulator.tables.calls.get('sendEdoc'), 2)
    t.match(await deliverTo(session, { ...delivery, attempt: 2 }), { kind: 'delivered' })
    t.equal(simulator.tables.messages.size, 2)
  })

  t.test('what did not arrive is sent again', async t => {
    for (const faults of [{ httpErrors: 1 }, { sendErrors: 1 }]) {
      const simulator = await startPartner(t, partner)
      const session = await sessionOf(t, simulator)
      t.match(await deliverTo(session, deliveryOf({ notation: '1/STP' })), { kind: 'delivered' })
      Object.assign(simulator.faults, faults)
      const delivery = deliveryOf()
      t.match(await deliverTo(session, delivery), { kind: 'deferred' })
      t.match(await deliverTo(session, { ...delivery, attempt: 2 }), { kind: 'delivered' })
      t.equal(simulator.tables.messages.size, 2)
    }
  })

  t.test('while the list of what was sent cannot be read nothing is sent blindly', async t => {
    const simulator = await startPartner(t, partner, { resetAfterCommit: '1' })
    const session = await sessionOf(t, simulator)
    const delivery = deliveryOf()
    await deliverTo(session, delivery)
    for (const faults of [{ sentListErrors: 1 }, { nonsense: 1 }, { httpErrors: 1 }]) {
      Object.assign(simulator.faults, faults)
      t.match(await deliverTo(session, { ...delivery, attempt: 2 }), { kind: 'deferred' }, Object.keys(faults).join())
    }
    t.equal(simulator.tables.calls.get('sendEdoc'), 1)
    t.match(await deliverTo(session, { ...delivery, attempt: 3 }), { kind: 'delivered' })
    t.equal(simulator.tables.calls.get('sendEdoc'), 1)
    t.equal(simulator.tables.messages.size, 1)
  })

  t.test('a document that only looks alike is not taken for the delivery', async t => {
    const simulator = await startPartner(t, partner)
    const session = await sessionOf(t, simulator)
    t.match(await deliverTo(session, deliveryOf()), { kind: 'delivered' })
    const cases: Array<[string, OutboundDelivery]> = [
      ['another number', deliveryOf({ notation: '16/STP' }, { attempt: 2 })],
      ['another title', deliveryOf({ title: 'V/v khác' }, { attempt: 2 })],
      ['another recipient', deliveryOf({}, { attempt: 2, recipient: other })],
      ...alike,
      ['the same once more, by an operator: the one there is known as another delivery\'s', deliveryOf({}, { attempt: 2 })]
    ]
    for (const [which, delivery] of cases) {
      const before = simulator.tables.messages.size
      t.match(await deliverTo(session, delivery), { kind: 'delivered' })
      t.equal(simulator.tables.messages.size, before + 1, which)
    }
    const docIds = [...simulator.tables.messages.keys()]
    const like = { ...deliveryOf({}, { attempt: 2 }), otherIds: async () => docIds }
    await t.rejects(deliverTo(await sessionOf(t, simulator), { ...like, otherIds: async () => { throw new Error('the store is away') } }), 'nothing is sent while nobody knows')
    t.equal(simulator.tables.messages.size, docIds.length)
    t.match(await deliverTo(await sessionOf(t, simulator), like), { kind: 'delivered' })
    t.equal(simulator.tables.messages.size, docIds.length + 1, 'what another process sent before it about the same document')
    // Another process has only the time to go by: an entry from before the delivery was made is none of it.
    for (const message of simulator.tables.messages.values()) message.sentAt -= 3_600_000
    const size = simulator.tables.messages.size
    t.match(await deliverTo(await sessionOf(t, simulator), deliveryOf({}, { attempt: 2 })), { kind: 'delivered' })
    t.equal(simulator.tables.messages.size, size + 1, 'older than the delivery')
  })
}

/** The pointers of what is wrong with settings; and that the examples of the README are right. */
export async function checksSettings (t: Test, adapter: Adapter<never>): Promise<(settings: Record<string, unknown>) => string[]> {
  const { checkSettings } = checkAdapter(adapter)
  const pointers = (settings: Record<string, unknown>): string[] => checkSettings(settings).faults.map(({ pointer }) => pointer)
  const readme = await readFile(join(ROOT, 'adapters', adapter.manifest.name, 'README.md'), 'utf8')
  const examples = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json) as { adapter: string, settings: Record<string, unknown> })
  t.ok(examples.length > 0)
  for (const { settings } of examples) t.same(pointers(JSON.parse(JSON.stringify(settings).replace(/\{"\$env":"\w+"\}/g, '"secret-from-the-environment"')) as Record<string, unknown>), [])
  return pointers
}
