// The fake agency systems: they take what is pushed or drain their inbox, check every byte, and answer with statuses.
import { createHash } from 'node:crypto'
import type { HubConfig } from '../model/generated.js'
import { createApiClient, type ApiClient } from './client.js'
import { statusMessage, toDate, type DemoOrganization } from './edxml.js'
import type { Province } from './province.js'
import { dossierBody, dossierCode } from './scenario.js'

export interface Answered {
  title: string
  client: string
  packageId: string
  /** Recipients as written → axis. */
  expect: Record<string, string>
}

export interface Agencies {
  /** Packages that the agency systems have sent by themselves. */
  answered: Answered[]
  stop (): Promise<void>
}

export interface AgenciesOptions {
  url: string
  province: Province
  run: string
  onFault: (what: string) => void
}

interface InboxAnswer { items: Array<{ deliveryId: string, sha256: string }> }

const TU_PHAP: DemoOrganization = { code: 'H36.11', name: 'Sở Tư pháp tỉnh Lâm Đồng' }

/** Starts the agencies' side. The department of justice answers each document with 01 and 03, and passes its dossier on. */
export function startAgencies ({ url, province, run, onFault }: AgenciesOptions): Agencies {
  const answered: Answered[] = []
  const clients = new Map([...province.keys].map(([id, key]) => [id, createApiClient(url, key)]))
  const stopping = new AbortController()
  const inboxes = inboxClients(province.config).map(async id => {
    const client = clients.get(id)
    if (client !== undefined) await drain(client, { signal: stopping.signal, onFault })
  })
  // One Retry-After, so that a second attempt can be seen.
  province.receivers.get('da-lat')?.misbehave({ kind: 'status', status: 503, headers: { 'retry-after': '1' }, times: 1 })
  const justice = clients.get('so-tu-phap')
  const answering = justice === undefined ? Promise.resolve() : answerAsJustice(justice, { province, run, answered, signal: stopping.signal, onFault })
  return {
    answered,
    async stop () {
      stopping.abort()
      await Promise.all([...inboxes, answering])
    }
  }
}

/** Clients whose agencies are served by a pull inbox. */
function inboxClients ({ clients, endpoints }: HubConfig): string[] {
  const pushed = new Set(endpoints.filter(({ adapter }) => adapter !== 'inbox').flatMap(({ serves }) => serves))
  return clients.filter(({ role, agencies, id }) => role === 'agency' && id !== 'truc-quoc-gia' && agencies.some(code => !pushed.has(code))).map(({ id }) => id)
}

async function drain (client: ApiClient, { signal, onFault }: { signal: AbortSignal, onFault: AgenciesOptions['onFault'] }): Promise<void> {
  while (!signal.aborted) {
    try {
      const { body: { items } } = await client.get<InboxAnswer>('/v1/inbox?limit=50&lockSeconds=30')
      for (const { deliveryId, sha256 } of items) {
        const bytes = await client.bytes(`/v1/inbox/${deliveryId}/content`)
        if (createHash('sha256').update(bytes).digest('hex') !== sha256) onFault(`inbox ${deliveryId}: content is not what was announced`)
        const { status } = await client.post(`/v1/inbox/${deliveryId}/ack`, '')
        if (status !== 204) onFault(`inbox ${deliveryId}: ack was answered ${status}`)
      }
    } catch (error) {
      if (!signal.aborted) onFault(`inbox: ${String(error)}`)
    }
    await pause(200, signal)
  }
}

async function answerAsJustice (client: ApiClient, context: { province: Province, run: string, answered: Answered[], signal: AbortSignal, onFault: AgenciesOptions['onFault'] }): Promise<void> {
  const { province, run, answered, signal, onFault } = context
  const receiver = province.receivers.get('so-tu-phap')
  const send = async (title: string, more: { contentType: string, body: Buffer, expect: Record<string, string> }): Promise<void> => {
    const { status, body } = await client.post<{ id: string }>('/v1/packages', more.body, { 'content-type': more.contentType })
    if (status === 202) answered.push({ title, client: 'so-tu-phap', packageId: body.id, expect: more.expect })
    else onFault(`${title}: ${status} ${JSON.stringify(body)}`)
  }
  const seen = new Set<string>()
  while (!signal.aborted) {
    for (const { deliveryId, body, kind } of receiver?.received() ?? []) {
      if (seen.has(deliveryId) || body === undefined) continue
      seen.add(deliveryId)
      if (kind === 'dossier') {
        const onward = dossierBody({ packageId: `stp-${run}-1`, kind: 'transfer', from: TU_PHAP.code, to: ['G15'], MaHoSo: dossierCode(run) })
        await send('Hồ sơ chuyển tiếp lên trục quốc gia', { contentType: 'application/json', body: onward, expect: { G15: 'national' } })
      } else if (kind === 'document') {
        for (const [statusCode, description] of [['01', 'Văn bản đã đến hệ thống QLVB'], ['03', 'Văn thư đã tiếp nhận, số đến 412']] as const) {
          const issuer = issuerOf(body)
          const status = statusFor(body, { issuer, statusCode, description })
          await send(`Trạng thái ${statusCode} cho ${issuer}`, { contentType: 'application/xml', body: status, expect: { [issuer]: issuer.startsWith('H36') ? 'province' : 'national' } })
        }
      }
    }
    await pause(50, signal)
  }
}

function issuerOf (message: Buffer): string {
  return /<edXML:From>\s*<edXML:OrganId>([^<]*)</.exec(message.toString())?.[1] ?? ''
}

function statusFor (message: Buffer, more: { issuer: string, statusCode: string, description: string }): Buffer {
  const read = (element: string): string => new RegExp(`<edXML:${element}>([^<]*)<`).exec(message.toString())?.[1] ?? ''
  const at = Date.now()
  return statusMessage({ from: TU_PHAP, documentId: read('DocumentId'), code: `${read('CodeNumber')}/${read('CodeNotation')}`, promulgationDate: toDate(at), at, ...more })
}

async function pause (ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => {
    const end = (): void => { clearTimeout(timer); signal.removeEventListener('abort', end); resolve() }
    const timer = setTimeout(end, ms)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
  })
}
