// The agencies of a run: real entries of the sample directory, each with a client, and an endpoint that serves it alone, so
// that what an endpoint sees is what its agency sees.
import { randomBytes } from 'node:crypto'
import { createKey } from '../../src/security/credentials.js'
import type { Axis } from '../../src/model/generated.js'

export interface Agency {
  readonly code: string
  readonly name: string
  readonly axis: Axis
  /** webhook: the hub pushes. inbox: it fetches. vxp: it is reached over the national axis. */
  readonly adapter: 'webhook' | 'inbox' | 'vxp'
  /** Name of its client and of its endpoint. */
  readonly id: string
  readonly key: string
  readonly keySha256: string
  /** Of the signatures of its webhook, or of the hub's calls of the axis. */
  readonly secret: string
}

/** Its endpoint never misbehaves: what stands still here stands still because of the hub or what it stands on. */
export const STEADY = 'H36.03'

const PLACES: ReadonlyArray<Pick<Agency, 'code' | 'name' | 'axis' | 'adapter'>> = [
  { code: 'H36', name: 'UBND tỉnh Lâm Đồng', axis: 'province', adapter: 'webhook' },
  { code: STEADY, name: 'Sở Tài chính tỉnh Lâm Đồng', axis: 'province', adapter: 'webhook' },
  { code: 'H36.11', name: 'Sở Tư pháp tỉnh Lâm Đồng', axis: 'province', adapter: 'webhook' },
  { code: 'H36.101', name: 'UBND xã Đức Trọng', axis: 'commune', adapter: 'webhook' },
  { code: 'H36.201', name: 'UBND phường Xuân Hương - Đà Lạt', axis: 'commune', adapter: 'webhook' },
  { code: 'H36.10.01', name: 'Chi nhánh Văn phòng đăng ký đất đai khu vực Đức Trọng', axis: 'district', adapter: 'webhook' },
  { code: 'G22', name: 'Văn phòng Chính phủ', axis: 'national', adapter: 'vxp' },
  { code: 'H36.102', name: 'UBND xã Di Linh', axis: 'commune', adapter: 'inbox' },
  { code: 'H36.212', name: 'UBND phường Phan Thiết', axis: 'commune', adapter: 'inbox' }
]

/** The agencies with keys and secrets made for this run. */
export function makeAgencies (): Agency[] {
  return PLACES.map(place => {
    const id = `co-quan-${place.code.toLowerCase().replaceAll('.', '-')}`
    return { ...place, id, ...createKey(id), secret: `whsec_${randomBytes(32).toString('base64')}` }
  })
}
