// An adapter's settings against its own schema, and which of their values are secret.

type Schema = Readonly<Record<string, unknown>>

/**
 * The values in `settings` that the schema marks `"x-secret": true` (strings only; everything below a marked property
 * is secret, too). For masking and redaction.
 */
export function secretsOf (schema: Schema, settings: unknown): string[] {
  const secrets: string[] = []
  walk(schema, settings, schema['x-secret'] === true, value => { secrets.push(value); return value })
  return secrets
}

/** A copy of `settings` fit to be shown: every secret string is `***`. */
export function maskSettings (schema: Schema, settings: unknown): unknown {
  return walk(schema, settings, schema['x-secret'] === true, () => '***')
}

function walk (schema: Schema, value: unknown, secret: boolean, onSecret: (value: string) => string): unknown {
  if (typeof value === 'string') return secret ? onSecret(value) : value
  if (Array.isArray(value)) return value.map((item: unknown) => descend(schema['items'], item, secret, onSecret))
  if (typeof value !== 'object' || value === null) return value
  const properties = (schema['properties'] ?? {}) as Record<string, unknown>
  const entries = Object.entries(value).map(([name, item]) =>
    [name, descend(Object.hasOwn(properties, name) ? properties[name] : schema['additionalProperties'], item, secret, onSecret)] as const)
  return Object.fromEntries(entries)
}

function descend (schema: unknown, value: unknown, secret: boolean, onSecret: (value: string) => string): unknown {
  const inner = typeof schema === 'object' && schema !== null ? schema as Schema : {}
  return walk(inner, value, secret || inner['x-secret'] === true, onSecret)
}
