// Agencies that come through the doors and would be handed what their software cannot read. No fault: the sender may happen to
// write edXML, and an agency may fetch in other ways as well.
import type { HubConfig } from './model/generated.js'
import { type Text, text } from './model/text.js'
import type { Directory } from './ports/directory.js'

export interface DoorWarning {
  endpoint: string
  /** JSON Pointer of the setting. */
  pointer: string
  /** Codes as the clients name them. */
  agencies: string[]
  detail: Text
}

/** What these doors show; dossiers do not appear in their lists. */
const KINDS = ['document', 'status'] as const

/** One for each endpoint with the adapter inbox and another format than edxml that serves agencies behind an open door. `at` is epoch ms. */
export function doorWarnings ({ doors, clients, endpoints }: Pick<HubConfig, 'doors' | 'clients' | 'endpoints'>, directory: Pick<Directory, 'find' | 'resolve'>, at: number): DoorWarning[] {
  if (!doors.axis.enabled && !doors.facade.enabled) return []
  const behind = [...new Set(clients.filter(({ systems = [] }) => systems.length > 0).flatMap(client => client.agencies))]
  const servedBy = (code: string, id: string): boolean => KINDS.some(kind => {
    const found = directory.resolve(code, { kind, at })
    // What is for the successor of a closed agency is not in its inbox.
    return found.kind === 'found' && found.endpoint.id === id && found.agency.code === directory.find(code, at)?.code
  })
  return endpoints.flatMap(({ id, adapter, format }, index) => {
    const agencies = adapter === 'inbox' && format !== 'edxml' ? behind.filter(code => servedBy(code, id)) : []
    const named = agencies.join(', ')
    return agencies.length === 0
      ? []
      : [{
          endpoint: id,
          pointer: `/endpoints/${index}/format`,
          agencies,
          detail: text(`Phần mềm của ${named} qua cửa chỉ đọc được edXML, nhưng sẽ nhận "${format}"; hãy đặt format "edxml".`,
            `The software of ${named} reads nothing but edXML through the doors, and would get "${format}"; set format "edxml".`)
        }]
  })
}
