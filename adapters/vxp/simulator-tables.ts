// What the simulated axis knows beside messages: agencies, and systems with their secrets. In memory.
import { createQueueTables, type QueueTables } from 'lienthong/adapter'

export interface AgencyRow { id: string, pid: string, code: string, name: string, mail: string, oldCode: string, code102: string, closed: boolean, locked: boolean, version: number, modifiedAt: number }

export interface SystemRow { systemId: string, secret: string, agencies: string[] }

export interface Tables extends QueueTables {
  readonly agencies: Map<string, AgencyRow>
  readonly systems: Map<string, SystemRow>
}

export function createTables (now: () => number): Tables {
  const tables: Tables = { ...createQueueTables(), agencies: new Map(), systems: new Map() }
  seed(tables, now)
  return tables
}

/** Three systems, as a province, a ministry and another province would have them. The secrets are for demonstration. */
export function seed (tables: Tables, now: () => number): void {
  for (const table of Object.values(tables) as Array<Map<string, unknown>>) table.clear()
  const agencies: Array<[code: string, name: string, parent?: string]> = [
    ['H36', 'UBND tỉnh Lâm Đồng'], ['H36.11', 'Sở Tư pháp tỉnh Lâm Đồng', 'H36'], ['H36.03', 'Sở Tài chính tỉnh Lâm Đồng', 'H36'], ['H36.101', 'UBND xã Đức Trọng', 'H36'],
    ['H36.99.01', 'Sở Thử nghiệm', 'H36'], ['H36.99.03', 'UBND xã Mẫu', 'H36'], ['G15', 'Bộ Tư pháp'], ['H26', 'UBND thành phố Hà Nội']
  ]
  for (const [code, name, parent = ''] of agencies) putAgency(tables, { code, name, pid: parent }, now())
  const systems: Array<[string, string[]]> = [['HUB-H36', ['H36', 'H36.11', 'H36.03', 'H36.101', 'H36.99.01', 'H36.99.03']], ['BO-TU-PHAP', ['G15']], ['HA-NOI', ['H26']]]
  for (const [systemId, codes] of systems) tables.systems.set(systemId, { systemId, secret: `demo-secret-${systemId.toLowerCase()}`, agencies: codes })
}

export function putAgency ({ agencies }: Tables, given: { code: string, name: string, id?: string, pid?: string, mail?: string, oldCode?: string }, at: number): AgencyRow {
  const before = agencies.get(given.code)
  const old = given.oldCode ?? before?.oldCode ?? ''
  const row: AgencyRow = {
    id: given.id ?? before?.id ?? given.code,
    pid: given.pid ?? before?.pid ?? '',
    code: given.code,
    name: given.name,
    mail: given.mail ?? before?.mail ?? '',
    oldCode: old,
    code102: before?.code102 ?? oldOrder(given.code),
    closed: false,
    locked: false,
    version: (before?.version ?? 0) + 1,
    modifiedAt: at
  }
  agencies.set(row.code, row)
  return row
}

/** The code in the order of QCVN 102:2016: H36.11 → 000.00.11.H36. */
function oldOrder (code: string): string {
  const groups = code.split('.').reverse()
  return ['000', '00', '00'].slice(0, Math.max(0, 4 - groups.length)).concat(groups).join('.')
}
