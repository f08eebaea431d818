// Systems that come through the doors: which client a SystemId or a user name is. Their secrets must be known in the clear,
// because calls are signed with them; they leave this file only as the key of a signature.
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Caller } from '../model/caller.js'
import type { ClientConfig, ClientSystemConfig } from '../model/generated.js'

/** A system that has shown who it is. */
export interface KnownSystem {
  readonly systemId: string
  readonly username?: string
  readonly caller: Caller
}

export interface Systems {
  /** What its calls are signed with. */
  secretOf (systemId: string): string | undefined
  find (systemId: string): KnownSystem | undefined
  /** By SystemId and SecretKey. */
  bySecret (systemId: string, secret: string): KnownSystem | undefined
  /** By user name and password. */
  byPassword (username: string, password: string): KnownSystem | undefined
  /** The caller that a client of this id is; for addresses that are trusted. */
  callerOf (clientId: string): Caller | undefined
  /** A token that any process with the same configuration believes until `expiresAt`, epoch ms. */
  issueToken (system: KnownSystem, expiresAt: number): string
  /** The system of a token that holds at `at`. */
  byToken (token: string, at: number): KnownSystem | undefined
}

type SystemClient = Pick<ClientConfig, 'id' | 'agencies' | 'role' | 'translation' | 'systems'>

/** `clients` with main codes. A wrong name costs the same as a wrong secret. */
export function createSystems (clients: readonly SystemClient[]): Systems {
  const callers = new Map(clients.map(client => [client.id, callerOf(client)]))
  const all = clients.flatMap(({ id, systems = [] }) => systems.flatMap(system => {
    const caller = callers.get(id)
    return caller === undefined ? [] : [{ ...system, known: knownOf(system, caller) }]
  }))
  const byId = new Map(all.map(system => [system.systemId, system]))
  const byName = new Map(all.flatMap(system => system.username === undefined ? [] : [[system.username, system] as const]))
  const systems: Systems = {
    secretOf: systemId => byId.get(systemId)?.secret,
    find: systemId => byId.get(systemId)?.known,
    bySecret (systemId, secret) {
      const system = byId.get(systemId)
      return isSame(secret, system?.secret) ? system?.known : undefined
    },
    byPassword (username, password) {
      const system = byName.get(username)
      return isSame(password, system?.password) ? system?.known : undefined
    },
    callerOf: clientId => callers.get(clientId),
    issueToken ({ systemId }, expiresAt) {
      const signed = `${HEADER}.${encode({ sub: systemId, exp: Math.floor(expiresAt / 1000) })}`
      return `${signed}.${signatureOf(signed, byId.get(systemId)?.secret ?? '')}`
    },
    byToken (token, at) {
      const [header, payload, signature, ...more] = token.split('.')
      if (header !== HEADER || payload === undefined || signature === undefined || more.length > 0) return undefined
      const { sub, exp } = decode(payload)
      const system = typeof sub === 'string' ? byId.get(sub) : undefined
      const genuine = isSame(signature, system === undefined ? undefined : signatureOf(`${header}.${payload}`, system.secret))
      return genuine && typeof exp === 'number' && at < exp * 1000 ? system?.known : undefined
    }
  }
  return systems
}

// RFC 7519 with one algorithm: no other header is ever looked at.
const HEADER = encode({ alg: 'HS256', typ: 'JWT' })
const PURPOSE = 'lienthong facade token'

/** The key is derived, so that a token signs nothing that a call is signed with. */
function signatureOf (signed: string, secret: string): string {
  const key = createHmac('sha256', secret).update(PURPOSE).digest()
  return createHmac('sha256', key).update(signed).digest('base64url')
}

function encode (value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode (payload: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
  } catch {
    return {}
  }
}

function knownOf ({ systemId, username }: ClientSystemConfig, caller: Caller): KnownSystem {
  return { systemId, ...(username === undefined ? {} : { username }), caller }
}

function callerOf ({ id, agencies, role, translation }: SystemClient): Caller {
  return Object.freeze({ id: `client:${id}`, agencies: Object.freeze([...agencies]), role, ...(translation === undefined ? {} : { translation }) })
}

const NOTHING = hash('sha256', '', 'buffer')

/** Hashes are compared, so that neither content nor length of a secret shows in the time it takes. */
function isSame (given: string, right: string | undefined): boolean {
  const same = timingSafeEqual(hash('sha256', given, 'buffer'), right === undefined ? NOTHING : hash('sha256', right, 'buffer'))
  return same && right !== undefined
}
