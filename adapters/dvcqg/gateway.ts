// The token of a WSO2 style gateway in front of the adapter: fetched with client_credentials, kept until shortly before it ends.
import { type AdapterKit, HttpFailure, parseJson } from 'lienthong/adapter'

export interface GatewaySettings { tokenUrl: string, key: string, secret: string, lgspAccessToken?: string }

export interface Gateway {
  /** Headers for a call. Rejects with a {@link HttpFailure} when the gateway gives no token. */
  headers (signal: AbortSignal): Promise<Record<string, string>>
  /** Throws the token away; false when there is none to throw away. */
  renew (): boolean
  secrets (): string[]
}

const DEFAULT_LIFE_S = 300
const MARGIN_MS = 30_000

export function createGateway (settings: GatewaySettings | undefined, kit: AdapterKit): Gateway {
  if (settings === undefined) return { headers: async () => ({}), renew: () => false, secrets: () => [] }
  const { tokenUrl, key, secret, lgspAccessToken } = settings
  const basic = Buffer.from(`${key}:${secret}`).toString('base64')
  const own: Record<string, string> = lgspAccessToken === undefined ? {} : { lgspaccesstoken: lgspAccessToken }
  let held: { token: string, endsAt: number } | undefined

  async function fetchToken (signal: AbortSignal): Promise<string> {
    const answer = await kit.http.request({
      method: 'POST',
      url: tokenUrl,
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', ...own },
      body: 'grant_type=client_credentials',
      signal
    })
    const found = parseJson(answer.body.toString('utf8')) as Record<string, unknown> | null | undefined
    const token = answer.status === 200 && typeof found === 'object' && found !== null ? found['access_token'] : undefined
    // Not the answer's words: a gateway may repeat what it was sent.
    if (typeof token !== 'string' || !/^[\x21-\x7e]{1,8000}$/.test(token)) throw new HttpFailure('unreachable', false, new Error(`the gateway gives no token (${answer.status})`))
    const life = Number(found?.['expires_in'] ?? DEFAULT_LIFE_S)
    held = { token, endsAt: kit.now() + (Number.isFinite(life) ? life : DEFAULT_LIFE_S) * 1000 - MARGIN_MS }
    return token
  }

  return {
    async headers (signal) {
      const token = held !== undefined && kit.now() < held.endsAt ? held.token : await fetchToken(signal)
      return { ...own, authorization: `Bearer ${token}` }
    },
    renew () {
      const had = held !== undefined
      held = undefined
      return had
    },
    secrets: () => [secret, basic, lgspAccessToken ?? '', held?.token ?? '']
  }
}
