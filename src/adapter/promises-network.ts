// The promise about connections: none passes the operator's egress policy by.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { AdapterPromise } from './conformance-context.js'
import { expect, wellOf } from './promises-support.js'

/** Node.js tells there of every connection that this process begins, whoever begins it (TLS without a socket of its own excepted). */
const BEGUN = 'net.client.socket'
const RECEIVING_MS = 300

export const NETWORK_PROMISES: readonly AdapterPromise[] = [
  {
    name: 'it connects nowhere that the egress policy forbids, and says so for good',
    why: 'an address in settings or messages must not open the province\'s inner network, and trying again would not change it',
    async run (context) {
      let begun = 0
      const count = (): void => { begun++ }
      const session = await context.open({ allow: [] })
      subscribe(BEGUN, count)
      context.onClose(() => { unsubscribe(BEGUN, count) })
      const outcomes: Array<{ kind: string, problem?: { code: string } }> = [await context.probe(session)]
      if (session.deliver !== undefined) outcomes.push(await context.deliver(session, context.sample()))
      for (const call of session.call === undefined ? [] : context.harness.calls?.() ?? []) outcomes.push(await session.call?.(call, AbortSignal.timeout(10_000)) ?? { kind: 'none' })
      // What it throws is logged by the hub; a package that needs no network comes again.
      await session.receive?.(async () => { throw new Error('the store is away') }, AbortSignal.timeout(RECEIVING_MS)).catch(() => {})
      expect(begun === 0, `${begun} connections were begun although the policy allows none: use kit.http, or connect to kit.network.target`)
      // Who needs no network is not hindered.
      const isWell = (kind: string): boolean => kind === 'delivered' || kind === wellOf(context.manifest)
      for (const outcome of outcomes) {
        expect(isWell(outcome.kind) || (outcome.kind === 'refused' && outcome.problem?.code === 'EGRESS_FORBIDDEN'), `the outcome is ${JSON.stringify(outcome)} instead of refused with EGRESS_FORBIDDEN (outcomeOfForbidden)`)
      }
    }
  }
]
