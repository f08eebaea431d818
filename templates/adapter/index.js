// my-adapter: speaks with a letter store over HTTP. README.md tells what the store speaks; docs/adapter-guide.md of the hub explains
// how to turn this into an adapter for another system.
// <inbound>
import { setTimeout as sleep } from 'node:timers/promises'
// </inbound>
import { defineAdapter, delivered, outcomeOfFailure, outcomeOfHttp } from 'lienthong/adapter'
import settingsSchema from './config.schema.json' with { type: 'json' }
import manifest from './manifest.json' with { type: 'json' }

/** @typedef {{ url: string, token: string, agencies: string[], pollMs: number }} Settings as config.schema.json describes them; defaults are filled in */

export const adapter = defineAdapter({
  manifest,
  settingsSchema,
  /** @type {import('lienthong/adapter').Adapter<Settings>['open']} */
  async open (settings, kit) {
    const { url, token } = settings
    const headers = { Authorization: `Bearer ${token}` }
    /** What an answer means. The token must not come back in a reason. @param {import('lienthong/adapter').HttpAnswer} answer */
    const outcomeOf = answer => outcomeOfHttp(answer, { now: kit.now(), redact: [token] })
    return {
      // Proves that the other side answers. Sends no package.
      async probe (signal) {
        try {
          return outcomeOf(await kit.http.request({ method: 'GET', url: `${url}/`, headers, signal }))
        } catch (error) {
          return outcomeOfFailure(error)
        }
      },
      // <outbound>
      // May be called again with the same deliveryId: the store knows a letter by it. What goes wrong is returned, not thrown.
      async deliver ({ deliveryId, packageId, recipient, envelope, body, traceparent }, signal) {
        try {
          const answer = await kit.http.request({
            method: 'PUT',
            url: `${url}/letters/${deliveryId}`,
            headers: {
              ...headers,
              'Content-Type': body.mediaType,
              'Content-Length': String(body.size),
              'Letter-Package': packageId,
              'Letter-Recipient': encodeURIComponent(recipient),
              'Letter-Kind': envelope.kind,
              traceparent
            },
            // A stream: a package may be larger than the memory. A small one that the hub holds already can be sent again at once.
            body: body.bytes ?? await body.open(),
            signal
          })
          const outcome = outcomeOf(answer)
          return outcome.kind === 'delivered' ? delivered(answer.headers['location']) : outcome
        } catch (error) {
          return outcomeOfFailure(error)
        }
      },
      // </outbound>
      // <inbound>
      // Runs until the abort. What it throws (no connection, the hub cannot store now) is logged by the hub, which then calls it again.
      async receive (accept, signal) {
        while (!signal.aborted) {
          const letter = await kit.http.open({ method: 'GET', url: `${url}/letters/next`, headers, signal })
          try {
            if (letter.status === 200) await handOver(letter, accept, signal)
            else if (letter.status !== 204) throw new Error(`the letter store answered ${letter.status}`)
          } finally {
            letter.body.destroy()
          }
          if (letter.status === 204) await sleep(settings.pollMs, undefined, { signal }).catch(() => {})
        }
      },
      // </inbound>
      async close () {}
    }
    // <inbound>

    /**
     * @param {import('lienthong/adapter').HttpStream} letter
     * @param {import('lienthong/adapter').Accept} accept
     * @param {AbortSignal} signal
     */
    async function handOver (letter, accept, signal) {
      const id = encodeURIComponent(letter.headers['letter-id'] ?? '')
      // Rejects while the hub cannot store it: then nothing is told to the store, and the letter stays there.
      const arrived = await accept({
        agencies: settings.agencies,
        contentType: letter.headers['content-type'] ?? 'application/xml',
        body: letter.body,
        idempotencyKey: `letter-${id}`
      })
      const answer = arrived.kind === 'stored'
        ? await kit.http.request({ method: 'DELETE', url: `${url}/letters/${id}`, headers, signal })
        : await kit.http.request({ method: 'POST', url: `${url}/letters/${id}/refusal`, headers: { ...headers, 'Content-Type': 'text/plain; charset=utf-8' }, body: arrived.problem.detail.vi, signal })
      if (answer.status >= 300) throw new Error(`the letter store did not take the answer: ${answer.status}`)
    }
    // </inbound>
  }
})
