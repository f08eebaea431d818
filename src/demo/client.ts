// The few API calls the demo makes, the way an agency's own program would make them.

export interface ApiAnswer<Body = Record<string, unknown>> { status: number, body: Body }

export interface ApiClient {
  post<Body> (path: string, body: Buffer | FormData | string, headers?: Record<string, string>): Promise<ApiAnswer<Body>>
  get<Body> (path: string): Promise<ApiAnswer<Body>>
  bytes (path: string): Promise<Buffer>
}

export function createApiClient (url: string, key: string): ApiClient {
  const call = async (path: string, init: RequestInit): Promise<Response> =>
    await fetch(new URL(path, url), { ...init, headers: { ...init.headers, authorization: `Bearer ${key}`, 'accept-language': 'vi' } })
  return {
    async post (path, body, headers = {}) { return await answerOf(await call(path, { method: 'POST', body, headers })) },
    async get (path) { return await answerOf(await call(path, { method: 'GET' })) },
    async bytes (path) { return Buffer.from(await (await call(path, { method: 'GET' })).arrayBuffer()) }
  }
}

async function answerOf<Body> (response: Response): Promise<ApiAnswer<Body>> {
  const content = await response.text()
  return { status: response.status, body: (content === '' ? {} : JSON.parse(content)) as Body }
}
