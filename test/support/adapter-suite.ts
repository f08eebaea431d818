// Runs the conformance suite of the adapter contract as tap tests, and opens sessions for an adapter's own tests.
import type { Test } from 'tap'
import { runConformance, type SampleDelivery, type Subject } from '../../src/adapter/conformance.js'
import { type SampleOptions, sampleDelivery } from '../../src/adapter/sample.js'
import { KIT_CODECS } from '../../src/adapter/codecs.js'
import { EXAMPLE_LINKS } from '../../src/adapter/example-links.js'
import { createEgress } from '../../src/adapter/egress.js'
import { createHttpClient } from '../../src/adapter/http.js'
import { checkAdapter } from '../../src/adapter/load.js'
import { createMemory } from '../../src/adapter/memory.js'
import type { Adapter, AdapterKit, AdapterSession } from '../../src/ports/adapter.js'

/** One assertion per promise; what does not apply is a skip with its reason. */
export async function adapterSuite (t: Test, subject: Subject): Promise<void> {
  await t.test(`${subject.adapter.manifest.name} keeps the promises of the adapter contract`, async t => {
    for (const { name, why, verdict, reason } of await runConformance(subject, { now: Date.now })) {
      if (verdict === 'not applicable') t.comment(`not applicable: ${name} (${reason ?? ''})`)
      else t.equal(verdict, 'kept', `${name}, because ${why}${reason === undefined ? '' : `: ${reason}`}`)
    }
  })
}

/** A session with checked settings, closed when the test ends. */
export async function openSession (
  t: Test, adapter: Adapter<never>, settings: Record<string, unknown>, kit: Partial<AdapterKit> = {}
): Promise<AdapterSession> {
  const loaded = checkAdapter(adapter)
  const checked = loaded.checkSettings(settings)
  if (checked.faults.length > 0) throw new Error(JSON.stringify(checked.faults))
  const http = createHttpClient()
  const ignore = (): void => {}
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
  const session = await loaded.adapter.open(checked.settings, { endpoint: 'test', log, now: Date.now, memory: createMemory(), links: EXAMPLE_LINKS, codecs: KIT_CODECS, http, network: createEgress(), ...kit })
  t.teardown(async () => {
    await session.close()
    http.close()
  })
  return session
}

/** A package as the suite makes them. */
export function sampleOf (adapter: Adapter<never>, options: SampleOptions = {}): SampleDelivery {
  return sampleDelivery(adapter.manifest, options)
}
