// What the simulated platform knows beside messages: agencies, systems with their credentials, and tokens. In memory.
import { createQueueTables, type QueueTables } from 'lienthong/adapter'

export interface AgencyRow { id: string, pid: string, code: string, name: string, mail: string, oldCode: string, locked: boolean }

export interface SystemRow { systemId: string, secretKey: string, username: string, password: string, agencies: string[] }

export interface Tables extends QueueTables {
  readonly agencies: Map<string, AgencyRow>
  readonly systems: Map<string, SystemRow>
  /** Token → when it ends, epoch ms. */
  readonly tokens: Map<string, number>
}

export function createTables (): Tables {
  const tables: Tables = { ...createQueueTables(), agencies: new Map(), systems: new Map(), tokens: new Map() }
  seed(tables)
  return tables
}

/** Three systems of one province; two of them share a login. The secrets are for demonstration. */
export function seed (tables: Tables): void {
  for (const table of Object.values(tables) as Array<Map<string, unknown>>) table.clear()
  const agencies: Array<[code: string, name: string, parent?: string]> = [
    ['H37', 'UBND tỉnh Lạng Sơn'], ['H37.11', 'Sở Tư pháp tỉnh Lạng Sơn', 'H37'], ['H37.03', 'Sở Tài chính tỉnh Lạng Sơn', 'H37'], ['H37.101', 'UBND xã Mẫu', 'H37'],
    ['H36', 'UBND tỉnh Lâm Đồng'], ['H36.11', 'Sở Tư pháp tỉnh Lâm Đồng', 'H36'], ['H36.99.01', 'Sở Thử nghiệm', 'H36'], ['H36.99.03', 'UBND xã Mẫu', 'H36']
  ]
  for (const [code, name, pid = ''] of agencies) tables.agencies.set(code, { id: code, pid, code, name, mail: '', oldCode: '', locked: false })
  const systems: Array<[string, string, string[]]> = [['HUB-H36', 'hub', ['H36', 'H36.99.01', 'H36.99.03']], ['STP-H36', 'hub', ['H36.11']], ['LGSP-H37', 'lang-son', ['H37', 'H37.11', 'H37.03', 'H37.101']]]
  for (const [systemId, username, codes] of systems) {
    tables.systems.set(systemId, { systemId, secretKey: `demo-secret-${systemId.toLowerCase()}`, username, password: `demo-password-${username}`, agencies: codes })
  }
}
