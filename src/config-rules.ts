// What a configuration must fulfil beyond its types: names used once, and no embedded default in production unmeant.
import { isRecord } from './config-schema.js'
import { fault } from './errors.js'
import { relaxedFixedRows } from './formats/edxml/profile.js'
import type { HubConfig } from './model/generated.js'
import type { Fault } from './model/problem.js'
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
    rules.push(...repeated(endpoints.map(({ gateway }) => gateway), '/endpoints', 'gateway'))
  }
  if (sound('clients')) {
    rules.push(...repeated(clients.map(({ id }) => id), '/clients', 'id'))
    rules.push(...repeated(clients.map(({ keySha256 }) => keySha256), '/clients', 'keySha256'))
  }
  if (sound('mappings')) rules.push(...repeated(candidate.mappings.map(({ name }) => name), '/mappings', 'name'))
  if (sound('mappings') && sound('endpoints')) rules.push(...unmapped(candidate))
  if (sound('delivery')) rules.push(...atLeast(delivery.retry.maxMs, delivery.retry.firstMs, ['/delivery/retry/maxMs', 'delivery.retry.firstMs']))
  if (sound('validation')) rules.push(...relaxedFixedRows(candidate.validation).map(relaxed))
  if (sound('inbox')) rules.push(...atLeast(inbox.maxLockMs, inbox.lockMs, ['/inbox/maxLockMs', 'inbox.lockMs']))
  if (sound('signatures')) rules.push(...unanchored(candidate.signatures))
  if (faults.length === 0 && candidate.environment === 'production') rules.push(...unmeant(candidate))
  return [...faults, ...rules]
}

function relaxed (row: number): Fault {
  return fault('FIELD_INVALID', `/validation/${row}/consequence`, text('Kiểm tra này không nới được: không có nó thì không đọc được thông điệp.',
    'This check cannot be relaxed: without it nothing can be made of a message.'), { expected: 'reject' })
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
  const refusing = [envelope.inbound, envelope.outbound, documents.inbound, documents.outbound].some(policy => policy === 'require' || policy === 'block')
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
      : [fault('FIELD_INVALID', `${section}/${index}/${name}`, text(`"${value}" đã dùng ở ${section}/${first}.`,
        `"${value}" is already used at ${section}/${first}.`), { expected: 'a value used once', found: value })]
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

function atLeast (value: number, least: number, [pointer, other]: [string, string]): Fault[] {
  return value >= least ? [] : [fault('FIELD_INVALID', pointer, text(`Không được nhỏ hơn ${other} (${least}).`,
    `Must not be less than ${other} (${least}).`), { expected: `>= ${least}`, found: String(value) })]
}
