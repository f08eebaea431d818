// Where adapters may connect to: every connection of theirs, over HTTP or a socket of their own, begins with a target from here.
// Names are looked up by the connection itself, so the address that is judged is the one that is reached (no DNS rebinding).
import { lookup as lookUp, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { createNetworks, isNetwork } from '../model/networks.js'
import { type AdapterKit, EgressForbidden } from '../ports/adapter.js'

export interface EgressPolicy {
  /**
   * Addresses and networks (CIDR), and names: `name`, `*.name` (any depth below it, not itself), `*` (all), each optionally
   * with `:port`. Empty allows nothing.
   */
  readonly allow: readonly string[]
  /** Addresses and networks that are never reached, whatever name leads there. */
  readonly forbid?: readonly string[]
}

export type Egress = AdapterKit['network']

/** Without a policy every host is allowed. Throws for networks that are not valid. */
export function createEgress ({ allow, forbid = [] }: EgressPolicy = { allow: ['*'] }, resolve: typeof lookUp = lookUp): Egress {
  const isInAllowed = createNetworks(allow.filter(isNetwork))
  const isForbidden = createNetworks(forbid)
  const names = allow.filter(entry => !isNetwork(entry)).map(entry => entry.toLowerCase())
  const hasNetworks = names.length < allow.length
  return {
    target ({ host, port }) {
      const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
      const isNamed = names.some(pattern => matches(pattern, bare, port))
      const mayReach = (address: string): boolean => !isForbidden(address) && (isNamed || isInAllowed(address))
      if (isIP(bare) !== 0 ? !mayReach(bare) : !isNamed && !hasNetworks) throw new EgressForbidden(`${host}:${port}`)
      return { host: bare, port, lookup: filtered(resolve, mayReach, `${host}:${port}`) }
    }
  }
}

function matches (pattern: string, host: string, port: number): boolean {
  const [, name = pattern, wantedPort] = /^(.*):(\d+)$/.exec(pattern) ?? []
  if (wantedPort !== undefined && Number(wantedPort) !== port) return false
  const wanted = name.replace(/^\[|\]$/g, '')
  return wanted === '*' || (wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) && host.length >= wanted.length : host === wanted)
}

/** A look-up of `node:net` that knows the addresses within the policy only. */
function filtered (resolve: typeof lookUp, mayReach: (address: string) => boolean, target: string): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
      const [first, ...more] = error === null ? found.filter(({ address }) => mayReach(address)) : []
      if (first !== undefined && options.all === true) callback(null, [first, ...more])
      else if (first !== undefined) callback(null, first.address, first.family)
      else callback(error ?? new EgressForbidden(target), '')
    })
  }
}
