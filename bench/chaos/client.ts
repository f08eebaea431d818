// Calls to hub processes that may be dead, paused or cut off: no call waits longer than a patient person would.

export interface Answer { readonly status: number, readonly bytes: Buffer }

export interface Call {
  readonly key: string
  readonly method?: 'GET' | 'POST'
  readonly body?: Buffer
  readonly headers?: Record<string, string>
}

const PATIENCE_MS = 6000

/** Rejects when no answer comes in time. */
export async function call (url: string, { key, method = 'GET', body, headers = {} }: Call): Promise<Answer> {
  const response = await fetch(url, {
    method, headers: { ...headers, authorization: `Bearer ${key}` }, signal: AbortSignal.timeout(PATIENCE_MS), ...(body === undefined ? {} : { body: new Uint8Array(body) })
  })
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
}

/** The body of a 2xx as JSON. Rejects for any other status. */
export async function read<Body> (url: string, key: string): Promise<Body> {
  const { status, bytes } = await call(url, { key })
  if (status < 200 || status > 299) throw new Error(`${status}: ${bytes.toString().slice(0, 300)}`)
  return JSON.parse(bytes.toString()) as Body
}

export async function pause (ms: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms))
}
