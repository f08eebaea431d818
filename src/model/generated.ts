// Generated from schemas/*.schema.json by `npm run generate`. Do not edit.

/**
 * What an adapter is and can do: manifest.json in its folder.
 */
export type AdapterManifest = {
  /**
   * Name of the folder or package.
   */
  name: string
  /**
   * Version of the adapter (semver).
   */
  version: string
  /**
   * Version of the adapter contract it was written for.
   */
  contract: 1
  title: LocalizedText
  /**
   * outbound: has deliver; inbound: has receive; service: has call.
   *
   * @minItems 1
   */
  directions: ('outbound' | 'inbound' | 'service')[]
  /**
   * Package kinds it can carry; none with service alone.
   */
  kinds: ('document' | 'dossier' | 'status')[]
  /**
   * Formats it can be given; none with service alone.
   */
  formats: ('original' | 'edxml' | 'json' | 'mapping' | 'dvcqg' | 'noihoso' | 'dvclt')[]
  /**
   * Facts it can learn from the other side.
   */
  receipts?: ('delivered' | 'refused' | 'fetched')[]
  /**
   * The other side honours the delivery id: an uncertain attempt may be repeated.
   */
  idempotent: boolean
  /**
   * The other side hands a document to everyone whom it names: each delivery gets a message that names its own recipient only.
   */
  fansOut?: boolean
  /**
   * The recipient fetches: deliver answers available and sends no package, at most a notice.
   */
  pull?: boolean
  /**
   * With service: what it can be asked.
   *
   * @minItems 1
   */
  operations?: ServiceOperation[]
}
/**
 * trung_uong: national. tinh, so_nganh: province. huyen: district (closed since 1 July 2025). khu_vuc: regional unit between province and commune. xa: commune. The depth of a code never tells the level.
 *
 * This interface was referenced by `AgencyDirectoryFile`'s JSON-Schema
 * via the `definition` "level".
 */
export type AgencyLevel = 'trung_uong' | 'tinh' | 'so_nganh' | 'huyen' | 'khu_vuc' | 'xa' | 'don_vi_su_nghiep' | 'doanh_nghiep' | 'khac'
/**
 * A level's side of the hub.
 *
 * This interface was referenced by `Delivery`'s JSON-Schema
 * via the `definition` "axis".
 */
export type Axis = 'national' | 'province' | 'district' | 'commune'
/**
 * What a sender can be told of a delivery. accepted: the hub has it. overdue: deliverBy has passed. Else: its final state.
 *
 * This interface was referenced by `Delivery`'s JSON-Schema
 * via the `definition` "reportable".
 */
export type Reportable = 'accepted' | 'overdue' | 'delivered' | 'refused' | 'expired' | 'dead' | 'cancelled'
/**
 * queued: waiting in the broker. active: being tried. deferred: to be tried again at dueAt. available: waiting in the inbox to be fetched. blocked: waiting for a delivery before it, or for its document. held: waiting for an operator, for the reason in problem. delivered, refused, dead, expired, cancelled: final.
 *
 * This interface was referenced by `Delivery`'s JSON-Schema
 * via the `definition` "state".
 */
export type DeliveryState = 'queued' | 'active' | 'deferred' | 'available' | 'blocked' | 'held' | 'delivered' | 'refused' | 'dead' | 'expired' | 'cancelled'
/**
 * A dossier package (hồ sơ thủ tục hành chính) as an agency posts it and as the hub delivers it. HoSo and TienDo have the field names and string values of the national portal (DongBoHoSoMC, CapNhatTienDoHoSoMC).
 */
export type Dossier = {
  /**
   * The sender's own identifier of this package; never reused.
   */
  packageId: string
  /**
   * What the package does to the dossier. submit, supplement and transfer hold HoSo; progress holds TienDo or HoSo; result holds HoSo, TienDo or ThanhPhanHoSo; withdraw and error give their reason; ack and error name the package they answer.
   */
  kind: 'submit' | 'supplement' | 'transfer' | 'progress' | 'result' | 'withdraw' | 'ack' | 'error'
  /**
   * Code of the sending agency.
   */
  from: string
  /**
   * Recipients.
   *
   * @minItems 1
   * @maxItems 200
   *
   * Items: Code of a recipient.
   */
  to: string[]
  /**
   * Dossier code given by the one-stop system; the hub never issues another.
   */
  MaHoSo: string
  /**
   * The code another system gave to the same dossier.
   */
  MaHoSoKhac?: string
  /**
   * Procedure code; the same as HoSo.MaTTHC.
   */
  MaTTHC?: string
  /**
   * packageId of the package this one answers.
   */
  inReplyTo?: string
  /**
   * When it was sent.
   */
  sentAt?: string
  /**
   * End of this stage.
   */
  deadlineAt?: string
  /**
   * Part of the recipient: chủ trì or phối hợp.
   */
  role?: 'main' | 'coordinating'
  /**
   * 0 to 4, as for documents.
   */
  priority?: number
  /**
   * Why; required for withdraw and error, and for status 3 and 8 unless HoSo.GhiChu says it.
   */
  reason?: string
  HoSo?: HoSo
  /**
   * Progress steps, oldest first.
   *
   * @maxItems 200
   */
  TienDo?: TienDo[]
  /**
   * Papers of the dossier with their files by hash.
   *
   * @maxItems 500
   */
  ThanhPhanHoSo?: ThanhPhanHoSo[]
  ThoiHan?: ThoiHan
  NguoiNop?: NguoiNop
  BieuMau?: BieuMau
}
/**
 * Whether a computed value agrees with the signed one.
 *
 * This interface was referenced by `Evidence`'s JSON-Schema
 * via the `definition` "comparison".
 */
export type Comparison = 'match' | 'mismatch'
/**
 * trusted: the chain ends at a configured trust anchor and was valid at signing time. untrusted: anchors are configured and it does not. unknown: no anchors, or not checked.
 *
 * This interface was referenced by `Evidence`'s JSON-Schema
 * via the `definition` "chain".
 */
export type ChainVerdict = 'trusted' | 'untrusted' | 'unknown'
/**
 * By revocation lists and OCSP answers, those configured and those in the file; unknown when none speaks about a certificate of the chain.
 *
 * This interface was referenced by `Evidence`'s JSON-Schema
 * via the `definition` "revocation".
 */
export type RevocationVerdict = 'good' | 'revoked' | 'unknown'
/**
 * One step.
 *
 * This interface was referenced by `MappingTable`'s JSON-Schema
 * via the `definition` "transform".
 */
export type MappingTransform =
  | ('trim' | 'upper' | 'lower' | 'string' | 'number' | 'boolean' | 'flag')
  | {
      /**
       * Writes a date or instant: yyyy MM dd HH mm ss stand for its parts, UTC+7.
       */
      date: string
    }
  | {
      /**
       * Value to value.
       */
      map: {
        [k: string]: string | number | boolean | null
      }
      /**
       * For values that are not in map; absent: the mapping fails.
       */
      otherwise?: string | number | boolean | null
    }
  | {
      /**
       * Joins a list into one text.
       */
      join: string
    }
  | {
      /**
       * Put in front.
       */
      prefix: string
    }
  | {
      /**
       * At most so many characters.
       */
      cut: number
    }
/**
 * In the order in which targets are written.
 *
 * @minItems 1
 * @maxItems 2000
 *
 * This interface was referenced by `MappingTable`'s JSON-Schema
 * via the `definition` "rows".
 */
export type Rows = MappingRow[]

export interface AllSchemas {
  'adapter-manifest.schema.json'?: AdapterManifest
  'agency-directory.schema.json'?: AgencyDirectoryFile
  'config.schema.json'?: HubConfig
  'delivery.schema.json'?: Delivery
  'document.schema.json'?: Document
  'dossier.schema.json'?: Dossier
  'envelope.schema.json'?: Envelope
  'evidence.schema.json'?: Evidence
  'mapping.schema.json'?: MappingTable
  'package.schema.json'?: CanonicalPackage
  'problem.schema.json'?: StoredProblem
  'status.schema.json'?: Status
  'working-calendar.schema.json'?: WorkingCalendar
}
/**
 * One sentence in both languages.
 *
 * This interface was referenced by `StoredProblem`'s JSON-Schema
 * via the `definition` "text".
 */
export interface LocalizedText {
  /**
   * Vietnamese
   */
  vi: string
  /**
   * English
   */
  en: string
}
/**
 * One question that an adapter can put to an outside system.
 *
 * This interface was referenced by `undefined`'s JSON-Schema
 * via the `definition` "operation".
 */
export interface ServiceOperation {
  /**
   * Name, unique in the adapter.
   */
  name: string
  title: LocalizedText
  /**
   * JSON Schema of the question.
   */
  query: {
    [k: string]: unknown
  }
  /**
   * Fields of the question that tell whom it is about: the first that is given goes, hashed or masked, into the log.
   *
   * @minItems 1
   *
   * Items: Name of a field.
   */
  subject: string[]
}
/**
 * Agencies with their codes over time, and who follows whom after a merger.
 */
export interface AgencyDirectoryFile {
  /**
   * Name of the directory.
   */
  name?: string
  /**
   * Agencies.
   */
  agencies: Agency[]
  /**
   * Successions.
   */
  successions?: Succession[]
}
/**
 * This interface was referenced by `AgencyDirectoryFile`'s JSON-Schema
 * via the `definition` "agency".
 */
export interface Agency {
  /**
   * Main code, and the identity of the agency inside the hub.
   */
  code: string
  /**
   * Current name.
   */
  name: string
  level: AgencyLevel
  axis?: Axis
  /**
   * Main code of the superior agency.
   */
  parent?: string
  /**
   * Other codes of the same agency.
   */
  codes?: AgencyCode[]
  /**
   * First day.
   */
  validFrom?: string
  /**
   * First day on which the agency no longer exists.
   */
  closedFrom?: string
  /**
   * Endpoint of its own; when absent the nearest superior agency with an endpoint that serves subordinates, then the gateway of its axis, is used.
   */
  endpoint?: string
}
/**
 * This interface was referenced by `AgencyDirectoryFile`'s JSON-Schema
 * via the `definition` "code".
 */
export interface AgencyCode {
  /**
   * qd20: H36.11 (QĐ 20/2020). qcvn102: 000.00.11.H36 (QCVN 102:2016). other: looked up literally.
   */
  scheme: 'qd20' | 'qcvn102' | 'other'
  /**
   * The code.
   */
  code: string
  /**
   * First day.
   */
  validFrom?: string
  /**
   * First day on which it no longer holds.
   */
  validTo?: string
}
/**
 * This interface was referenced by `AgencyDirectoryFile`'s JSON-Schema
 * via the `definition` "succession".
 */
export interface Succession {
  /**
   * Closed agency.
   */
  from: string
  /**
   * Agency that follows.
   */
  to: string
  /**
   * First day.
   */
  effectiveFrom: string
  kind: 'merge' | 'split' | 'rename' | 'function_transfer'
  /**
   * Package kinds it holds for; all when absent.
   */
  scope?: ('document' | 'dossier' | 'status')[]
  /**
   * Takes the mail when several agencies follow.
   */
  default?: boolean
}
/**
 * Configuration of the hub, after config/default.json, the file of --config and the environment are merged.
 */
export interface HubConfig {
  /**
   * For editors; the hub ignores it.
   */
  $schema?: string
  /**
   * production refuses embedded and insecure defaults that acceptedDefaults does not name.
   */
  environment: 'development' | 'production'
  /**
   * Embedded or insecure defaults that are meant.
   *
   * Items: Name of a default, as the warning at start shows it.
   */
  acceptedDefaults: ('node.code' | 'store.pglite' | 'broker.in-process' | 'http.without-tls' | 'clients.none' | 'directory.empty' | 'endpoints.none')[]
  /**
   * What this process does. api: the HTTP door. delivery: deliveries, the sweeper and retention. pollers: fetching from outside systems. /health is served by every process. A split needs postgres and rabbitmq.
   *
   * @minItems 1
   *
   * Items: A role.
   */
  roles: ('api' | 'delivery' | 'pollers')[]
  node: NodeConfig
  store: StoreConfig
  broker: BrokerConfig
  blobs: BlobsConfig
  http: HttpConfig
  log: LogConfig
  directory: DirectoryConfig
  /**
   * Agency systems that mail is delivered to.
   */
  endpoints: EndpointConfig[]
  /**
   * Systems that call the API.
   */
  clients: ClientConfig[]
  delivery: DeliveryConfig
  egress: EgressConfig
  inbox: InboxConfig
  retention: RetentionConfig
  limits: LimitsConfig
  /**
   * Rows laid over the validation profile, later ones over earlier ones. docs/formats/edxml.md and docs/formats/dossier.md list the checks with their defaults.
   */
  validation: ValidationRow[]
  signatures: SignaturesConfig
  /**
   * Declarative translations between the canonical form and a private format of a partner.
   */
  mappings: MappingConfig[]
  links: LinksConfig
  doors: DoorsConfig
  /**
   * Questions to outside systems that clients may put through the hub, e.g. to the population database.
   */
  services: ServiceConfig[]
  serviceLog: ServiceLogConfig
}
/**
 * This hub.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "node".
 */
export interface NodeConfig {
  /**
   * Own code, written into the trace headers of every document that passes through; its first group tells the own province.
   */
  code: string
  /**
   * Name people know it by.
   */
  name: string
}
/**
 * Where packages and deliveries are kept.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "store".
 */
export interface StoreConfig {
  /**
   * pglite: PostgreSQL inside the process, for one process. postgres: a PostgreSQL server, for any number of processes.
   */
  kind: 'pglite' | 'postgres'
  /**
   * Folder of pglite. A relative path is taken from the working directory of the process.
   */
  dataDirectory: string
  /**
   * Connection URL of postgres; required with kind postgres.
   */
  url: string | null
  /**
   * Schema that holds all tables.
   */
  schema: string
  /**
   * Connections this process may open to postgres.
   */
  maxConnections: number
}
/**
 * What carries claim checks from acceptance to delivery.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "broker".
 */
export interface BrokerConfig {
  /**
   * in-process: for one process. rabbitmq: a RabbitMQ server, for any number of processes.
   */
  kind: 'in-process' | 'rabbitmq'
  /**
   * Connection URL of rabbitmq; required with kind rabbitmq.
   */
  url: string | null
  /**
   * Start of the name of every queue and exchange.
   */
  prefix: string
  /**
   * Claim checks held at once by one process, per lane.
   */
  prefetch: number
}
/**
 * Where payloads are kept.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "blobs".
 */
export interface BlobsConfig {
  /**
   * filesystem: files below a folder; several processes need a shared one.
   */
  kind: 'filesystem'
  /**
   * Folder of filesystem. A relative path is taken from the working directory of the process.
   */
  directory: string
  /**
   * Payloads smaller than this stay in the row of the store. Bytes.
   */
  inlineBytes: number
}
/**
 * The API.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "http".
 */
export interface HttpConfig {
  /**
   * Address to listen on.
   */
  host: string
  /**
   * Port to listen on; 0 lets the system choose.
   */
  port: number
  /**
   * Largest request body. Bytes.
   */
  maxBodyBytes: number
  /**
   * A request must have arrived completely within this time. Milliseconds.
   */
  requestTimeoutMs: number
  /**
   * Addresses or networks (CIDR) of reverse proxies that end TLS in front of the hub; their X-Forwarded-* headers are believed.
   *
   * Items: IP address or network, e.g. 10.0.0.5 or 10.0.0.0/24.
   */
  trustedProxies: string[]
}
/**
 * The log, on standard output.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "log".
 */
export interface LogConfig {
  /**
   * Least level that is written.
   */
  level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}
/**
 * Agencies, their codes and who follows whom.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "directory".
 */
export interface DirectoryConfig {
  /**
   * Files in the form of agency-directory.schema.json, read as one directory. A relative path is taken from the folder of the configuration file that names it (from the working directory when an environment variable names it).
   *
   * Items: Path.
   */
  files: string[]
  /**
   * A closed agency may still send this long. Days.
   */
  senderGraceDays: number
  /**
   * Files in the form of working-calendar.schema.json, for deadlines in working days; usually one for each year. Days that none covers are working days unless they are a Saturday or Sunday. Relative paths are taken as those of files.
   *
   * Items: Path.
   */
  calendars: string[]
}
/**
 * An agency system attached through one adapter.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "endpoint".
 */
export interface EndpointConfig {
  /**
   * Name, unique in the hub.
   */
  id: string
  axis: Axis
  /**
   * Folder below adapters/, the name of an npm package, or a path that starts with ./ or / (./: from the working directory of the process).
   */
  adapter: string
  /**
   * What it receives. original: the bytes of the sender. edxml: strict edXML, written anew. json: the canonical form. mapping: what the mapping named in mapping makes of the canonical form. dvcqg, noihoso, dvclt: a dossier as one request of that format.
   */
  format: 'original' | 'edxml' | 'json' | 'mapping' | 'dvcqg' | 'noihoso' | 'dvclt'
  /**
   * Tries at the same time, in one process.
   */
  concurrency: number
  /**
   * One try may take this long. Milliseconds.
   */
  timeoutMs: number
  /**
   * Codes of the agencies whose mail goes here.
   *
   * Items: Agency code.
   */
  serves: string[]
  /**
   * own: only the agencies of serves. subtree: also all agencies below them that have no endpoint nearer.
   */
  scope: 'own' | 'subtree'
  /**
   * Way out for agencies of this axis that no endpoint serves. At most one endpoint per axis and kind. Absent: for none.
   */
  gateway?: 'national' | 'province' | 'district' | 'commune'
  /**
   * Kinds of packages that come here; for any other kind this endpoint serves nobody, and another one may. Absent: all.
   *
   * @minItems 1
   *
   * Items: Kind of package.
   */
  kinds?: ('document' | 'dossier' | 'status')[]
  /**
   * Settings of the adapter, checked against its own config.schema.json.
   */
  settings: {
    [k: string]: unknown
  }
  /**
   * Name of an outbound mapping; required with format mapping.
   */
  mapping?: string
  translation?: TranslationConfig
  /**
   * Order of the agency codes it gets. as-written: as the sender wrote them. qd20: H36.11. qcvn102: 000.00.11.H36. Other than as-written, an edXML message in the other order is written anew.
   */
  codes: 'as-written' | 'qd20' | 'qcvn102'
  /**
   * How files travel in edXML that is written anew. vendor: pdf, doc, docx and zip as they are, everything else in a ZIP of one entry. raw: every file as it is.
   */
  zip: 'vendor' | 'raw'
  /**
   * Name of an entry of signatures.signing: edXML written anew for this endpoint is signed with it. Absent: not signed.
   */
  sign?: string
  /**
   * Whether the other side honours the delivery id, so that an attempt with an uncertain outcome may be repeated. Absent: as the adapter's manifest says.
   */
  idempotent?: boolean
  circuit?: CircuitConfig
  rateLimit?: RateLimitConfig
  /**
   * Times at which nothing is delivered; deliveries rest until the end. Absent: none.
   */
  maintenance?: MaintenanceConfig[]
  /**
   * What the agencies served here are told about packages that they sent.
   */
  receipts: Reportable[]
  /**
   * Who tells the sender of a document that it has arrived (status 01). system: the receiving system. hub: the hub in its name, when the delivery is made.
   */
  arrivalStatus: 'system' | 'hub'
}
/**
 * How what a client hands in, or an endpoint fetches, is translated into the canonical form. Absent: it is edXML or canonical JSON.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "translation".
 */
export interface TranslationConfig {
  /**
   * Name of an inbound mapping, or dvcqg, noihoso or dvclt.
   */
  name: string
  /**
   * Of dvcqg, noihoso and dvclt: code of the sending agency, where neither the message nor the account tells.
   */
  from?: string
  /**
   * Of dvcqg, noihoso and dvclt: codes of the recipients, where the message does not name any.
   *
   * @minItems 1
   *
   * Items: Agency code.
   */
  to?: string[]
}
/**
 * Circuit breaker: when the endpoint is left alone for a while. Shared by all processes of the hub. Absent: with its defaults.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "circuit".
 */
export interface CircuitConfig {
  /**
   * So many failed attempts in a row, of at least two packages, open it.
   */
  failures: number
  /**
   * Nothing is delivered this long; then the connection is probed. Doubled each time it fails again. Milliseconds.
   */
  openMs: number
  /**
   * Longest time between two probes. Milliseconds.
   */
  maxOpenMs: number
}
/**
 * Most attempts a second, urgent ones first. Absent: no limit but concurrency.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "rateLimit".
 */
export interface RateLimitConfig {
  /**
   * Attempts per second.
   */
  perSecond: number
  /**
   * Attempts at once after a quiet time.
   */
  burst: number
}
/**
 * Weekly: from and to are times of day (HH:MM). Once: both are YYYY-MM-DDTHH:MM. In Việt Nam (UTC+7).
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "maintenanceWindow".
 */
export interface MaintenanceConfig {
  /**
   * Days on which a weekly window begins. Absent: every day.
   *
   * @minItems 1
   *
   * Items: Day.
   */
  days?: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]
  /**
   * Beginning.
   */
  from: string
  /**
   * End. A weekly window that ends before it begins ends on the next day.
   */
  to: string
}
/**
 * A system that calls the API.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "client".
 */
export interface ClientConfig {
  /**
   * Name, unique in the hub.
   */
  id: string
  /**
   * SHA-256 of its API key, lower-case hex. The hub never keeps the key.
   */
  keySha256: string
  /**
   * Codes of the agencies it may speak for and whose traffic it may read; at least one with role agency.
   *
   * Items: Agency code.
   */
  agencies: string[]
  translation?: TranslationConfig
  /**
   * agency: sends and reads for its agencies. operator: reads everything, sends for nobody.
   */
  role: 'agency' | 'operator'
  /**
   * Credentials for the doors. Absent: it comes through none.
   */
  systems?: ClientSystemConfig[]
}
/**
 * Credentials of a system that comes through one of the doors.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "clientSystem".
 */
export interface ClientSystemConfig {
  /**
   * Its SystemId, unique in the hub.
   */
  systemId: string
  /**
   * Its SecretKey. Calls are signed with it, so the hub has to know it.
   */
  secret: string
  /**
   * Name it logs in with at the facade, or sends as Basic; unique in the hub. Absent: none.
   */
  username?: string
  /**
   * Its password.
   */
  password?: string
}
/**
 * How deliveries are made.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "delivery".
 */
export interface DeliveryConfig {
  /**
   * A delivery not made by then is expired (7 days). Milliseconds.
   */
  expiresAfterMs: number
  /**
   * A status that arrives before its document waits for it this long (24 hours); then it is held for an operator. Milliseconds.
   */
  parkMs: number
  retry: RetryConfig
  urgentRetry: UrgentRetryConfig
  /**
   * A claimed delivery belongs to its process this long; renewed while the try runs, taken over when the process died. Pollers of a process that died are taken over within this time, too. Milliseconds.
   */
  leaseMs: number
  /**
   * Most rows in one claim, one publication or one record.
   */
  batchSize: number
  /**
   * How often due retries, lost claims and expired deliveries are looked for. Milliseconds.
   */
  sweepIntervalMs: number
  /**
   * A claim check that nobody took is published again after this time. Milliseconds.
   */
  republishAfterMs: number
  /**
   * Latest expiry that a sender may ask for (30 days). Milliseconds.
   */
  maxExpiresAfterMs: number
  /**
   * Expiry of some deliveries: the first row that fits is taken; where none fits, expiresAfterMs. A sender that names an expiry is heard first.
   *
   * @maxItems 100
   */
  expiry: ExpiryRow[]
  /**
   * A package of priority 4 (hỏa tốc hẹn giờ) whose sender names no time is to be delivered within this time (1 hour). Milliseconds.
   */
  timedWithinMs: number
  /**
   * A recipient is to answer a revocation, update, replacement or retract request (status 15 or 16) within this time. Working days.
   */
  changeAnswerDays: number
}
/**
 * When a deferred delivery is tried again.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "retry".
 */
export interface RetryConfig {
  /**
   * Wait before the second try. Milliseconds.
   */
  firstMs: number
  /**
   * Each wait is the one before times this.
   */
  factor: number
  /**
   * Longest wait. Milliseconds.
   */
  maxMs: number
  /**
   * Share by which a wait varies at random, so that deliveries do not come in waves.
   */
  jitter: number
  /**
   * Tries after which a delivery is dead.
   */
  maxAttempts: number
}
/**
 * When a deferred delivery of an urgent package (priority 1 to 4) is tried again.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "urgentRetry".
 */
export interface UrgentRetryConfig {
  /**
   * Wait before the second try. Milliseconds.
   */
  firstMs: number
  /**
   * Each wait is the one before times this.
   */
  factor: number
  /**
   * Longest wait. Milliseconds.
   */
  maxMs: number
  /**
   * Share by which a wait varies at random, so that deliveries do not come in waves.
   */
  jitter: number
  /**
   * Tries after which a delivery is dead.
   */
  maxAttempts: number
}
/**
 * Expiry of the deliveries that fit every field given here.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "expiryRow".
 */
export interface ExpiryRow {
  /**
   * Kind of the package. Absent: every.
   */
  kind?: 'document' | 'dossier' | 'status'
  /**
   * Action of the package: new, revocation, submit, 01 … Absent: every.
   */
  action?: string
  /**
   * Priority of the package. Absent: every.
   */
  priority?: number
  axis?: Axis
  /**
   * A delivery not made by then is expired. Milliseconds.
   */
  afterMs: number
}
/**
 * Where adapters may connect to. The store and the broker of the hub are not concerned.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "egress".
 */
export interface EgressConfig {
  /**
   * Hosts: an address, a network (CIDR), a name, *.name (everything below it) or * (all); a name or an address may end in :port. A name that is not listed is allowed where its addresses are.
   *
   * Items: E.g. 10.0.0.0/8, lgsp.example.vn:443, *.example.vn.
   */
  allow: string[]
  /**
   * Addresses and networks (CIDR) that are never reached, whatever name leads there. At first those of the machine's own surroundings, where clouds give out credentials.
   *
   * Items: IP address or network.
   */
  forbid: string[]
}
/**
 * Deliveries that agencies fetch themselves.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "inbox".
 */
export interface InboxConfig {
  /**
   * A fetched delivery is hidden from other readers this long, unless the reader asks for another time. Milliseconds.
   */
  lockMs: number
  /**
   * Longest lock a reader may ask for. Milliseconds.
   */
  maxLockMs: number
}
/**
 * How long what is settled is kept. The hub is not the archive: agencies archive their documents themselves.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "retention".
 */
export interface RetentionConfig {
  /**
   * Bytes of a package are purged this long after its last delivery was settled (730 days); hashes stay. Deliveries that are dead count as not settled. null: never. Milliseconds.
   */
  payloadsAfterMs: number | null
  /**
   * A purged package and its deliveries are removed this long after its last delivery was settled (3653 days). null: never. Milliseconds.
   */
  rowsAfterMs: number | null
  /**
   * An event is removed at this age when its package is purged or gone (3653 days). null: never. Milliseconds.
   */
  eventsAfterMs: number | null
  /**
   * A call of a service is removed from the log at this age (3653 days), whatever becomes of packages. null: never. Milliseconds.
   */
  serviceCallsAfterMs: number | null
  /**
   * Folder that a package is written to, as files, before its bytes are purged. A relative path is taken from the working directory of the process. null: nothing is written.
   */
  moveTo: string | null
  /**
   * Most packages in one statement.
   */
  batchSize: number
  /**
   * How often the one process that holds the lease looks for what may go (6 hours). Milliseconds.
   */
  intervalMs: number
}
/**
 * What one package may hold.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "limits".
 */
export interface LimitsConfig {
  /**
   * XML or JSON apart from attachments. Bytes.
   */
  maxMarkupBytes: number
  /**
   * Nesting of elements or values.
   */
  maxDepth: number
  /**
   * Elements or values.
   */
  maxElements: number
  /**
   * Attributes of one XML element.
   */
  maxAttributesPerElement: number
  /**
   * Characters in one text that is no attachment.
   */
  maxTextLength: number
  /**
   * Attachments.
   */
  maxAttachments: number
  /**
   * One decoded attachment. Bytes.
   */
  maxAttachmentBytes: number
  /**
   * An archive may inflate to this many times its size …
   */
  maxInflationRatio: number
  /**
   * … plus this many bytes.
   */
  maxInflationBytes: number
}
/**
 * What follows when a package breaks a check.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "validationRow".
 */
export interface ValidationRow {
  /**
   * The check.
   */
  check:
    | 'sender-code'
    | 'recipient'
    | 'recipient-name'
    | 'document-id'
    | 'code-number'
    | 'code-notation'
    | 'place'
    | 'promulgation-date'
    | 'type-name'
    | 'type-known'
    | 'subject'
    | 'signer-name'
    | 'trace'
    | 'trace-code'
    | 'business-type'
    | 'business-type-given'
    | 'reason'
    | 'update-target'
    | 'replacement-target'
    | 'target-known'
    | 'receiver-change'
    | 'flag'
    | 'response-organ'
    | 'response-document'
    | 'response-empty'
    | 'status-code'
    | 'status-code-form'
    | 'status-code-known'
    | 'status-time'
    | 'attachment-present'
    | 'attachment-listed'
    | 'content-id-case'
    | 'attachment-name'
    | 'attachment-content'
    | 'attachment-padding'
    | 'attachment-archive'
    | 'attachment-archive-kept'
    | 'attachment-type'
    | 'other-parts'
    | 'date-valid'
    | 'date-default'
    | 'date-form'
    | 'date-future'
    | 'date-order'
    | 'urgency'
    | 'state-secret'
    | 'length'
    | 'length-limit'
    | 'stray-bytes'
    | 'prefix-declared'
    | 'encoding-declared'
    | 'namespace'
    | 'spelling'
    | 'element-repeated'
    | 'element-known'
    | 'digital-signature'
    | 'flat-manifest'
    | 'old-schema'
    | 'soap-wrapper'
    | 'dossier.progress-content'
    | 'dossier.result-content'
    | 'dossier.answer-reference'
    | 'dossier.withdraw-status'
    | 'dossier.transfer-role'
    | 'dossier.transfer-deadline'
    | 'dossier.code-form'
    | 'dossier.code-same'
    | 'dossier.procedure-same'
    | 'dossier.filled'
    | 'dossier.portal-fields'
    | 'dossier.online-account'
    | 'dossier.accepted-date'
    | 'dossier.status-2-due'
    | 'dossier.status-3-date'
    | 'dossier.status-3-reason'
    | 'dossier.status-5-supplements'
    | 'dossier.status-6-fees'
    | 'dossier.status-8-reason'
    | 'dossier.status-9-ended'
    | 'dossier.status-9-results'
    | 'dossier.status-10-returned'
    | 'dossier.date-real'
    | 'dossier.date-order'
    | 'dossier.identity-form'
    | 'dossier.status-steps'
  /**
   * Only for this kind of package; all: every kind the check is made for. new to status belong to documents, submit to error to dossiers (checks named dossier.…).
   */
  kind:
    | 'all'
    | 'new'
    | 'update'
    | 'revocation'
    | 'replacement'
    | 'status'
    | 'submit'
    | 'supplement'
    | 'transfer'
    | 'progress'
    | 'result'
    | 'withdraw'
    | 'ack'
    | 'error'
  /**
   * outbound: from a connected system. inbound: from an axis, through an endpoint.
   */
  direction: 'both' | 'outbound' | 'inbound'
  /**
   * reject refuses the package, warn accepts it with a warning, quarantine refuses it with the code PACKAGE_QUARANTINED, off says nothing.
   */
  consequence: 'reject' | 'warn' | 'quarantine' | 'off'
}
/**
 * How signatures are verified and what follows from the result.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "signatures".
 */
export interface SignaturesConfig {
  /**
   * PEM files with the certificates of trusted roots. A relative path is taken from the folder of the configuration file. Without any, signatures are noticed and their result is indeterminate.
   */
  trustAnchors: string[]
  /**
   * Certificate revocation lists, PEM or DER; read again when they change.
   */
  crls: string[]
  /**
   * What follows when no revocation list speaks about a certificate: indeterminate, or pass (the unknown is recorded either way).
   */
  revocation: 'indeterminate' | 'pass'
  /**
   * Whether require accepts a signature made with SHA-1.
   */
  weak: 'refuse' | 'accept'
  /**
   * Longest verification of one file. Milliseconds.
   */
  timeoutMs: number
  /**
   * What the hub signs with; an endpoint chooses one by its name in sign.
   */
  signing: SigningConfig[]
  envelope: EnvelopeSignatureConfig
  documents: DocumentSignatureConfig
}
/**
 * A key with its certificate.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "signing".
 */
export interface SigningConfig {
  /**
   * Name, unique in the hub.
   */
  name: string
  /**
   * Private RSA key, PEM without a passphrase; give it by $file or $env.
   */
  key: string
  /**
   * PEM: the certificate of the key first, then those above it without the root; give it by $file.
   */
  certificate: string
}
/**
 * XML signatures of envelopes.
 */
export interface EnvelopeSignatureConfig {
  /**
   * Brought by an endpoint. record: verified, the result kept. require: refused without a valid signature. off: not looked at.
   */
  inbound: 'record' | 'require' | 'off'
  /**
   * Handed in by a client.
   */
  outbound: 'record' | 'require' | 'off'
  /**
   * Callers (client:ID, endpoint:ID) whose envelopes must be validly signed, whatever inbound and outbound say.
   */
  requireFrom: string[]
  /**
   * Callers (client:ID, endpoint:ID) whose signatures may call exclusive canonicalization http://www.w3.org/TR/xml-exc-c14n#.
   */
  transformAliasFrom: string[]
}
/**
 * Signatures in PDF files.
 */
export interface DocumentSignatureConfig {
  /**
   * Brought by an endpoint. flag: verified, the result kept. block: refused when a signature is not valid or a document has none. off: not looked at.
   */
  inbound: 'flag' | 'block' | 'off'
  /**
   * Handed in by a client.
   */
  outbound: 'flag' | 'block' | 'off'
}
/**
 * One mapping. Its examples are run when the hub starts and by config check.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "mapping".
 */
export interface MappingConfig {
  /**
   * Name, unique in the hub.
   */
  name: string
  /**
   * Version of the file, recorded with every message it made. Raise it with every change.
   */
  version: string
  /**
   * outbound: from the canonical form to the partner's. inbound: from the partner's to the canonical form.
   */
  direction: 'outbound' | 'inbound'
  /**
   * table: rows of target and path (mapping.schema.json). jsonata: an expression, run in a sandboxed worker.
   */
  engine: 'table' | 'jsonata'
  /**
   * The mapping itself. A relative path is taken from the folder of the configuration file that names it.
   */
  file: string
  /**
   * What it reads. An outbound mapping always reads JSON.
   */
  input: 'json' | 'xml'
  /**
   * What it writes. For xml the result must be an object with one key, the root element.
   */
  output: 'json' | 'xml'
  /**
   * Media type of the output, when it is not application/json or application/xml.
   */
  mediaType?: string
  /**
   * Inbound: fields or elements of the input whose texts are files in base64. The mapping sees a mark in place of each and puts it into base64 of an attachment.
   *
   * Items: Name, at any depth.
   */
  files?: string[]
  /**
   * Pairs of files; the mapping must make each out of its in.
   */
  examples: {
    /**
     * Input file.
     */
    in: string
    /**
     * Expected output file.
     */
    out: string
  }[]
}
/**
 * Links under which an outside system, such as the national portal, fetches single files without a key (GET /files/{token}), and one-time links for clerks (GET /nhan/{token}).
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "links".
 */
export interface LinksConfig {
  /**
   * Where those who use links reach this hub, without a slash at the end, e.g. https://truc.lamdong.example.vn. null: no links are made, and what needs them waits.
   */
  publicUrl: string | null
  /**
   * Signs links and the sessions of one-time links. At least 32 characters; the same in every process.
   */
  secret: string | null
  /**
   * The secret before the last change: links made with it stay good until they expire.
   */
  previousSecret: string | null
  /**
   * A link is good for so many days.
   */
  lifetimeDays: number
}
/**
 * Doors for systems that speak to another hub today and shall not be changed.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "doors".
 */
export interface DoorsConfig {
  axis: AxisDoorConfig
  facade: FacadeDoorConfig
  xroad: XroadDoorConfig
}
/**
 * The protocol of the national document axis (VXP), for clients with the vendor's SDK.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "axisDoor".
 */
export interface AxisDoorConfig {
  /**
   * Whether it is open.
   */
  enabled: boolean
  /**
   * Where it is, below the address of the hub.
   */
  path: string
  /**
   * How far the time stamp of a call may be from now, minutes; null: not compared. The vendor's SDK sends the stamp of an earlier call again, for as long as its program runs: with a limit it is shut out when that is over.
   */
  timestampToleranceMinutes: number | null
}
/**
 * The REST interface that provincial platforms (LGSP) offer to document management systems.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "facadeDoor".
 */
export interface FacadeDoorConfig {
  /**
   * Whether it is open.
   */
  enabled: boolean
  /**
   * Where it is, below the address of the hub.
   */
  path: string
  /**
   * How long a token from the login holds. Minutes.
   */
  tokenMinutes: number
}
/**
 * The paths that national services call through the X-Road adapter.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "xroadDoor".
 */
export interface XroadDoorConfig {
  /**
   * Whether it is open.
   */
  enabled: boolean
  /**
   * Where it is, below the address of the hub.
   */
  path: string
  /**
   * Paths that take dossiers.
   */
  intake: XroadIntakeConfig[]
  /**
   * Who needs no credentials: a security server of one's own, which has checked them.
   */
  trusted: XroadTrustedConfig[]
}
/**
 * One path that takes dossiers.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "xroadIntake".
 */
export interface XroadIntakeConfig {
  /**
   * Below the path of the door.
   */
  path: string
  translation: TranslationConfig
}
/**
 * An address whose calls are those of one client.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "xroadTrusted".
 */
export interface XroadTrustedConfig {
  /**
   * IP address or network, e.g. 10.0.0.5 or 10.0.0.0/24.
   */
  network: string
  /**
   * Id of the client.
   */
  client: string
}
/**
 * A question to an outside system that clients may put through the hub.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "service".
 */
export interface ServiceConfig {
  /**
   * Name in the address, unique in the hub.
   */
  name: string
  /**
   * Id of the endpoint that is asked.
   */
  endpoint: string
  /**
   * What it is asked: an operation of its adapter's manifest.
   */
  operation: string
  /**
   * Ids of clients that may ask, for any of their agencies.
   *
   * Items: Id of a client.
   */
  clients: string[]
  /**
   * Codes of agencies for which any of their clients may ask.
   *
   * Items: Agency code.
   */
  agencies: string[]
  /**
   * Codes of the purposes for which it may be asked.
   *
   * @minItems 1
   *
   * Items: Code of a purpose.
   */
  purposes: string[]
  /**
   * What the dossier of a call must be. well-formed: a dossier code. known: of a dossier that came through the hub. participant: of one that the asking agency has sent or received.
   */
  dossier: 'well-formed' | 'known' | 'participant'
  /**
   * An answer is given again for the same question of the same client and agency for the same dossier within this time, from the memory of the process; each time is logged. 0: never kept. Seconds.
   */
  cacheSeconds: number
  /**
   * One call may take this long. Milliseconds.
   */
  timeoutMs: number
  ratePerClient: ServiceRateConfig
}
/**
 * Most calls of one client, counted by each process.
 */
export interface ServiceRateConfig {
  /**
   * Calls per second.
   */
  perSecond: number
  /**
   * Calls at once after a quiet time.
   */
  burst: number
}
/**
 * How the log of service calls names the person a call is about.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "serviceLog".
 */
export interface ServiceLogConfig {
  /**
   * hash: a keyed hash (HMAC-SHA-256) of the number. masked: all but its last three characters covered.
   */
  subject: 'hash' | 'masked'
  /**
   * Key of the hash; required with hash when there are services. Keep it as long as the log: with another one, the same person gets another hash.
   */
  secret: string | null
}
/**
 * Most calls of one client, counted by each process.
 *
 * This interface was referenced by `HubConfig`'s JSON-Schema
 * via the `definition` "serviceRate".
 */
export interface ServiceRateConfig1 {
  /**
   * Calls per second.
   */
  perSecond: number
  /**
   * Calls at once after a quiet time.
   */
  burst: number
}
/**
 * One package to one recipient, as the API shows it.
 */
export interface Delivery {
  /**
   * UUID v7.
   */
  id: string
  /**
   * UUID v7.
   */
  packageId: string
  /**
   * Agency code as the sender wrote it.
   */
  to: string
  /**
   * Code of the agency that gets it: the successor when the written one is closed. Absent when unknown.
   */
  agency?: string
  /**
   * Endpoint that serves the agency.
   */
  endpoint?: string
  axis?: Axis
  /**
   * Adapter of the endpoint.
   */
  adapter?: string
  /**
   * What the endpoint receives.
   */
  format?: 'original' | 'edxml' | 'json' | 'mapping' | 'dvcqg' | 'noihoso' | 'dvclt'
  state: DeliveryState
  /**
   * Tries so far.
   */
  attempts: number
  /**
   * Tries made before an operator had it tried anew; they do not count against the limit.
   */
  retriedAfter?: number
  /**
   * Delivery that this one repeats: an operator sent the package again.
   */
  resendOf?: string
  /**
   * Delivery that repeats this one.
   */
  resentAs?: string
  /**
   * Why it goes there, in the order the rules were applied.
   */
  reasons: RouteReason[]
  /**
   * When it is tried again. Absent while it rests at its endpoint (deferred) or is not deferred.
   */
  dueAt?: string
  /**
   * When the hub gives up.
   */
  expiresAt?: string
  /**
   * When it reached its final state.
   */
  settledAt?: string
  /**
   * The receiving system's own identifier.
   */
  externalId?: string
  /**
   * blocked, held: ids of the deliveries before it that it waits for, or that were not made.
   */
  waitsFor?: string[]
  /**
   * blocked: the document (a correlationId) that must be known first.
   */
  awaits?: string
  /**
   * blocked: when the hub stops waiting for that document and holds the delivery.
   */
  parkedUntil?: string
  problem?: StoredProblem
  /**
   * By when it is to be delivered. Later is better than never: it does not expire then.
   */
  deliverBy?: string
  /**
   * Since when deliverBy has been missed.
   */
  overdueAt?: string
  /**
   * What went out, was about to, or waits to be fetched: one message, or the last 200 requests of an adapter that makes its own, oldest first.
   */
  sent?: SentPart[]
}
/**
 * This interface was referenced by `Delivery`'s JSON-Schema
 * via the `definition` "routeReason".
 */
export interface RouteReason {
  /**
   * Name of the rule, e.g. code.old-order, succession, endpoint.own.
   */
  rule: string
  detail: LocalizedText
}
/**
 * What went wrong, as it is stored, logged and shown. The HTTP form (RFC 9457 application/problem+json) adds type, title, status and instance, and shows one language.
 */
export interface StoredProblem {
  /**
   * A code of the error catalogue, UPPER_SNAKE; never renamed.
   */
  code: string
  detail: LocalizedText
  /**
   * Every fault found, not only the first.
   */
  errors?: StoredFault[]
  /**
   * W3C trace id (32 hex digits) under which the logs tell more.
   */
  traceId?: string
}
/**
 * This interface was referenced by `StoredProblem`'s JSON-Schema
 * via the `definition` "fault".
 */
export interface StoredFault {
  /**
   * A code of the error catalogue.
   */
  code: string
  /**
   * JSON Pointer (RFC 6901) or XPath of the place; empty for the whole body.
   */
  pointer: string
  detail: LocalizedText
  /**
   * What would have been right.
   */
  expected?: string
  /**
   * What was there, shortened.
   */
  found?: string
}
/**
 * This interface was referenced by `Delivery`'s JSON-Schema
 * via the `definition` "sentRequest".
 */
export interface SentPart {
  /**
   * Operation at the receiving system. Absent for a message that goes as it is.
   */
  call?: string
  /**
   * Try in which it went out. Absent for a message that goes as it is.
   */
  attempt?: number
  /**
   * SHA-256 of the bytes kept, lower-case hex.
   */
  sha256: string
  /**
   * Bytes.
   */
  size: number
  /**
   * Media type.
   */
  mediaType: string
  /**
   * Where to fetch it.
   */
  link: string
}
/**
 * An administrative document, canonical form of an edXML message (QCVN 102:2016/BTTTT §1.3 to 1.8). Dates are ISO 8601, instants carry +07:00.
 */
export interface Document {
  /**
   * DocumentId of the message.
   */
  documentId: string
  /**
   * BussinessDocType: 0 new, 1 revocation, 2 update, 3 replacement.
   */
  docType: 'new' | 'revocation' | 'update' | 'replacement'
  /**
   * Code: số và ký hiệu.
   */
  code?: {
    /**
     * CodeNumber
     */
    number?: string
    /**
     * CodeNotation
     */
    notation?: string
  }
  /**
   * PromulgationInfo.
   */
  promulgation?: {
    /**
     * Place
     */
    place?: string
    /**
     * PromulgationDate, yyyy-MM-dd, or the raw text when it is no date.
     */
    date?: string
  }
  /**
   * DocumentType.
   */
  documentType?: {
    /**
     * Type
     */
    type?: string
    /**
     * TypeDetail
     */
    typeDetail?: string
    /**
     * TypeName: the field to trust.
     */
    typeName?: string
  }
  /**
   * Subject: trích yếu.
   */
  subject?: string
  /**
   * Content: short summary.
   */
  content?: string
  /**
   * SignerInfo.
   */
  signer?: {
    /**
     * Competence
     */
    competence?: string
    /**
     * Position
     */
    position?: string
    /**
     * FullName
     */
    fullName?: string
  }
  /**
   * DueDate, yyyy-MM-dd, or the raw text when it is no date.
   */
  dueDate?: string
  /**
   * OtherInfo.
   */
  otherInfo?: {
    /**
     * Priority
     */
    priority?: number
    /**
     * SphereOfPromulgation
     */
    sphereOfPromulgation?: string
    /**
     * TyperNotation
     */
    typerNotation?: string
    /**
     * PromulgationAmount
     */
    promulgationAmount?: string
    /**
     * PageAmount
     */
    pageAmount?: string
    /**
     * Appendixes.
     *
     * Items: Appendix
     */
    appendixes?: string[]
  }
  /**
   * ResponseFor: documents this one answers.
   */
  responseFor?: DocumentReference[]
  /**
   * SteeringType
   */
  steeringType?: string
  /**
   * ToPlaces: the lines of "Nơi nhận"; not addresses.
   *
   * Items: Place
   */
  toPlaces?: string[]
  /**
   * Bussiness.
   */
  business?: {
    /**
     * Target of an update.
     */
    documentId?: string
    /**
     * BussinessDocReason
     */
    reason?: string
    /**
     * Paper: a paper original follows.
     */
    paper?: boolean
    /**
     * DocumentInfo = 1.
     */
    documentChanged?: boolean
    /**
     * DocumentReceiver = 1.
     */
    receiversChanged?: boolean
    /**
     * ReceiverList of an update.
     */
    receivers?: {
      /**
       * OrganId
       */
      organId: string
      /**
       * ReceiverType: 0 removed, 1 added.
       */
      change: 'removed' | 'added'
    }[]
    /**
     * ReplacementInfoList.
     */
    replacements?: {
      /**
       * Replaced document.
       */
      documentId: string
      /**
       * Receivers that had got it.
       *
       * Items: OrganId
       */
      organIds?: string[]
    }[]
    /**
     * StaffInfo.
     */
    staff?: Staff[]
  }
  /**
   * TraceHeader, one per hop, oldest first.
   */
  trace?: {
    /**
     * OrganId of the node; absent when the axis wrote none.
     */
    organId?: string
    /**
     * Timestamp with +07:00, or the raw text when it is no instant; absent when there was none.
     */
    at?: string
  }[]
  /**
   * Files in the order of the message.
   */
  attachments: Attachment[]
  /**
   * Elements of the message that the canonical form has no field for; an encoder can write them back.
   *
   * @maxItems 200
   */
  extensions?: Extension[]
}
/**
 * Points to another document. ResponseFor.
 *
 * This interface was referenced by `Document`'s JSON-Schema
 * via the `definition` "reference".
 */
export interface DocumentReference {
  /**
   * OrganId: its issuer.
   */
  organId?: string
  /**
   * Code: whole số/ký hiệu.
   */
  code?: string
  /**
   * PromulgationDate, yyyy-MM-dd, or the raw text when it is no date.
   */
  promulgationDate?: string
  /**
   * DocumentId
   */
  documentId?: string
}
/**
 * The clerk to ask. StaffInfo.
 *
 * This interface was referenced by `Document`'s JSON-Schema
 * via the `definition` "staff".
 */
export interface Staff {
  /**
   * Department
   */
  department?: string
  /**
   * Staff
   */
  name?: string
  /**
   * Email
   */
  email?: string
  /**
   * Mobile
   */
  mobile?: string
}
/**
 * One file of a package. Its bytes are content-addressed by SHA-256.
 *
 * This interface was referenced by `Envelope`'s JSON-Schema
 * via the `definition` "attachment".
 */
export interface Attachment {
  /**
   * Position in the package, from 1.
   */
  n: number
  /**
   * ContentId without the "cid:" prefix, or the reference of a dossier file.
   */
  contentId?: string
  /**
   * File name as the sender wrote it; never used as a path.
   */
  name: string
  /**
   * Description
   */
  description?: string
  /**
   * Media type sniffed from the bytes; never the declared one.
   */
  contentType: string
  /**
   * Media type the sender declared.
   */
  declaredType?: string
  /**
   * Bytes.
   */
  size: number
  /**
   * Lower-case hex SHA-256 of the file.
   */
  sha256: string
  /**
   * True when the sender had put the file into a one-entry ZIP (the vendor builder does).
   */
  unwrapped?: boolean
}
/**
 * An element that is in no field, and where it stood.
 *
 * This interface was referenced by `Document`'s JSON-Schema
 * via the `definition` "extension".
 */
export interface Extension {
  /**
   * Its parent below edXML, in the standard's names: edXMLEnvelope/edXMLHeader/MessageHeader/To[2]. Empty for edXML itself.
   */
  path: string
  element: ExtensionElement
}
/**
 * An XML element: its text, or its children in order.
 *
 * This interface was referenced by `Document`'s JSON-Schema
 * via the `definition` "extensionElement".
 */
export interface ExtensionElement {
  /**
   * Local name as written.
   */
  name: string
  /**
   * Namespace, when it is not that of QCVN 102:2016.
   */
  namespace?: string
  /**
   * Attributes, apart from namespace declarations.
   */
  attributes?: {
    /**
     * Local name.
     */
    name: string
    /**
     * Namespace of a prefixed attribute.
     */
    namespace?: string
    /**
     * Value.
     */
    value: string
  }[]
  /**
   * Character data, trimmed.
   */
  text?: string
  /**
   * Child elements.
   */
  children?: ExtensionElement[]
}
/**
 * Fields of DongBoHoSoMC; every value is a string.
 *
 * This interface was referenced by `undefined`'s JSON-Schema
 * via the `definition` "hoSo".
 */
export interface HoSo {
  /**
   * Mã hồ sơ; the same as MaHoSo of the package, or as MaHoSoKhac.
   */
  MaHoSo?: string
  /**
   * Mã thủ tục hành chính.
   */
  MaTTHC: string
  /**
   * Tên thủ tục.
   */
  TenTTHC: string
  /**
   * Mã lĩnh vực.
   */
  MaLinhVuc?: string
  /**
   * Tên lĩnh vực.
   */
  TenLinhVuc?: string
  /**
   * Kênh thực hiện: 1 trực tiếp, 2 trực tuyến, 3 bưu chính.
   */
  KenhThucHien: '1' | '2' | '3'
  /**
   * Số biên nhận.
   */
  SoBienNhan?: string
  /**
   * Tên chủ hồ sơ.
   */
  ChuHoSo?: string
  /**
   * 1 công dân, 2 doanh nghiệp, 3 cơ quan nhà nước, 4 tổ chức khác.
   */
  LoaiDoiTuong: '1' | '2' | '3' | '4'
  /**
   * Tài khoản DVCQG (TechID); expected when KenhThucHien is 2.
   */
  MaDoiTuong?: string
  /**
   * Thông tin khác.
   */
  ThongTinKhac?: string
  /**
   * Thư điện tử.
   */
  Email?: string
  /**
   * Số fax.
   */
  Fax?: string
  /**
   * Số điện thoại.
   */
  SoDienThoai?: string
  /**
   * Trích yếu, at most 1000 characters.
   */
  TrichYeuHoSo?: string
  /**
   * Ngày tiếp nhận; yyyyMMddHHmmss, Asia/Ho_Chi_Minh; empty when not yet known.
   */
  NgayTiepNhan?: string
  /**
   * Ngày nộp; yyyyMMddHHmmss, Asia/Ho_Chi_Minh; empty when not yet known.
   */
  NgayNopHoSo: string
  /**
   * Ngày hẹn trả; yyyyMMddHHmmss, Asia/Ho_Chi_Minh; empty when not yet known.
   */
  NgayHenTra?: string
  /**
   * Trạng thái 1 đến 10: mới đăng ký, được tiếp nhận, không được tiếp nhận, đang xử lý, yêu cầu bổ sung, yêu cầu tài chính, rút, dừng, đã xử lý xong, đã trả kết quả.
   */
  TrangThaiHoSo: '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '10'
  /**
   * Ngày trả; yyyyMMddHHmmss, Asia/Ho_Chi_Minh; empty when not yet known.
   */
  NgayTra?: string
  /**
   * Thông tin trả kết quả; with NgayTra when the status is 10.
   */
  ThongTinTra?: string
  /**
   * Ngày kết thúc xử lý; yyyyMMddHHmmss, Asia/Ho_Chi_Minh; empty when not yet known.
   */
  NgayKetThucXuLy?: string
  /**
   * Ngày từ chối; yyyyMMddHHmmss, Asia/Ho_Chi_Minh; empty when not yet known.
   */
  NgayTuChoi?: string
  /**
   * Trả kết quả: 0 tại một cửa, 1 bưu chính.
   */
  HinhThuc?: '0' | '1'
  /**
   * Đơn vị xử lý.
   */
  DonViXuLy?: string
  /**
   * Ghi chú.
   */
  GhiChu?: string
  /**
   * 1 DVCQG, 2 cổng bộ hoặc tỉnh.
   */
  NoiNopHoSo?: '1' | '2'
  /**
   * Có thành phần số hóa: 0 không, 1 có.
   */
  HoSoCoThanhPhanSoHoa?: '0' | '1'
  /**
   * Tài khoản được xác thực với VNeID: 0 không, 1 có.
   */
  TaiKhoanDuocXacThucVoiVNeID?: '0' | '1'
  /**
   * 0 không, 1 qua DVCQG, 2 cổng bộ hoặc tỉnh, 3 chưa hoặc trực tiếp.
   */
  DuocThanhToanTrucTuyen?: '0' | '1' | '2' | '3'
  /**
   * Giấy tờ định danh của chủ hồ sơ.
   *
   * @maxItems 50
   */
  DinhDanhCHS?: {
    /**
     * 1 CCCD (12 digits), 2 CMND (9 digits), others as the portal lists them.
     */
    LoaiDinhDanh?: string
    SoDinhDanh?: string
  }[]
  /**
   * Cơ sở dữ liệu đã khai thác.
   *
   * @maxItems 50
   */
  DSKetNoiCSDL?: {
    MaCSDL?: string
  }[]
  /**
   * Giấy tờ đã nộp, dạng liên kết.
   *
   * @maxItems 500
   */
  TaiLieuNop?: {
    TepDinhKemId?: string
    TenTepDinhKem?: string
    IsDeleted?: '' | 'True' | 'False'
    MaThanhPhanHoSo?: string
    /**
     * Link to the file; reachable by the national side.
     */
    DuongDanTaiTepTin?: string
    DuocSoHoa?: '' | '0' | '1'
    DuocTaiSuDung?: '' | '0' | '1' | '2'
    DuocLayTuKhoDMQG?: '' | '0' | '1'
    MaKetQuaThayThe?: string
  }[]
  /**
   * Phí, lệ phí.
   *
   * @maxItems 100
   */
  DanhSachLePhi?: {
    TenPhiLePhi?: string
    MaPhiLePhi?: string
    /**
     * 1 khi tiếp nhận, 2 khi bổ sung, 4 khi trả.
     */
    HinhThucThu?: '' | '1' | '2' | '4'
    Gia?: string
    LoaiPhiLePhi?: string
  }[]
  /**
   * Giấy tờ khác.
   *
   * @maxItems 500
   */
  DanhSachTepDinhKemKhac?: {
    TenGiayTo?: string
    SoLuong?: string
    LoaiGiayTo?: string
  }[]
  /**
   * Các lần bổ sung.
   *
   * @maxItems 100
   */
  DanhSachHoSoBoSung?: {
    HoSoBoSungId?: string
    NguoiYeuCauBoSung?: string
    NoiDungBoSung?: string
    /**
     * yyyyMMddHHmmss or empty.
     */
    NgayBoSung?: string
    NguoiTiepNhanBoSung?: string
    ThongTinTiepNhan?: string
    /**
     * yyyyMMddHHmmss or empty.
     */
    NgayTiepNhanBoSung?: string
    TrangThaiBoSung?: string
    /**
     * yyyyMMddHHmmss or empty.
     */
    NgayHenTraTruoc?: string
    /**
     * yyyyMMddHHmmss or empty.
     */
    NgayHenTraMoi?: string
    /**
     * @maxItems 500
     */
    DanhSachGiayToBoSung?: {
      TepDinhKemId?: string
      TenTepDinhKem?: string
      MaThanhPhanHoSo?: string
      DuongDanTaiTepTin?: string
      TenGiayTo?: string
      SoLuong?: string
      LoaiGiayTo?: string
    }[]
    /**
     * @maxItems 100
     */
    DanhSachLePhiBoSung?: {
      TenPhiLePhi?: string
      MaPhiLePhi?: string
      HinhThucThu?: '' | '1' | '2' | '4'
      Gia?: string
      LoaiPhiLePhi?: string
    }[]
  }[]
  /**
   * Kết quả.
   *
   * @maxItems 500
   */
  DanhSachGiayToKetQua?: {
    TenGiayTo?: string
    MaThanhPhanHoSo?: string
    GiayToId?: string
    /**
     * Link to the result; reachable by the national side.
     */
    DuongDanTepTinKetQua?: string
    MaGiayToKetQua?: string
  }[]
}
/**
 * One step of CapNhatTienDoHoSoMC.
 *
 * This interface was referenced by `undefined`'s JSON-Schema
 * via the `definition` "tienDo".
 */
export interface TienDo {
  /**
   * Who.
   */
  NguoiXuLy: string
  /**
   * Position.
   */
  ChucDanh?: string
  /**
   * yyyyMMddHHmmss, Asia/Ho_Chi_Minh.
   */
  ThoiDiemXuLy: string
  /**
   * Unit.
   */
  PhongBanXuLy?: string
  /**
   * What was done.
   */
  NoiDungXuLy: string
  /**
   * Trạng thái 1 đến 10: mới đăng ký, được tiếp nhận, không được tiếp nhận, đang xử lý, yêu cầu bổ sung, yêu cầu tài chính, rút, dừng, đã xử lý xong, đã trả kết quả.
   */
  TrangThai: '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '10'
  /**
   * yyyyMMddHHmmss or empty.
   */
  NgayBatDau?: string
  /**
   * yyyyMMddHHmmss or empty.
   */
  NgayKetThucTheoQuyDinh?: string
}
/**
 * One paper of the dossier.
 *
 * This interface was referenced by `undefined`'s JSON-Schema
 * via the `definition` "thanhPhan".
 */
export interface ThanhPhanHoSo {
  /**
   * Code of the paper.
   */
  MaThanhPhanHoSo?: string
  /**
   * Name of the paper.
   */
  TenThanhPhanHoSo: string
  /**
   * Number of copies.
   */
  SoLuong?: string
  /**
   * 0 chính, 1 sao, 2 điện tử.
   */
  LoaiBan?: '0' | '1' | '2'
  /**
   * Files.
   *
   * @maxItems 100
   */
  GiayToDinhKem?: DossierFile[]
}
/**
 * A file, sent as another part of the same multipart request and found by its hash.
 *
 * This interface was referenced by `undefined`'s JSON-Schema
 * via the `definition` "tep".
 */
export interface DossierFile {
  /**
   * Identifier of the file at the sender.
   */
  IdGiayTo?: string
  /**
   * File name.
   */
  TenGiayTo: string
  /**
   * Result code it reuses.
   */
  MaKetQua?: string
  /**
   * Lower-case hex SHA-256 of the file.
   */
  HashTepTin: string
  /**
   * Bytes.
   */
  size: number
}
/**
 * Time in working days: the clock starts with the valid acceptance, stands still in pauses, and is shared out among the agencies of a linked dossier.
 *
 * This interface was referenced by `undefined`'s JSON-Schema
 * via the `definition` "thoiHan".
 */
export interface ThoiHan {
  /**
   * Working days of the whole procedure.
   */
  SoNgayLamViec?: number
  /**
   * Start of the clock: the valid acceptance; yyyyMMddHHmmss, Asia/Ho_Chi_Minh.
   */
  NgayBatDau?: string
  /**
   * Pauses (status 5 and 6), oldest first.
   *
   * @maxItems 100
   */
  TamDung?: Pause[]
  /**
   * Stages of a linked dossier, one for each agency.
   *
   * @maxItems 100
   */
  GiaiDoan?: Stage[]
  /**
   * The appointment before; yyyyMMddHHmmss, Asia/Ho_Chi_Minh.
   */
  NgayHenTraTruoc?: string
  /**
   * The new appointment; at most one; yyyyMMddHHmmss, Asia/Ho_Chi_Minh.
   */
  NgayHenTraMoi?: string
}
export interface Pause {
  /**
   * The clock stops; yyyyMMddHHmmss, Asia/Ho_Chi_Minh.
   */
  TuNgay: string
  /**
   * The clock goes on; absent while it stands; yyyyMMddHHmmss, Asia/Ho_Chi_Minh.
   */
  DenNgay?: string
  /**
   * The status that stopped it.
   */
  TrangThai?: '5' | '6'
}
export interface Stage {
  /**
   * Code of the agency.
   */
  DonVi: string
  /**
   * Its working days.
   */
  SoNgayLamViec: number
  /**
   * Chủ trì or phối hợp.
   */
  VaiTro?: 'main' | 'coordinating'
  /**
   * It began; yyyyMMddHHmmss, Asia/Ho_Chi_Minh.
   */
  TuNgay?: string
  /**
   * It ended; yyyyMMddHHmmss, Asia/Ho_Chi_Minh.
   */
  DenNgay?: string
}
/**
 * Who submitted the dossier, when that is more than HoSo says of its owner.
 *
 * This interface was referenced by `undefined`'s JSON-Schema
 * via the `definition` "nguoiNop".
 */
export interface NguoiNop {
  /**
   * Họ tên.
   */
  TenNguoiNop?: string
  /**
   * Số định danh.
   */
  SoDinhDanh?: string
  /**
   * Ngày cấp, as written.
   */
  NgayCapDinhDanh?: string
  /**
   * Ngày sinh, as written.
   */
  NgaySinh?: string
  /**
   * Số điện thoại.
   */
  SoDienThoai?: string
  /**
   * Thư điện tử.
   */
  Email?: string
  /**
   * Số fax.
   */
  Fax?: string
  /**
   * Mã tỉnh.
   */
  MaTinh?: string
  /**
   * Mã huyện.
   */
  MaHuyen?: string
  /**
   * Mã xã.
   */
  MaXa?: string
  /**
   * Địa chỉ.
   */
  DiaChiChiTiet?: string
}
/**
 * The electronic form of a linked procedure, or the register entry of its result.
 *
 * This interface was referenced by `undefined`'s JSON-Schema
 * via the `definition` "bieuMau".
 */
export interface BieuMau {
  /**
   * Which form: LTKS khai sinh, LTKT khai tử.
   */
  Ma: string
  /**
   * Administrative-unit code it is addressed to (5 digits commune, 3 digits former district); not an agency code.
   */
  MaDonVi?: string
  /**
   * The fields of the form, as its owner names them.
   */
  NoiDung: {
    [k: string]: unknown
  }
}
/**
 * The routing facts around the content of a package: who sends what to whom, how urgent it is, and what it belongs to.
 */
export interface Envelope {
  /**
   * What the package carries.
   */
  kind: 'document' | 'dossier' | 'status'
  /**
   * Document: new, revocation, update, replacement (BussinessDocType 0 to 3). Dossier: submit, supplement, transfer, progress, result, withdraw, ack, error. Status: its two-digit code.
   */
  action: string
  /**
   * The sender's own name for this package. The same sender and identifier with the same content is the same package.
   */
  identifier: string
  /**
   * What the package belongs to: the document (issuer and DocumentId) or the dossier (MaHoSo). Packages that share it keep their order. EIP: Correlation Identifier.
   */
  correlationId: string
  from: Party
  /**
   * Recipients as written, in order.
   *
   * @maxItems 1000
   */
  to: Party[]
  /**
   * 0 thường, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc, 4 hỏa tốc hẹn giờ.
   */
  priority: number
  /**
   * Số và ký hiệu of a document, mã hồ sơ of a dossier.
   */
  notation?: string
  /**
   * Trích yếu of a document, name of the procedure of a dossier.
   */
  title?: string
  /**
   * When the sender says it sent it.
   */
  sentAt?: string
  /**
   * DueDate: the day by which an answer is expected.
   */
  dueDate?: string
}
/**
 * An agency as the sender wrote it. formats: QCVN 102:2016 Organization.
 *
 * This interface was referenced by `Envelope`'s JSON-Schema
 * via the `definition` "party".
 */
export interface Party {
  /**
   * Agency code exactly as written, in either order (000.03.99.H36 or H36.99.03).
   */
  code: string
  /**
   * OrganName
   */
  name?: string
  /**
   * OrganizationInCharge
   */
  inCharge?: string
  /**
   * OrganAdd
   */
  address?: string
  /**
   * Email
   */
  email?: string
  /**
   * Telephone
   */
  telephone?: string
  /**
   * Fax
   */
  fax?: string
  /**
   * Website
   */
  website?: string
}
/**
 * What the hub found when it verified the signatures of a package, kept with the package. Absent when there was nothing to verify.
 */
export interface Evidence {
  /**
   * Hub time of the verification.
   */
  verifiedAt: string
  /**
   * inbound: brought by an endpoint. outbound: handed in by a client.
   */
  direction: 'inbound' | 'outbound'
  envelope?: EnvelopeEvidence
  /**
   * One entry for each PDF file.
   */
  documents?: DocumentEvidence[]
}
/**
 * The XML signature of the envelope.
 *
 * This interface was referenced by `Evidence`'s JSON-Schema
 * via the `definition` "envelopeEvidence".
 */
export interface EnvelopeEvidence {
  /**
   * weak: verifies, but with SHA-1. absent: none, or a placeholder. indeterminate: could not be decided, reasons say why.
   */
  status: 'valid' | 'weak' | 'invalid' | 'absent' | 'indeterminate'
  profile?: SignatureProfile
  digest?: Comparison
  signatureValue?: Comparison
  chain?: ChainVerdict
  revocation?: RevocationVerdict
  signer?: CertificateFacts
  /**
   * Whether the signer's certificate names the sending agency (by code or name).
   */
  signerEqualsSender?: boolean
  /**
   * The chain that was found, the signer first.
   */
  certificates?: CertificateFacts[]
  /**
   * Why the status is what it is; codes of docs/formats/signatures.md.
   */
  reasons: string[]
}
/**
 * What the signature names.
 */
export interface SignatureProfile {
  /**
   * Of SignedInfo.
   */
  canonicalization: string
  /**
   * Signature algorithm.
   */
  signatureMethod: string
  /**
   * Digest algorithm.
   */
  digestMethod: string
  /**
   * Of the reference, in order.
   */
  transforms: string[]
}
/**
 * This interface was referenced by `Evidence`'s JSON-Schema
 * via the `definition` "certificate".
 */
export interface CertificateFacts {
  /**
   * Distinguished name, one attribute a line joined with commas.
   */
  subject: string
  /**
   * Distinguished name of who issued it.
   */
  issuer: string
  /**
   * Serial number, upper-case hex.
   */
  serial: string
  /**
   * Lower-case hex SHA-256 of the certificate.
   */
  fingerprint: string
  /**
   * Start of validity.
   */
  validFrom: string
  /**
   * End of validity.
   */
  validTo: string
}
/**
 * The signatures of one PDF file.
 *
 * This interface was referenced by `Evidence`'s JSON-Schema
 * via the `definition` "documentEvidence".
 */
export interface DocumentEvidence {
  /**
   * Number of the attachment.
   */
  n: number
  /**
   * Of the file.
   */
  sha256: string
  /**
   * valid_but_incomplete: every signature is valid, but only one of person and agency signed.
   */
  status: 'valid' | 'valid_but_incomplete' | 'invalid' | 'unsigned' | 'indeterminate'
  /**
   * In the order of signing.
   */
  signatures: PdfSignatureEvidence[]
  /**
   * Findings about the file as a whole.
   */
  reasons: string[]
}
/**
 * This interface was referenced by `Evidence`'s JSON-Schema
 * via the `definition` "pdfSignature".
 */
export interface PdfSignatureEvidence {
  /**
   * Of this signature alone.
   */
  status: 'valid' | 'invalid' | 'indeterminate'
  /**
   * Guessed from the certificate's subject; timestamp for a document time stamp.
   */
  role: 'personal' | 'agency' | 'unknown' | 'timestamp'
  /**
   * file: to the end of the file. revision: to the end of an earlier revision. none: not a whole revision.
   */
  coverage: 'file' | 'revision' | 'none'
  /**
   * Signing time as the signer claims it.
   */
  signedAt?: string
  /**
   * The time at which the certificate had to be in force.
   */
  judgedAt?: string
  /**
   * Where judgedAt comes from. timestamp: a trusted time stamp on the signature. signer: the signer's own word. verification: neither, so the time of the verification.
   */
  timeFrom?: 'timestamp' | 'signer' | 'verification'
  timestamp?: TimestampEvidence
  digest?: Comparison
  signatureValue?: Comparison
  chain?: ChainVerdict
  revocation?: RevocationVerdict
  /**
   * What was believed about revocation: configured lists (crl), or what came with the file.
   */
  revocationBy?: ('crl' | 'embedded-crl' | 'embedded-ocsp')[]
  signer?: CertificateFacts
  /**
   * The chain that was found, the signer first.
   */
  certificates?: CertificateFacts[]
  /**
   * Why the status is what it is.
   */
  reasons: string[]
}
/**
 * A time stamp (RFC 3161) on the signature, or on the file when the role is timestamp.
 *
 * This interface was referenced by `Evidence`'s JSON-Schema
 * via the `definition` "timestamp".
 */
export interface TimestampEvidence {
  /**
   * trusted: whole, and its authority may stamp times and leads to a trust anchor. untrusted: whole only. invalid: broken, or about something else.
   */
  status: 'trusted' | 'untrusted' | 'invalid'
  /**
   * The time it states.
   */
  at?: string
  authority?: CertificateFacts
  /**
   * Why the status is what it is.
   */
  reasons: string[]
}
/**
 * A table mapping: each row takes a value by its path and puts it at its target.
 */
export interface MappingTable {
  /**
   * For editors.
   */
  $schema?: string
  /**
   * What it is for.
   */
  description?: string
  /**
   * For XML output: prefix to namespace; the empty prefix is the default namespace. Declared on the root.
   */
  namespaces?: {
    [k: string]: string
  }
  rows: Rows
}
/**
 * This interface was referenced by `MappingTable`'s JSON-Schema
 * via the `definition` "row".
 */
export interface MappingRow {
  /**
   * Where the value goes: names joined by dots (Header.From.Id). A name that starts with @ is an attribute, #text the text of its element (XML output).
   */
  target: string
  /**
   * Where it comes from: names joined by dots, [0] for one item and [*] for every item of a list (envelope.to[*].code). In a row of rows it starts at the item; $ starts at the whole input, "." is the item itself.
   */
  path?: string
  /**
   * A constant instead of a path.
   */
  value?: string | number | boolean | null
  /**
   * Applied in turn to a value that is there, in a list to each item.
   *
   * @maxItems 20
   */
  transform?: MappingTransform[]
  /**
   * When there is no value.
   */
  default?: string | number | boolean | null
  /**
   * No value and no default: the mapping fails.
   */
  required?: boolean
  rows?: Rows
}
/**
 * A package in canonical JSON as it is handed in: what an inbound mapping makes, what `lienthong encode` reads, and what an agency posts as application/vnd.lienthong.package+json. Exactly one of document, status and dossier.
 */
export interface CanonicalPackage {
  /**
   * The hub gives its own; not looked at.
   */
  packageId?: string
  envelope?: Addressing
  /**
   * As in document.schema.json; `attachments` may be left out.
   */
  document?: {}
  /**
   * As in status.schema.json.
   */
  status?: {}
  /**
   * As in dossier.schema.json. A file of GiayToDinhKem may hold `base64` in place of HashTepTin and size.
   */
  dossier?: {}
  /**
   * Files, in order.
   *
   * @maxItems 10000
   */
  attachments?: PackageFile[]
}
/**
 * From whom and to whom. A dossier says it itself. Every other field is made from the content and not looked at here, so that a package can be handed on as it was received.
 *
 * This interface was referenced by `CanonicalPackage`'s JSON-Schema
 * via the `definition` "addressing".
 */
export interface Addressing {
  from?: Party
  /**
   * Recipients. Those of a status are in its responseFor.
   *
   * @maxItems 1000
   */
  to?: Party[]
  /**
   * Urgency of a document that has no otherInfo.priority.
   */
  priority?: number
  /**
   * Made from the content.
   */
  kind?: string
  /**
   * Made from the content.
   */
  action?: string
  /**
   * Made from the content.
   */
  identifier?: string
  /**
   * Made from the content.
   */
  correlationId?: string
  /**
   * Made from the content.
   */
  notation?: string
  /**
   * Made from the content.
   */
  title?: string
  /**
   * Made from the content.
   */
  sentAt?: string
  /**
   * Made from the content.
   */
  dueDate?: string
}
/**
 * A file: inside as base64, or a later part of the form, found by sha256, else by name. For a dossier a file without base64 is found by the HashTepTin of its paper.
 *
 * This interface was referenced by `CanonicalPackage`'s JSON-Schema
 * via the `definition` "file".
 */
export interface PackageFile {
  /**
   * File name.
   */
  name: string
  /**
   * The file. A data: URL is read, too.
   */
  base64?: string
  /**
   * Lower-case hex SHA-256 of the file.
   */
  sha256?: string
  /**
   * ContentId without the "cid:" prefix.
   */
  contentId?: string
  /**
   * Description.
   */
  description?: string
  /**
   * Declared media type; the hub looks at the bytes.
   */
  contentType?: string
  /**
   * Not looked at.
   */
  declaredType?: string
  /**
   * Not looked at: the order counts.
   */
  n?: number
  /**
   * Bytes; a fault when the file has another size.
   */
  size?: number
  /**
   * Not looked at.
   */
  unwrapped?: boolean
  /**
   * Not looked at.
   */
  href?: string
}
/**
 * A business status message: what an agency did with a document (formats: QCVN 102:2016 §2).
 */
export interface Status {
  /**
   * StatusCode: 01 arrived … 06 finished, 13 retract request, 15 agreed, 16 refused. Unknown codes are carried as informational.
   */
  statusCode: string
  responseFor: DocumentReference
  /**
   * Description: reason or số đến.
   */
  description?: string
  /**
   * Timestamp with +07:00, or the raw text when it is no instant.
   */
  at?: string
  staff?: Staff
  /**
   * Elements of the message that the canonical form has no field for; an encoder can write them back.
   *
   * @maxItems 200
   */
  extensions?: Extension[]
  receipt?: Receipt
}
/**
 * Only in what the hub itself writes: what became of a delivery, told to the sender in the name of the recipient.
 *
 * This interface was referenced by `Status`'s JSON-Schema
 * via the `definition` "receipt".
 */
export interface Receipt {
  event: Reportable
  /**
   * The package that was sent.
   */
  packageId: string
  /**
   * Its delivery to this recipient.
   */
  deliveryId: string
  /**
   * Its identifier.
   */
  identifier?: string
  /**
   * The recipient as written.
   */
  to: string
  /**
   * Main code of the agency that it goes to.
   */
  agency?: string
  /**
   * When it came about.
   */
  at: string
  /**
   * Attempts made.
   */
  attempts?: number
  problem?: StoredProblem
}
/**
 * The working days of a year or more, as a province keeps them.
 */
export interface WorkingCalendar {
  /**
   * For editors.
   */
  $schema?: string
  /**
   * For readers: where the days come from, what is to be checked.
   */
  note?: string
  /**
   * First day the calendar knows.
   */
  from: string
  /**
   * Last day the calendar knows.
   */
  to: string
  /**
   * Days of the week without work: 0 Sunday to 6 Saturday.
   *
   * @maxItems 6
   */
  weekend: number[]
  /**
   * Days without work; also the weekday that was swapped for a Saturday.
   *
   * @maxItems 400
   */
  holidays: CalendarDay[]
  /**
   * Days with work although they fall on a weekend: the other half of a swap. Stronger than holidays.
   *
   * @maxItems 400
   */
  workingDays?: CalendarDay1[]
  /**
   * From this hour on, what is received counts for the next working day.
   */
  cutOffHour?: number
}
export interface CalendarDay {
  day: string
  name?: string
}
export interface CalendarDay1 {
  day: string
  name?: string
}
