// Promises about settings: what the console's form, the validation and the masking rely on.
import type { AdapterPromise } from './conformance-context.js'
import { expect, sendsNothing } from './promises-support.js'

export const SETTINGS_PROMISES: readonly AdapterPromise[] = [
  {
    name: 'an unknown setting is refused',
    why: 'a misspelt setting that is silently ignored is found on the day it matters',
    async run ({ adapter, settings }) {
      const { faults } = adapter.checkSettings({ ...settings, 'no-such-setting': 1 })
      expect(faults.some(({ code }) => code === 'FIELD_UNKNOWN'), 'a setting "no-such-setting" was accepted')
    }
  },
  {
    name: 'every setting is described',
    why: 'the form in the console and the reference page are made from the schema',
    async run ({ adapter }) {
      const mute = undescribed(adapter.settingsSchema, '')
      expect(mute.length === 0, `without description: ${mute.join(', ')}`)
    }
  },
  {
    name: 'no secret appears in logs or problems',
    why: 'logs and reasons are read by many and kept for years',
    async run (context) {
      const secrets = context.adapter.secrets(context.settings)
      const session = await context.open()
      const seen: string[] = [JSON.stringify(await context.probe(session))]
      for (const kind of [undefined, ...context.harness.can]) {
        await context.harness.misbehave(kind)
        const signal = AbortSignal.timeout(500)
        if (session.deliver !== undefined) seen.push(JSON.stringify(await context.deliver(session, context.sample(), signal)))
        // What it throws is logged by the hub.
        await session.receive?.(async () => { throw new Error('the store is away') }, signal).catch((error: unknown) => { seen.push(String(error)) })
      }
      const all = [...seen, ...context.logged].join('\n')
      // The secret itself must not be repeated in the report either.
      for (const [index, secret] of secrets.entries()) expect(!all.includes(secret), `secret ${index + 1} of ${secrets.length} was written`)
    }
  },
  {
    name: 'no secret appears in what is kept as sent',
    why: 'it is kept as long as the package, and its sender reads it',
    notApplicable: sendsNothing,
    async run (context) {
      const session = await context.open()
      const sample = context.sample()
      await context.deliver(session, sample)
      const all = JSON.stringify(sample.noted.map(({ body, ...request }) => ({ ...request, body: Buffer.isBuffer(body) ? body.toString('latin1') : body })))
      const secrets = context.adapter.secrets(context.settings)
      for (const [index, secret] of secrets.entries()) expect(!all.includes(writtenIn(secret)), `secret ${index + 1} of ${secrets.length} was noted`)
    }
  }
]

/** As it stands in the report: bytes one by one, and JSON's own characters escaped. */
function writtenIn (secret: string): string {
  return JSON.stringify(Buffer.from(secret).toString('latin1')).slice(1, -1)
}

function undescribed (schema: Readonly<Record<string, unknown>>, path: string): string[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Record<string, unknown>>)
  return properties.flatMap(([name, property]) => [
    ...(typeof property['description'] === 'string' && property['description'] !== '' ? [] : [`${path}/${name}`]),
    ...undescribed(property, `${path}/${name}`),
    ...undescribed((property['items'] ?? {}) as Record<string, unknown>, `${path}/${name}/items`)
  ])
}
