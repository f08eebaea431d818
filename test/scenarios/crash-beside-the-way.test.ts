// Promises 1 and 2 beside the straight way: what waits, what is told, what operators do, what rests. Each call of the store that serves
// this fails in turn, before it took effect (twice) or after; the consequence is always the same, and happens once.
import t, { type Test } from 'tap'
import { openFilesystemBlobs } from '../../src/blobs/filesystem.js'
import { createInProcessBroker } from '../../src/broker/in-process.js'
import { createStoreClock } from '../../src/clock.js'
import type { ApiClient } from '../../src/demo/client.js'
import { statusMessage, toDate } from '../../src/demo/edxml.js'
import { assembleHub, type Hub } from '../../src/hub.js'
import { createLog } from '../../src/log.js'
import type { HubConfig } from '../../src/model/generated.js'
import { loadEndpoints, openDirectory } from '../../src/resources.js'
import { createClosing } from '../../src/workers/closing.js'
import { openProvince } from '../support/hub.js'
import { failureOf, sabotaged, type Call, type FailureKind } from '../support/sabotage.js'
import { openMemoryStore } from '../support/stores.js'
import { eventually } from '../support/time.js'
import { briskly, deliveryIn, eventsOf, makeLetter, PUSHED, receiverOf, send, withEndpoint, type AcceptedView, type DeliveryView } from '../support/traffic.js'

interface Plan { step: string, moment: Call['moment'], error: FailureKind }

/** What one run may use; `arm` begins the sabotage: what came before it went well. */
interface Run { t: Test, sender: ApiClient, justice: ApiClient, operator: ApiClient, arm: () => void }

/** Calls that mostly find nothing: their effect is only worth losing when there is one. */
const FOUND: Record<string, (result: any) => boolean> = {
  'store.sweepWaiting': ({ claims }) => claims.length > 0,
  'store.findUnreported': found => found.length > 0,
  'store.workBatches': ({ worked }) => worked > 0,
  'store.wakeResting': claims => claims.length > 0,
  'store.foldCounts': folded => folded > 0
}

const TIMES = 2
const REASON = { reason: 'Thử nghiệm.' }
const RETRIED = 'delivery.retried'

const province = await openProvince(t, 'embedded', config => {
  const brisk = briskly(config, { leaseMs: 400, sweepIntervalMs: 30, republishAfterMs: 100, retry: { firstMs: 30, maxMs: 30, jitter: 0, maxAttempts: 2 } })
  const some: HubConfig = { ...brisk, endpoints: brisk.endpoints.filter(({ id }) => ['so-tu-phap', 'ubnd-tinh', 'xa-duc-trong'].includes(id)) }
  const patient = withEndpoint(some, 'so-tu-phap', { circuit: { failures: 1000, openMs: 1, maxOpenMs: 1 } })
  return withEndpoint(withEndpoint(patient, 'xa-duc-trong', { idempotent: false }), 'ubnd-tinh', { circuit: { failures: 2, openMs: 50, maxOpenMs: 50 } })
})
const store = await openMemoryStore(t)
const clock = await createStoreClock(store)
t.teardown(() => { clock.stop() })
const directory = await openDirectory(province.config)
const endpoints = await loadEndpoints(province.config, directory)
const log = createLog({ level: 'silent' })
const justice = receiverOf(province, 'so-tu-phap')
const committee = receiverOf(province, 'ubnd-tinh')
const commune = receiverOf(province, 'xa-duc-trong')

const post = async (client: ApiClient, path: string, body: object): Promise<{ status: number, body: Record<string, any> }> => await client.post(path, JSON.stringify(body), { 'content-type': 'application/json' })

/** Asks until it is done; a person sends again what got no answer. `done` says which refusals mean that it was done before. */
async function insist (client: ApiClient, path: string, body: object, done: (answer: Record<string, any>) => boolean = () => false): Promise<Record<string, any>> {
  return await eventually(async () => {
    const answer = await post(client, path, body)
    if (answer.status < 300 || done(answer.body)) return answer.body
    if (answer.status < 500) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
    return undefined
  })
}

/** A letter that has died, with the delivery. */
async function dies ({ sender }: Run): Promise<DeliveryView> {
  justice.misbehave({ kind: 'status', status: 503 })
  const { id } = await send(sender, makeLetter({ to: [PUSHED.justice] }))
  const delivery = await deliveryIn(sender, id, ['dead'])
  justice.misbehave(undefined)
  return delivery
}

async function onceAt (receiver: typeof justice, t: Test, packageId: string): Promise<void> {
  t.equal(receiver.received().filter(each => each.packageId === packageId).length, 1, 'taken once')
}

async function retriedOnce ({ t, sender }: Run, { packageId }: DeliveryView): Promise<void> {
  await deliveryIn(sender, packageId, ['delivered'])
  await onceAt(justice, t, packageId)
  t.equal((await eventsOf(sender, packageId)).filter(({ type }) => type === RETRIED).length, 1, 'retried once')
}

let turn = 0

/** Each way off the straight one, and the calls of the store that it depends on. */
const WAYS: Record<string, { steps: string[], walk: (run: Run) => Promise<void> }> = {
  'a refusal is told to the sender once': {
    steps: ['findUnreported', 'markReported'],
    async walk ({ t, sender, arm }) {
      const letter = makeLetter({ to: [PUSHED.justice] })
      justice.misbehave({ kind: 'status', status: 422, body: 'sai nơi nhận', times: 1 })
      arm()
      const { id } = await send(sender, letter)
      const told = (): number => committee.received().filter(({ body }) => body?.toString().includes(letter.identifier)).length
      await eventually(() => told() > 0, 60_000)
      await eventually(async () => (await eventsOf(sender, id)).some(({ type }) => type === 'receipt.sent'))
      t.equal(told(), 1)
      t.equal((await eventsOf(sender, id)).filter(({ type }) => type === 'receipt.sent').length, 1)
    }
  },
  'a status that came before its document follows it once': {
    steps: ['sweepWaiting'],
    async walk ({ t, sender, justice: from, arm }) {
      const letter = makeLetter({ to: [PUSHED.justice] })
      const at = Date.UTC(2026, 10, 20, 3) + ++turn * 1000
      const body = statusMessage({ from: { code: PUSHED.justice, name: 'Sở Tư pháp' }, issuer: 'H36', documentId: letter.identifier, code: letter.identifier.split(',')[2] ?? '', promulgationDate: toDate(at), statusCode: '03', description: '', at })
      const status = await send(from, { key: `status-${turn}`, identifier: '', body, sha256: '' })
      await deliveryIn(from, status.id, ['blocked'])
      arm()
      const document = await send(sender, letter)
      await deliveryIn(from, status.id, ['delivered'])
      await deliveryIn(sender, document.id, ['delivered'])
      await onceAt(committee, t, status.id)
    }
  },
  'a dead delivery is retried once by a word': {
    steps: ['operate'],
    async walk (run) {
      const dead = await dies(run)
      run.arm()
      // Its first word may have been done although the answer was lost.
      await insist(run.operator, `/v1/deliveries/${dead.id}/retry`, REASON, ({ errors }) => errors?.[0]?.found === 'delivered')
      await retriedOnce(run, dead)
    }
  },
  'a dead delivery is retried once by a batch': {
    steps: ['createBatch', 'startBatch', 'workBatches'],
    async walk (run) {
      const dead = await dies(run)
      run.arm()
      const { id, total } = await insist(run.operator, '/v1/batches', { operation: 'retry', filter: { state: 'dead', endpoint: 'so-tu-phap' }, ...REASON })
      run.t.equal(total, 1)
      await insist(run.operator, `/v1/batches/${id as string}/start`, {})
      await retriedOnce(run, dead)
      const done = await eventually(async () => {
        const { status, body } = await run.operator.get<Record<string, any>>(`/v1/batches/${id as string}`)
        return status === 200 && body['state'] === 'done' && body
      })
      run.t.same(done['progress'], { done: 1, skipped: 0, failed: 0, pending: 0 })
      run.t.equal((await store.listActions({ subject: `batch:${id as string}` }, { limit: 9 })).length, 1, 'its start is recorded once')
    }
  },
  'where a repeat would not be recognised nothing is sent twice': {
    steps: ['begin', 'claim', 'settle'],
    async walk ({ t, sender, arm }) {
      arm()
      const { id } = await send(sender, makeLetter({ to: [PUSHED.ducTrong] }))
      const { state, problem } = await deliveryIn(sender, id, ['delivered', 'held'])
      const taken = commune.received().filter(({ packageId }) => packageId === id).length
      if (state === 'held') t.equal(problem?.code, 'DELIVERY_UNCERTAIN')
      t.ok(state === 'delivered' ? taken === 1 : taken <= 1, `${state}, taken ${taken} times`)
    }
  },
  'what was paused rests, flows once when it is resumed, and both are recorded once': {
    steps: ['pauseEndpoint', 'resumeEndpoint', 'endpointStates', 'wakeResting', 'release', 'foldCounts', 'acquireLeases'],
    async walk ({ t, sender, operator, arm }) {
      const path = '/v1/endpoints/so-tu-phap'
      const before = (await store.listActions({ subject: 'endpoint:so-tu-phap' }, { limit: 200 })).length
      arm()
      await insist(operator, `${path}/pause`, REASON, ({ errors }) => errors?.[0]?.found === 'paused')
      const sent: AcceptedView[] = []
      // Until the pause is known to the worker, one may still go.
      const resting = await eventually(async () => {
        const accepted = await send(sender, makeLetter({ to: [PUSHED.justice] }))
        sent.push(accepted)
        return (await deliveryIn(sender, accepted.id, ['deferred', 'delivered'])).state === 'deferred' && accepted
      })
      t.notOk(justice.received().some(({ packageId }) => packageId === resting.id))
      await insist(operator, `${path}/resume`, REASON, ({ errors }) => errors?.[0]?.found === 'not paused')
      for (const { id } of sent) {
        await deliveryIn(sender, id, ['delivered'])
        await onceAt(justice, t, id)
      }
      t.equal((await store.listActions({ subject: 'endpoint:so-tu-phap' }, { limit: 200 })).length, before + 2)
    }
  },
  'an endpoint that failed is probed, and gets everything once when it is back': {
    steps: ['changeCircuit', 'takeProbe'],
    async walk ({ t, justice: from, arm }) {
      await committee.stop()
      arm()
      const ids: string[] = []
      for (let n = 0; n < 3; n++) ids.push((await send(from, letterOfJustice())).id)
      await eventually(async () => (await store.endpointStates()).some(({ endpoint, circuit }) => endpoint === 'ubnd-tinh' && circuit.state === 'open'))
      await committee.start()
      for (const id of ids) {
        const { state } = await deliveryIn(from, id, ['delivered', 'dead'])
        // Two attempts are all that a delivery has here.
        if (state === 'delivered') await onceAt(committee, t, id)
        else t.equal(committee.received().filter(({ packageId }) => packageId === id).length, 0)
      }
    }
  }
}

/** A letter of the department of justice to the committee. */
function letterOfJustice () {
  const letter = makeLetter({ to: ['H36'] })
  const swapped = letter.body.toString().replace(/(<edXML:From>\s*<edXML:OrganId>)H36</, '$1H36.11<').replace(`${letter.identifier}<`, `${letter.identifier.replace('H36,', 'H36.11,')}<`)
  return { ...letter, body: Buffer.from(swapped) }
}

async function walk (t: Test, way: (typeof WAYS)[string], plan: Plan | undefined): Promise<Map<string, number>> {
  const calls = new Map<string, number>()
  let left = 0
  const closing = createClosing(log)
  const blobs = await openFilesystemBlobs({ directory: province.config.blobs.directory })
  closing.add('blobs', async () => { await blobs.close() })
  const judge = ({ step, moment, result }: Call): Error | undefined => {
    if (left === 0 || plan === undefined || plan.step !== step || plan.moment !== moment || (moment === 'after' && FOUND[step]?.(result) === false)) return undefined
    left--
    return failureOf(step, plan.error)
  }
  const hub: Hub = await assembleHub({
    config: province.config, log, closing, endpoints, directory, clock, blobs, broker: createInProcessBroker(), store: sabotaged('store', store, judge, calls)
  })
  try {
    const clientOf = (id: string): ApiClient => province.client(hub.url, id)
    await way.walk({ t, sender: clientOf('ubnd-tinh'), justice: clientOf('so-tu-phap'), operator: clientOf('van-hanh'), arm: () => { left = plan?.moment === 'before' ? TIMES : 1 } })
  } finally {
    await hub.stop()
  }
  return calls
}

for (const [name, way] of Object.entries(WAYS)) {
  await t.test(name, async t => {
    let usual = new Map<string, number>()
    await t.test('without a failure', async t => { usual = await walk(t, way, undefined) })
    for (const method of way.steps) {
      const step = `store.${method}`
      if (!usual.has(step)) t.fail(`${step} is not on this way`)
      for (const moment of ['before', 'after'] as const) {
        // A probe that was taken and is lost is taken again when its lease ends, after 20 s: the promises of the store have that.
        if (method === 'takeProbe' && moment === 'after') continue
        const error = moment === 'before' ? 'away' : 'defect'
        await t.test(`${step} fails ${moment} it took effect: ${error}`, async t => { await walk(t, way, { step, moment, error }) })
      }
    }
  })
}
