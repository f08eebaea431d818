// API keys: made once, shown once, and kept only as a hash, so that a stolen configuration opens nothing.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { fault, HubError } from '../errors.js'
import type { Caller } from '../model/caller.js'
import type { ClientConfig } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import { text } from '../model/text.js'
import type { Directory } from '../ports/directory.js'

/** The client is named in the key, so that one hash is compared per request; 256 random bits need no slow hash. */
const KEY = /^lt_([a-z0-9][a-z0-9-]{0,62})_[A-Za-z0-9_-]{43}$/
const BEARER = /^Bearer +(\S+) *$/i
const NOBODY = Buffer.alloc(32)

/** A new API key, `lt_<clientId>_<43 characters>`, and the hash for `clients[].keySha256`. The key cannot be had again. */
export function createKey (clientId: string): { key: string, keySha256: string } {
  const key = `lt_${clientId}_${randomBytes(32).toString('base64url')}`
  return { key, keySha256: sha256(key).toString('hex') }
}

export interface Authenticator {
  /** `header` is an Authorization header, `Bearer lt_…`, or a bare key. Undefined for everything that is no valid key. */
  authenticate (header: string | undefined): Caller | undefined
}

/** A wrong key costs the same whether its client exists or not. */
export function createAuthenticator (clients: ReadonlyArray<Pick<ClientConfig, 'id' | 'keySha256' | 'agencies' | 'role' | 'translation'>>): Authenticator {
  const known = new Map(clients.map(({ id, keySha256, agencies, role, translation }) => {
    const caller: Caller = Object.freeze({ id: `client:${id}`, agencies: Object.freeze([...agencies]), role, ...(translation === undefined ? {} : { translation }) })
    return [id, { hash: Buffer.from(keySha256, 'hex'), caller }]
  }))
  return {
    authenticate (header) {
      const key = BEARER.exec(header ?? '')?.[1] ?? header?.trim() ?? ''
      const client = known.get(KEY.exec(key)?.[1] ?? '')
      const matches = timingSafeEqual(sha256(key), client?.hash ?? NOBODY)
      return matches ? client?.caller : undefined
    }
  }
}

/** The clients with main codes in place of whatever codes the configuration wrote. Throws `CONFIG_INVALID` with every unknown one. */
export function withMainCodes<Client extends Pick<ClientConfig, 'agencies'>> (
  clients: readonly Client[], directory: Pick<Directory, 'find'>, at: number
): Client[] {
  const faults: Fault[] = []
  const resolved = clients.map((client, index) => ({
    ...client,
    agencies: [...new Set(client.agencies.flatMap((code, position) => {
      const agency = directory.find(code, at)
      if (agency === undefined) faults.push(fault('FIELD_INVALID', `/clients/${index}/agencies/${position}`, text(`Danh mục không có cơ quan ${code}.`,
        `The directory has no agency ${code}.`), { found: code }))
      return agency?.code ?? []
    }))]
  }))
  if (faults.length > 0) throw new HubError('CONFIG_INVALID', text(`Cấu hình có ${faults.length} mã cơ quan không xác định.`,
    `The configuration names ${faults.length} unknown agency code${faults.length === 1 ? '' : 's'}.`), { errors: faults })
  return resolved
}

function sha256 (value: string): Buffer {
  return hash('sha256', value, 'buffer')
}
