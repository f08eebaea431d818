// The fake counterpart of the file-drop adapter: a temporary folder, read and written as an agency system would.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AdapterHarness, HarnessDelivery } from 'lienthong/adapter'

export interface FolderHarness extends AdapterHarness {
  /** Where `in` (inbox of the hub) and `out` (what it drops) are. */
  folder (): string
  /** Puts a package into the inbox as a well-behaved system does. */
  put (name: string, content: string | Buffer): void
}

/** `more`: settings beside the folders. */
export function createHarness (more: { pickUp?: object, drop?: object } = {}): FolderHarness {
  let root = ''
  let offered = 0
  const received = new Map<string, HarnessDelivery>()
  const away = (): string => `${root}/out.away`
  const put = (name: string, content: string | Buffer): void => {
    writeFileSync(`${root}/in/.${name}.tmp`, content)
    renameSync(`${root}/in/.${name}.tmp`, `${root}/in/${name}`)
  }
  const comeBack = (): void => {
    rmSync(`${root}/out`, { force: true })
    if (existsSync(away())) renameSync(away(), `${root}/out`)
  }
  return {
    can: ['offline', 'malformed'],
    folder: () => root,
    put,
    async start () {
      root = mkdtempSync(join(tmpdir(), 'file-drop-'))
      received.clear()
      for (const name of ['in', 'out']) mkdirSync(`${root}/${name}`)
    },
    settings: () => ({
      drop: { folder: `${root}/out`, envelope: 'written', ...more.drop },
      pickUp: { folders: [{ path: `${root}/in`, agencies: ['H36.99.01'] }], pollSeconds: 0.05, ...more.pickUp }
    }),
    async misbehave (kind) {
      if (existsSync(away())) comeBack()
      if (kind === undefined) return
      renameSync(`${root}/out`, away())
      // A file where the folder should be.
      if (kind === 'malformed') writeFileSync(`${root}/out`, '')
    },
    received () {
      if (existsSync(away())) return [...received.values()]
      for (const name of readdirSync(`${root}/out`)) {
        if (received.has(name) || name.startsWith('.') || !existsSync(`${root}/out/${name}.sha256`)) continue
        received.set(name, readDropped(`${root}/out/${name}`))
      }
      return [...received.values()]
    },
    async offer () {
      const name = `cong-van-${++offered}.xml`
      put(name, `<edXML n="${offered}"/>`)
      return name
    },
    fateOf (name) {
      if (existsSync(`${root}/in/done/${name}`)) return 'acknowledged'
      return existsSync(`${root}/in/quarantine/${name}`) ? 'refused' : 'waiting'
    },
    async stop () {
      rmSync(root, { recursive: true, force: true })
    }
  }
}

function readDropped (path: string): HarnessDelivery {
  const bytes = readFileSync(path)
  const { deliveryId, packageId, recipient, mediaType, traceparent, envelope } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as
    { [name in 'deliveryId' | 'packageId' | 'recipient' | 'mediaType' | 'traceparent']: string } & { envelope: { kind: string } }
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { deliveryId, packageId, recipient, mediaType, traceparent, kind: envelope.kind, size: bytes.length, sha256 }
}
