// What a configuration must fulfil beyond its types: names used once, and no embedded default in production unmeant.
import { doorFaults } from './config-doors.js'
import { serviceFaults } from './config-services.js'
import { isRecord } from './config-schema.js'
import { fault } from './errors.js'
import { isWireName, WIRE_NAMES } from './formats/dossier/wire.js'
import { kindsOf, misplacedRows, relaxedFixedRows } from './formats/profile.js'
import type { HubConfig, TranslationConfig } from './model/generated.js'
import { shareKinds } from './model/kinds.js'
import { isNonsense } from './model/maintenance.js'
import { isNetwork } from './model/networks.js'
import type { Fault } from './model/problem.js'
import { ROLES } from './model/role.js'
import { type Text, text } from './model/text.js'
import { compileSettings, SCHEMAS } from './schema.js'

export type EmbeddedDefault = HubConfig['acceptedDefaults'][number]

/** One embedded or insecure default that is in use: good for a trial, to be meant in production. */
export interface DefaultInUse {
  name: EmbeddedDefault
  /** JSON Pointer of the setting. */
  pointer: string
  detail: Text
}

const validate = compileSettings(SCHEMAS.config)

/** Every fault of a merged configuration; fills in the defaults of endpoints and clients. */
export function configFaults (config: unknown): Fault[] {
  const faults = validate(config)
  // A section of the wrong shape cannot be compared with others; its own faults come first.
  const sound = (section: string): boolean => !faults.some(({ pointer }) => pointer === '' || pointer.split('/')[1] === section)
  if (!isRecord(config)) return faults
  const candidate = config as unknown as HubConfig
  const rules: Fault[] = []
  const { endpoints, clients, delivery, inbox } = candidate
  if (sound('endpoints')) {
    rules.push(...repeated(endpoints.map(({ id }) => id), '/endpoints', 'id'))
    rules.push(...crowdedGateways(endpoints))
    rules.push(...endpoints.flatMap(neverMeant))
  }
  if (sound('clients')) {
    rules.push(...repeated(clients.map(({ id }) => id), '/clients', 'id'))
    rules.push(...repeated(clients.map(({ keySha256 }) => keySha256), '/clients', 'keySha256'))
  }
  if (sound('mappings')) rules.push(...repeated(candidate.mappings.map(({ name }) => name), '/mappings', 'name'))
  if (sound('mappings')) rules.push(...unusable(candidate.mappings))
  if (sound('mappings') && sound('endpoints')) rules.push(...unmapped(candidate), ...untranslatable(candidate, 'endpoints'))
  if (sound('mappings') && sound('clients')) rules.push(...untranslatable(candidate, 'clients'))
  if (sound('doors') && sound('clients') && sound('mappings')) rules.push(...doorFaults(candidate))
  if (sound('services')) rules.push(...repeated(candidate.services.map(({ name }) => name), '/services', 'name'))
  if (['services', 'serviceLog', 'endpoints', 'clients'].every(sound)) rules.push(...serviceFaults(candidate))
  if (sound('egress')) rules.push(...noNetworks(candidate.egress))
  if (sound('delivery')) {
    rules.push(...atLeast(delivery.retry.maxMs, delivery.retry.firstMs, ['/delivery/retry/maxMs', 'delivery.retry.firstMs']))
    rules.push(...atLeast(delivery.urgentRetry.maxMs, delivery.urgentRetry.firstMs, ['/delivery/urgentRetry/maxMs', 'delivery.urgentRetry.firstMs']))
  }
  if (sound('validation')) rules.push(...relaxedFixedRows(candidate.validation).map(relaxed), ...misplaced(candidate))
  if (sound('inbox')) rules.push(...atLeast(inbox.maxLockMs, inbox.lockMs, ['/inbox/maxLockMs', 'inbox.lockMs']))
  if (sound('retention')) rules.push(...unordered(candidate.retention))
  if (sound('roles') && sound('store') && sound('broker')) rules.push(...unsplittable(candidate))
  if (sound('signatures')) rules.push(...unanchored(candidate.signatures), ...repeated(candidate.signatures.signing.map(({ name }) => name), '/signatures/signing', 'name'))
  if (sound('signatures') && sound('endpoints')) rules.push(...unsigned(candidate))
  if (sound('signatures') && sound('endpoints') && sound('clients')) rules.push(...strangers(candidate))
  if (faults.length === 0 && candidate.environment === 'production') rules.push(...unmeant(candidate))
  return [...faults, ...rules]
}

function neverMeant ({ circuit, maintenance = [] }: HubConfig['endpoints'][number], index: number): Fault[] {
  const windows = maintenance.flatMap((window, n) => isNonsense(window)
    ? [fault('FIELD_INVALID', `/endpoints/${index}/maintenance/${n}`, text('Khoảng bảo trì không có nghĩa.', 'This window means nothing.'), {
      expected: 'HH:MM + HH:MM (days) | YYYY-MM-DDTHH:MM < YYYY-MM-DDTHH:MM', found: JSON.stringify(window)
    })]
    : [])
  return circuit === undefined
    ? windows
    : [...windows, ...atLeast(circuit.maxOpenMs, circuit.openMs, [`/endpoints/${index}/circuit/maxOpenMs`, `endpoints[${index}].circuit.openMs`])]
}

/** What is no network would be the name of a host in `allow`, but no name has a slash. */
function noNetworks ({ allow, forbid }: HubConfig['egress']): Fault[] {
  const wrong = (list: 'allow' | 'forbid') => (entry: string, index: number): Fault[] => isNetwork(entry) || (list === 'allow' && !entry.includes('/'))
    ? []
    : [fault('FIELD_INVALID', `/egress/${list}/${index}`, text('Cần địa chỉ IP hoặc mạng.', 'It must be an IP address or a network.'), { expected: '10.0.0.5 | 10.0.0.0/24', found: entry })]
  return [...allow.flatMap(wrong('allow')), ...forbid.flatMap(wrong('forbid'))]
}

function relaxed (row: number): Fault {
  return fault('FIELD_INVALID', `/validation/${row}/consequence`, text('Kiểm tra này không nới được: không có nó thì không đọc được thông điệp.',
    'This check cannot be relaxed: without it nothing can be made of a message.'), { expected: 'reject' })
}

function misplaced ({ validation }: HubConfig): Fault[] {
  return misplacedRows(validation).flatMap(row => validation[row] ?? []).map(row => fault('FIELD_INVALID', `/validation/${validation.indexOf(row)}/kind`,
    text(`Kiểm tra "${row.check}" không áp dụng cho loại "${row.kind}".`, `The check "${row.check}" is not made for the kind "${row.kind}".`),
    { expected: kindsOf(row.check).join(' | '), found: row.kind }))
}

/** Rows and events tell of the bytes, so they stay at least as long. */
function unordered ({ payloadsAfterMs, rowsAfterMs, eventsAfterMs }: HubConfig['retention']): Fault[] {
  const least = payloadsAfterMs ?? 0
  return Object.entries({ rowsAfterMs, eventsAfterMs }).flatMap(([name, value]) =>
    value === null ? [] : atLeast(value, least, [`/retention/${name}`, 'retention.payloadsAfterMs']))
}

/** What is inside one process cannot be shared by several, so that process must do everything. */
function unsplittable ({ roles, store, broker }: HubConfig): Fault[] {
  const missing = ROLES.filter(role => !roles.includes(role))
  if (missing.length === 0 || (store.kind === 'postgres' && broker.kind === 'rabbitmq')) return []
  return [fault('FIELD_INVALID', '/roles', text('Chỉ chia được vai trò giữa nhiều tiến trình khi dùng postgres và rabbitmq.',
    'Roles can be split among processes only with postgres and rabbitmq.'), { expected: ROLES.join(', '), found: roles.join(', ') })]
}

/** The embedded and insecure defaults in use, each worth one warning at start. Accepted ones are still listed. */
export function embeddedDefaults (config: HubConfig): DefaultInUse[] {
  return [...ofServices(config), ...ofContent(config)]
}

function ofServices ({ node, store, broker, http }: HubConfig): DefaultInUse[] {
  const found: DefaultInUse[] = []
  if (node.code === 'LIENTHONG') {
    found.push({ name: 'node.code', pointer: '/node/code', detail: text('Mã của trục vẫn là mã mặc định; cơ quan khác sẽ thấy mã này trong vết truyền nhận.',
      'The hub still has its default code; others will see it in trace headers.') })
  }
  if (store.kind === 'pglite') {
    found.push({ name: 'store.pglite', pointer: '/store/kind', detail: text('Dữ liệu nằm trong PGlite nhúng: chỉ một tiến trình, không có bản sao dự phòng.',
      'Data is in the embedded PGlite: one process only, no standby.') })
  }
  if (broker.kind === 'in-process') {
    found.push({ name: 'broker.in-process', pointer: '/broker/kind', detail: text('Hàng đợi nằm trong tiến trình: chỉ một tiến trình.',
      'The broker is inside the process: one process only.') })
  }
  if (http.trustedProxies.length === 0 && !['127.0.0.1', '::1', 'localhost'].includes(http.host)) {
    found.push({
      name: 'http.without-tls',
      pointer: '/http/trustedProxies',
      detail: text(`API nghe ở ${http.host} không có TLS và không có proxy phía trước; khóa API đi dạng rõ.`,
        `The API listens on ${http.host} without TLS and without a proxy in front; API keys travel in the clear.`)
    })
  }
  return found
}

function ofContent ({ directory, endpoints, clients }: HubConfig): DefaultInUse[] {
  const found: DefaultInUse[] = []
  if (directory.files.length === 0) {
    found.push({ name: 'directory.empty', pointer: '/directory/files', detail: text('Danh mục cơ quan trống: mọi cơ quan đều không xác định.',
      'The agency directory is empty: every agency is unknown.') })
  }
  if (endpoints.length === 0) {
    found.push({ name: 'endpoints.none', pointer: '/endpoints', detail: text('Chưa khai báo điểm kết nối nào: không chuyển được cho ai.',
      'There is no endpoint: nothing can be delivered.') })
  }
  if (clients.length === 0) {
    found.push({ name: 'clients.none', pointer: '/clients', detail: text('Chưa khai báo hệ thống nào được gọi API.',
      'There is no client: nobody can call the API.') })
  }
  return found
}

/** A policy that refuses needs something to trust, or it would refuse everything. */
function unanchored ({ trustAnchors, envelope, documents }: HubConfig['signatures']): Fault[] {
  const refusing = envelope.requireFrom.length > 0 || [envelope.inbound, envelope.outbound, documents.inbound, documents.outbound].some(policy => policy === 'require' || policy === 'block')
  return refusing && trustAnchors.length === 0
    ? [fault('FIELD_MISSING', '/signatures/trustAnchors', text('Chính sách bắt buộc chữ ký cần ít nhất một chứng thư gốc tin cậy.',
        'A policy that requires signatures needs at least one trust anchor.'))]
    : []
}

function unmeant (config: HubConfig): Fault[] {
  return embeddedDefaults(config).filter(({ name }) => !config.acceptedDefaults.includes(name)).map(({ name, pointer, detail }) =>
    fault('FIELD_INVALID', pointer, text(`${detail.vi} Môi trường production không chấp nhận, trừ khi ghi "${name}" trong acceptedDefaults.`,
      `${detail.en} Production refuses this unless acceptedDefaults names "${name}".`), { expected: `acceptedDefaults: "${name}"` }))
}

function repeated (values: ReadonlyArray<string | undefined>, section: string, name: string): Fault[] {
  return values.flatMap((value, index) => {
    const first = values.indexOf(value)
    return value === undefined || first === index
      ? []
      : [alreadyUsed(value, `${section}/${index}/${name}`, `${section}/${first}`)]
  })
}

function alreadyUsed (value: string, pointer: string, first: string): Fault {
  return fault('FIELD_INVALID', pointer, text(`"${value}" đã dùng ở ${first}.`, `"${value}" is already used at ${first}.`), { expected: 'a value used once', found: value })
}

/** An axis has one gateway for each kind of package. */
function crowdedGateways (endpoints: HubConfig['endpoints']): Fault[] {
  return endpoints.flatMap((endpoint, index) => {
    const { gateway } = endpoint
    const first = gateway === undefined ? -1 : endpoints.findIndex((other, at) => at < index && other.gateway === gateway && shareKinds(other, endpoint))
    return gateway === undefined || first < 0 ? [] : [alreadyUsed(gateway, `/endpoints/${index}/gateway`, `/endpoints/${first}`)]
  })
}

/** Endpoints of format `mapping` whose mapping is missing or reads the other way. */
function unmapped ({ endpoints, mappings }: HubConfig): Fault[] {
  const names = mappings.filter(({ direction }) => direction === 'outbound').map(({ name }) => name)
  return endpoints.flatMap(({ format, mapping }, index) => {
    if (format !== 'mapping' || names.includes(mapping ?? '')) return []
    const detail = text('Định dạng "mapping" cần tên một ánh xạ chiều outbound trong mappings.', 'Format "mapping" needs the name of an outbound mapping of mappings.')
    return [fault(mapping === undefined ? 'FIELD_MISSING' : 'FIELD_INVALID', `/endpoints/${index}/mapping`, detail,
      { expected: names.join(' | '), ...(mapping === undefined ? {} : { found: mapping }) })]
  })
}

/** Endpoints whose `sign` names no key, or that never get edXML written anew, so that nothing would ever be signed. */
function unsigned ({ endpoints, signatures }: HubConfig): Fault[] {
  const names = signatures.signing.map(({ name }) => name)
  return endpoints.flatMap(({ format, codes, sign }, index) => {
    if (sign === undefined) return []
    const pointer = `/endpoints/${index}/sign`
    if (!names.includes(sign)) {
      return [fault('FIELD_INVALID', pointer, text('signatures.signing không có khóa tên này.', 'signatures.signing has no key of this name.'), { expected: names.join(' | '), found: sign })]
    }
    return format === 'edxml' || (format === 'original' && codes !== 'as-written')
      ? []
      : [fault('FIELD_INVALID', pointer, text('Chỉ edXML do trục viết lại mới ký được: format "edxml", hoặc "original" có đổi thứ tự mã.',
          'Only edXML written anew can be signed: format "edxml", or "original" with codes other than "as-written".'), { expected: 'format "edxml"', found: format })]
  })
}

/** A caller that does not exist would leave a policy without effect. */
function strangers ({ signatures: { envelope }, clients, endpoints }: HubConfig): Fault[] {
  const callers = [...clients.map(({ id }) => `client:${id}`), ...endpoints.map(({ id }) => `endpoint:${id}`)]
  return (['requireFrom', 'transformAliasFrom'] as const).flatMap(name => envelope[name].flatMap((caller, index) => callers.includes(caller)
    ? []
    : [fault('FIELD_INVALID', `/signatures/envelope/${name}/${index}`, text('Không có hệ thống nào mang tên này.', 'There is no caller of this name.'), { expected: 'client:ID | endpoint:ID', found: caller })]))
}

/** Names that mean something else where a translation is named. */
const RESERVED: readonly string[] = [...WIRE_NAMES, 'none']

/** Mappings that could never be asked for, or whose result could not be read. */
function unusable (mappings: HubConfig['mappings']): Fault[] {
  return mappings.flatMap(({ name, direction, output }, index) => [
    ...(RESERVED.includes(name) ? [fault('FIELD_INVALID', `/mappings/${index}/name`, text(`Tên "${name}" đã dành riêng.`, `The name "${name}" is reserved.`), { found: name })] : []),
    ...(direction === 'inbound' && output === 'xml'
      ? [fault('FIELD_INVALID', `/mappings/${index}/output`, text('Ánh xạ chiều inbound phải cho JSON dạng chuẩn.', 'An inbound mapping makes canonical JSON.'), { expected: 'json', found: output })]
      : [])
  ])
}

/** Translations that are neither an inbound mapping nor a format of dossiers. */
function untranslatable (config: HubConfig, section: 'endpoints' | 'clients'): Fault[] {
  const names = [...WIRE_NAMES, ...config.mappings.filter(({ direction }) => direction === 'inbound').map(({ name }) => name)]
  const overruled = (translation: TranslationConfig, at: string): Fault[] => isWireName(translation.name)
    ? []
    : (['from', 'to'] as const).filter(name => translation[name] !== undefined).map(name => fault('FIELD_INVALID', `${at}/${name}`, text('Ánh xạ tự ghi nơi gửi và nơi nhận.', 'A mapping writes sender and recipients itself.'), { expected: WIRE_NAMES.join(' | '), found: translation.name }))
  return config[section].flatMap(({ translation }, index) => {
    if (translation === undefined) return []
    const at = `/${section}/${index}/translation`
    if (names.includes(translation.name)) return overruled(translation, at)
    return [fault('FIELD_INVALID', `${at}/name`, text('Cần tên một ánh xạ chiều inbound trong mappings, hoặc dvcqg, noihoso, dvclt.', 'It must name an inbound mapping of mappings, or dvcqg, noihoso, dvclt.'), { expected: names.join(' | '), found: translation.name })]
  })
}

function atLeast (value: number, least: number, [pointer, other]: [string, string]): Fault[] {
  return value >= least ? [] : [fault('FIELD_INVALID', pointer, text(`Không được nhỏ hơn ${other} (${least}).`,
    `Must not be less than ${other} (${least}).`), { expected: `>= ${least}`, found: String(value) })]
}
