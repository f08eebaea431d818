// Rules of the settings for the doors: paths that do not meet, credentials used once, clients and translations that exist.
import { fault } from './errors.js'
import { isWireName, WIRE_NAMES } from './formats/dossier/wire.js'
import type { HubConfig } from './model/generated.js'
import { isNetwork } from './model/networks.js'
import type { Fault } from './model/problem.js'
import { text } from './model/text.js'

/** First steps of the hub's own paths. */
const RESERVED: readonly string[] = ['v1', 'docs', 'health', 'openapi.json', 'metrics', 'console']

type DoorRules = Pick<HubConfig, 'doors' | 'clients' | 'mappings'>

/** Faults of `doors` and of `clients[].systems`, each of the right shape already. */
export function doorFaults (config: DoorRules): Fault[] {
  return [...crossedPaths(config), ...repeatedCredentials(config), ...idleSystems(config), ...wrongIntake(config), ...wrongTrust(config)]
}

/** Closed doors too: opening one must not bring the fault. */
function crossedPaths ({ doors }: DoorRules): Fault[] {
  const paths = (['axis', 'facade', 'xroad'] as const).map(name => ({ name, path: doors[name].path }))
  return paths.flatMap(({ name, path }, index) => {
    const first = path.split('/')[1] ?? ''
    const other = paths.slice(0, index).find(earlier => `${path}/`.startsWith(`${earlier.path}/`) || `${earlier.path}/`.startsWith(`${path}/`))
    if (!RESERVED.includes(first) && other === undefined) return []
    const taken = other === undefined ? `/${first}` : `doors.${other.name}`
    return [fault('FIELD_INVALID', `/doors/${name}/path`, text(`Đường dẫn này trùng với ${taken}.`, `This path meets that of ${taken}.`), { found: path })]
  })
}

function repeatedCredentials ({ clients }: DoorRules): Fault[] {
  const systems = clients.flatMap(({ systems = [] }, client) => systems.map((system, index) => ({ system, at: `/clients/${client}/systems/${index}` })))
  return (['systemId', 'username'] as const).flatMap(name => systems.flatMap(({ system, at }, index) => {
    const value = system[name]
    const first = systems.findIndex(other => other.system[name] === value)
    return value === undefined || first === index
      ? []
      : [fault('FIELD_INVALID', `${at}/${name}`, text(`"${value}" đã dùng ở ${systems[first]?.at ?? ''}.`, `"${value}" is already used at ${systems[first]?.at ?? ''}.`), { expected: 'a value used once', found: value })]
  }))
}

/** The doors send and fetch for agencies; an operator has none. */
function idleSystems ({ clients }: DoorRules): Fault[] {
  return clients.flatMap(({ role, systems = [] }, index) => role === 'agency' || systems.length === 0
    ? []
    : [fault('FIELD_INVALID', `/clients/${index}/systems`, text('Chỉ tài khoản của cơ quan mới qua được các cửa này.', 'Only clients of agencies come through the doors.'), { expected: 'role "agency"', found: role })])
}

function wrongIntake ({ doors: { xroad: { intake } }, mappings }: DoorRules): Fault[] {
  const names = [...WIRE_NAMES, ...mappings.filter(({ direction }) => direction === 'inbound').map(({ name }) => name)]
  return intake.flatMap(({ path, translation }, index) => {
    const at = `/doors/xroad/intake/${index}`
    const first = intake.findIndex(other => other.path === path)
    const overruled = isWireName(translation.name) ? [] : (['from', 'to'] as const).filter(name => translation[name] !== undefined)
    return [
      ...(first === index ? [] : [fault('FIELD_INVALID', `${at}/path`, text(`"${path}" đã dùng ở /doors/xroad/intake/${first}.`, `"${path}" is already used at /doors/xroad/intake/${first}.`), { expected: 'a value used once', found: path })]),
      ...(names.includes(translation.name)
        ? []
        : [fault('FIELD_INVALID', `${at}/translation/name`, text('Cần tên một ánh xạ chiều inbound trong mappings, hoặc dvcqg, noihoso, dvclt.', 'It must name an inbound mapping of mappings, or dvcqg, noihoso, dvclt.'), { expected: names.join(' | '), found: translation.name })]),
      ...overruled.map(name => fault('FIELD_INVALID', `${at}/translation/${name}`, text('Ánh xạ tự ghi nơi gửi và nơi nhận.', 'A mapping writes sender and recipients itself.'), { expected: WIRE_NAMES.join(' | '), found: translation.name }))
    ]
  })
}

function wrongTrust ({ doors: { xroad: { trusted } }, clients }: DoorRules): Fault[] {
  const ids = clients.filter(({ role }) => role === 'agency').map(({ id }) => id)
  return trusted.flatMap(({ network, client }, index) => [
    ...(ids.includes(client) ? [] : [fault('FIELD_INVALID', `/doors/xroad/trusted/${index}/client`, text('Không có tài khoản cơ quan nào mang tên này.', 'There is no client of an agency of this name.'), { expected: ids.join(' | '), found: client })]),
    ...(isNetwork(network) ? [] : [fault('FIELD_INVALID', `/doors/xroad/trusted/${index}/network`, text('Cần địa chỉ IP hoặc mạng.', 'It must be an IP address or a network.'), { expected: '10.0.0.5 | 10.0.0.0/24', found: network })])
  ])
}
