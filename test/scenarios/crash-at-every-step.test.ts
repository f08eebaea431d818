// Promises 1 and 2, step by step: around one package from POST to delivered every call of the store, the broker and the blobs
// fails in turn, before or after it took effect. The consequence is always the same: one package, one delivery, nothing left over.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openFilesystemBlobs } from '../../src/blobs/filesystem.js'
import { createInProcessBroker } from '../../src/broker/in-process.js'
import { createStoreClock } from '../../src/clock.js'
import { assembleHub, type Foundation, type Hub } from '../../src/hub.js'
import { createLog } from '../../src/log.js'
import { loadEndpoints, openDirectory } from '../../src/resources.js'
import { createClosing } from '../../src/workers/closing.js'
import { openProvince } from '../support/hub.js'
import { failureOf, sabotaged, type FailureKind, type Judge } from '../support/sabotage.js'
import { openMemoryStore } from '../support/stores.js'
import { eventually } from '../support/time.js'
import { briskly, findPackage, listPackages, makeLetter, post, PUSHED, receiverOf, type AcceptedView } from '../support/traffic.js'

/** What fails in one run. */
interface Plan {
  /** port.method */
  step: string
  /** The how-manieth call of it, from 1. */
  call: number
  moment: 'before' | 'after'
  error: FailureKind
}

const STEPS = [
  'blobs.writer', 'writer.write', 'writer.end', 'writer.commit', 'blobs.open',
  'store.findByIdempotencyKey', 'store.accept', 'broker.publish', 'store.claim', 'store.settle', 'store.sweep', 'broker.inspect'
] as const

interface Sabotage { calls: Map<string, number>, happened: boolean }

/** Fails the planned call. */
function judgeBy (plan: Plan | undefined, sabotage: Sabotage): Judge {
  return ({ step, call, moment }) => {
    if (plan?.step !== step || plan.call !== call) return undefined
    sabotage.happened = true
    return plan.moment === moment ? failureOf(step, plan.error) : undefined
  }
}

/** Unfinished payloads; a mark that asks the file system for its time lies beside them for a moment. */
async function temporaryFiles (directory: string): Promise<string[]> {
  return (await readdir(join(directory, 'tmp'))).filter(name => !name.endsWith('.mark'))
}

await t.test('whatever call fails, the package is accepted once and delivered once', async t => {
  const province = await openProvince(t, 'embedded', config => {
    const brisk = briskly(config, { leaseMs: 400, sweepIntervalMs: 30, republishAfterMs: 100, retry: { firstMs: 50 } })
    // Only the endpoint that is sent to, so that many hubs start fast.
    return { ...brisk, endpoints: brisk.endpoints.filter(({ id }) => id === 'so-tu-phap') }
  })
  const { config } = province
  const receiver = receiverOf(province, 'so-tu-phap')
  const store = await openMemoryStore(t)
  const clock = await createStoreClock(store)
  t.teardown(() => { clock.stop() })
  const directory = await openDirectory(config)
  const endpoints = await loadEndpoints(config, directory)
  const blobDirectory = config.blobs.directory
  const log = createLog({ level: 'silent' })

  /** A hub whose ports fail as planned, on the one store of this test. */
  async function runSabotaged (plan: Plan | undefined, sabotage: Sabotage): Promise<Hub> {
    const blobs = await openFilesystemBlobs({ directory: blobDirectory })
    const closing = createClosing(log)
    closing.add('blobs', async () => { await blobs.close() })
    const judge = judgeBy(plan, sabotage)
    const foundation: Foundation = {
      config,
      log,
      closing,
      endpoints,
      directory,
      clock,
      store: sabotaged('store', store, judge, sabotage.calls),
      broker: sabotaged('broker', createInProcessBroker(), judge, sabotage.calls),
      blobs: sabotaged('blobs', blobs, judge, sabotage.calls)
    }
    return await assembleHub(foundation)
  }

  async function check (t: Test, plan: Plan | undefined): Promise<Sabotage> {
    const sabotage: Sabotage = { calls: new Map(), happened: false }
    const hub = await runSabotaged(plan, sabotage)
    const client = province.client(hub.url, 'ubnd-tinh')
    try {
      // Large, so that its bytes are a blob.
      const letter = makeLetter({ to: [PUSHED.justice], size: 80_000 })
      const before = (await listPackages(client)).length
      let refusals = 0
      const accepted: AcceptedView = await eventually(async () => {
        const { status, body } = await post(client, letter)
        if (status === 202) return body
        refusals++
        if (status < 500 || typeof body.code !== 'string') throw new Error(`${status} ${JSON.stringify(body)}`)
        // A writer that was made and not handed over is known to the blobs alone: they remove its file when they close.
        const isLost = plan?.step === 'blobs.writer' && plan.moment === 'after'
        if (!isLost && (await temporaryFiles(blobDirectory)).length > 0) throw new Error('a temporary file was left')
        const stored = (await listPackages(client)).length - before
        if (stored > (plan?.step === 'store.accept' && plan.moment === 'after' ? 1 : 0)) throw new Error('a refused package was stored')
        return undefined
      })
      const delivered = await eventually(async () => {
        const { deliveries } = await findPackage(client, accepted.id)
        return deliveries.every(({ state }) => state === 'delivered') && deliveries
      })
      t.equal(delivered.length, 1)
      t.equal(receiver.received().filter(({ packageId, sha256 }) => packageId === accepted.id && sha256 === letter.sha256).length, 1)
      t.equal((await listPackages(client)).length, before + 1, 'one package')
      t.ok(refusals <= 1, 'the sender repeats at most once')
      if (plan !== undefined) await eventually(() => sabotage.happened || plan.call > 1)
    } finally {
      await hub.stop()
    }
    t.same(await temporaryFiles(blobDirectory), [], 'no temporary file is left')
    return sabotage
  }

  let usual: Sabotage | undefined
  await t.test('without a failure', async t => { usual = await check(t, undefined) })
  t.same(STEPS.filter(step => usual?.calls.get(step) === undefined && !step.startsWith('broker.inspect')), [], 'every step is on the way of a package')

  let runs = 0
  for (const step of STEPS) {
    await t.test(step, async t => {
      const last = Math.min(usual?.calls.get(step) ?? 1, 2)
      for (let call = 1; call <= last; call++) {
        for (const moment of ['before', 'after'] as const) {
          for (const error of ['away', 'defect'] as const) {
            await t.test(`call ${call} fails ${moment} it took effect: ${error}`, async t => { await check(t, { step, call, moment, error }) })
            runs++
          }
        }
      }
    })
  }
  t.comment(`${runs} failures in turn`)
})
