// A national hub with the axis door open, and provincial hubs that reach it through the adapter vxp: each a whole hub with a
// store of its own, and between them a network that can fail on command.
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { createApiClient, type ApiClient } from '../../src/demo/client.js'
import { openSmallArchive } from '../../src/formats/small-archive.js'
import type { HubConfig } from '../../src/model/generated.js'
import { createKey } from '../../src/security/credentials.js'
import { freePort, runHub } from './hub.js'
import { prepareEmbedded } from './stores.js'
import { openTcpProxy, type TcpProxy } from './tcp-proxy.js'
import { briskly, withEndpoint } from './traffic.js'

/** A hub that can be stopped and started again, at the same address and with the same store. */
export interface RestartableHub {
  readonly config: HubConfig
  readonly url: string
  restart (): Promise<void>
}

export interface Nation extends RestartableHub {
  /** With the key of an account. */
  client (id: string): ApiClient
  /** The address that provinces are given. */
  readonly network: TcpProxy
}

/** Who may call the national hub: by the axis where there is a secret (the system is named like the account), by the API in any case. */
export interface Account { readonly id: string, readonly agencies: readonly string[], readonly secret?: string }

const AXES = ['national', 'province', 'district', 'commune'] as const

/** The national side, with the agencies of the sample directory, all served by inboxes. */
export async function openNation (t: Test, sample: HubConfig, accounts: readonly Account[]): Promise<Nation> {
  const keys = new Map([...accounts.map(({ id }) => id), 'operator'].map(id => [id, createKey(id)] as const))
  const keySha256 = (id: string): string => keys.get(id)?.keySha256 ?? ''
  const port = await freePort()
  const inbox = sample.endpoints.find(({ adapter }) => adapter === 'inbox')
  if (inbox === undefined) throw new Error('the sample has no inbox')
  const config: HubConfig = {
    ...await apart(sample, 'nation'),
    node: { code: 'VXP', name: 'Trục quốc gia (thử)' },
    http: { ...sample.http, port },
    doors: { ...sample.doors, axis: { ...sample.doors.axis, enabled: true } },
    endpoints: AXES.map(axis => ({ ...inbox, id: `hop-thu-${axis}`, axis, gateway: axis, format: 'edxml' as const })),
    clients: [
      ...accounts.map(({ id, agencies, secret }) => ({ id, keySha256: keySha256(id), agencies: [...agencies], role: 'agency' as const, systems: secret === undefined ? [] : [{ systemId: id, secret }] })),
      { id: 'operator', keySha256: keySha256('operator'), agencies: [], role: 'operator', systems: [] }
    ]
  }
  const hub = await openHub(t, config)
  const network = await openTcpProxy({ host: '127.0.0.1', port })
  t.teardown(async () => { await network.close() })
  return { ...hub, network, client: id => createApiClient(hub.url, keys.get(id)?.key ?? '') }
}

/** The same configuration with a store and blobs of its own; they are removed with those of the sample. */
export async function apart (sample: HubConfig, name: string): Promise<HubConfig> {
  const folder = join(dirname(sample.blobs.directory), name)
  const dataDirectory = join(folder, 'store')
  await prepareEmbedded(dataDirectory)
  return { ...briskly(sample), store: { ...sample.store, kind: 'pglite', dataDirectory }, blobs: { ...sample.blobs, directory: join(folder, 'blobs') }, http: { ...sample.http, port: 0 } }
}

/** The endpoint of the national axis in a province's configuration, pointed at a nation. */
export function towards ({ network }: Pick<Nation, 'network'>, config: HubConfig, { account, more = {} }: { account: Account, more?: object }): HubConfig {
  return withEndpoint(briskly(config), 'truc-quoc-gia', {
    adapter: 'vxp',
    // Written anew for each recipient, with a trace of the province: the copies of one document differ.
    format: 'edxml',
    timeoutMs: 10_000,
    circuit: { failures: 50, openMs: 100, maxOpenMs: 200 },
    settings: { url: `http://127.0.0.1:${network.port}/vxp`, default: { systemId: account.id, secret: account.secret }, pollIntervalMs: 100, maxBackoffMs: 300, callTimeoutMs: 3000, fetchTimeoutMs: 5000, ...more }
  })
}

export async function openHub (t: Test, given: HubConfig): Promise<RestartableHub> {
  const config = given.http.port === 0 ? { ...given, http: { ...given.http, port: await freePort() } } : given
  let hub = await runHub(t, config)
  return {
    config,
    url: hub.url,
    async restart () {
      await hub.stop()
      hub = await runHub(t, config)
    }
  }
}

export interface Fetched {
  packageId: string
  kind: string
  identifier: string
  /** SHA-256 of the files, as the hub has them. */
  files: string[]
  bytes: Buffer
}

interface InboxView { items?: Array<{ deliveryId: string, package: { id: string, envelope: { kind: string, identifier: string } }, attachments: Array<{ sha256: string }> }> }

/** Everything in the inbox of a client, acknowledged; or rejected for that reason. */
export async function emptyInbox (client: ApiClient, { reject }: { reject?: string } = {}): Promise<Fetched[]> {
  const fetched: Fetched[] = []
  const { body } = await client.get<InboxView>('/v1/inbox?limit=100&lockSeconds=5')
  for (const { deliveryId, attachments, package: { id, envelope: { kind, identifier } } } of body.items ?? []) {
    fetched.push({ packageId: id, kind, identifier, files: attachments.map(({ sha256 }) => sha256), bytes: await client.bytes(`/v1/inbox/${deliveryId}/content`) })
    if (reject === undefined) await client.post(`/v1/inbox/${deliveryId}/ack`, '')
    else await client.post(`/v1/inbox/${deliveryId}/reject`, JSON.stringify({ reason: reject }), { 'content-type': 'application/json' })
  }
  return fetched
}

/** SHA-256 of each file inside an edXML message, lower-case hex; files that the vendor's way of writing has zipped are taken out. */
export function filesIn (message: Buffer): string[] {
  return [...message.toString('latin1').matchAll(/<(?:\w+:)?ContentTransferEncoded[^>]*>([^<]*)</g)].map(([, base64 = '']) => {
    const bytes = Buffer.from(base64, 'base64')
    return createHash('sha256').update(openSmallArchive(bytes)?.inflateSole() ?? bytes).digest('hex')
  })
}
