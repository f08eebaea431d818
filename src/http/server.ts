// The API's assembly: one Fastify with the hub's own errors, language, trace and log, and the routes of v1.
import type { ServerOptions } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyRequest, LogController, type RawServerDefault } from 'fastify'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import { requireCaller } from './auth.js'
import { answerUnreadable } from './client-errors.js'
import type { HealthDependencies, HttpDependencies } from './dependencies.js'
import { registerDoors } from './doors/index.js'
import { languageOf } from './language.js'
import { logWhenClosed } from './log.js'
import { registerDocumentation } from './openapi.js'
import { acceptJsonBodies } from './json-body.js'
import { replyProblem } from './problem.js'
import { compileRequestSchema } from './queries.js'
import { agencyRoutes } from './routes/agencies.js'
import { batchRoutes } from './routes/batches.js'
import { deliveryRoutes } from './routes/deliveries.js'
import { endpointRoutes } from './routes/endpoints.js'
import { fileRoutes } from './routes/files.js'
import { healthRoutes } from './routes/health.js'
import { inboxRoutes } from './routes/inbox.js'
import { intakeRoutes } from './routes/intake.js'
import { packageRoutes } from './routes/packages.js'
import { pickUpRoutes } from './routes/pick-up.js'
import { serviceRoutes } from './routes/services.js'
import { TRACE_HEADER, traceIdOf } from './trace.js'
import { answerBeforeUnread, holdContinue, sendContinue } from './unread.js'

const MAX_HEADER_BYTES = 16 * 1024
/** Calls of the axis carry their parameters twice in headers, a list of recipients among them. */
const MAX_AXIS_HEADER_BYTES = 64 * 1024
const MAX_URL_LENGTH = 4096
/** The token of a link is the longest part of any path. */
const MAX_PARAM_LENGTH = 200
/** Bodies of the small JSON routes (a rejection's reason); packages have their own limit. */
const MAX_JSON_BYTES = 64 * 1024

export type { HealthDependencies, HttpDependencies } from './dependencies.js'

/** The HTTP server, not listening yet. `close()` refuses new requests with `STOPPING` and lets running ones end. */
export async function createHttpServer (dependencies: HttpDependencies): Promise<FastifyInstance> {
  const app = createServer(dependencies, dependencies.doors?.settings.axis.enabled === true ? MAX_AXIS_HEADER_BYTES : MAX_HEADER_BYTES)
  await registerDocumentation(app)
  await app.register(healthRoutes(dependencies))
  await app.register(fileRoutes(dependencies))
  const { doors, invitations } = dependencies
  if (invitations !== undefined) await app.register(pickUpRoutes({ ...dependencies, invitations }))
  await app.register(async v1 => {
    v1.addHook('onRequest', requireCaller(dependencies.authenticate))
    v1.addHook('onRequest', (request, reply, done) => {
      void reply.headers({ 'content-language': languageOf(request), vary: 'Accept-Language' })
      done()
    })
    await v1.register(intakeRoutes(dependencies))
    await v1.register(packageRoutes(dependencies))
    await v1.register(inboxRoutes(dependencies))
    await v1.register(agencyRoutes(dependencies))
    await v1.register(serviceRoutes(dependencies))
    await v1.register(deliveryRoutes(dependencies))
    await v1.register(batchRoutes(dependencies))
    await v1.register(endpointRoutes(dependencies))
  }, { prefix: '/v1' })
  if (doors !== undefined) await registerDoors(app, { ...dependencies, doors })
  return app
}

/** The door of a process that has no API: its health and nothing else. */
export async function createHealthServer (dependencies: HealthDependencies): Promise<FastifyInstance> {
  const app = createServer(dependencies)
  await app.register(healthRoutes(dependencies))
  return app
}

/** A server without routes that answers in the hub's own way. */
function createServer (dependencies: HealthDependencies, maxHeaderSize = MAX_HEADER_BYTES): FastifyInstance {
  const { log, settings } = dependencies
  const app: FastifyInstance = Fastify<RawServerDefault>({
    // Fastify's own lines (it is listening) have no event name; what it warns of is wanted.
    loggerInstance: log.child({}, { level: 'warn' }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_JSON_BYTES,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    requestTimeout: settings.requestTimeoutMs,
    return503OnClosing: false,
    genReqId: raw => traceIdOf(raw.headers['traceparent']),
    clientErrorHandler: (error, socket) => { answerUnreadable(error, socket, log) },
    frameworkErrors: (error, request, reply) => { void replyProblem(error, request as FastifyRequest, reply) },
    http: { maxHeaderSize, ...timing(settings.requestTimeoutMs) },
    ...(settings.trustedProxies === undefined || settings.trustedProxies.length === 0 ? {} : { trustProxy: settings.trustedProxies })
  })
  app.server.on('checkContinue', (raw, response) => {
    holdContinue(raw)
    app.server.emit('request', raw, response)
  })
  app.setValidatorCompiler(compileRequestSchema)
  // JSON.stringify and nothing else: a response schema must not drop what a view says.
  app.setSerializerCompiler(() => value => JSON.stringify(value))
  app.setErrorHandler((error, request, reply) => { void replyProblem(error, request, reply) })
  acceptJsonBodies(app)
  addHooks(app, dependencies)
  return app
}

/** Node takes the smaller of two limits for the headers, and looks for late requests only now and then: short limits need all three. */
function timing (requestTimeoutMs: number): ServerOptions {
  return {
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(60_000, requestTimeoutMs),
    connectionsCheckingInterval: Math.min(30_000, requestTimeoutMs)
  }
}

function addHooks (app: FastifyInstance, { log }: HealthDependencies): void {
  const routes = new RouteTable()
  let stopping = false
  app.addHook('onRoute', route => { routes.add(route.method, route.url) })
  app.addHook('preClose', done => { stopping = true; done() })
  app.addHook('onRequest', (request, reply, done) => {
    logWhenClosed(request, reply, log)
    void reply.header(TRACE_HEADER, request.id)
    if (!request.url.startsWith('/docs')) void reply.header('cache-control', 'no-store')
    if (stopping) {
      const detail = text('Hệ thống đang dừng, hãy gửi lại sau ít giây.', 'The hub is stopping; send again in a few seconds.')
      done(new HubError('STOPPING', detail, { retryAfterSeconds: 5 }))
    } else if (request.url.length > MAX_URL_LENGTH) {
      const detail = text(`Địa chỉ yêu cầu dài hơn ${MAX_URL_LENGTH} ký tự.`, `The request target is longer than ${MAX_URL_LENGTH} characters.`)
      done(new HubError('URI_TOO_LONG', detail))
    } else if (request.is404) {
      // Refused here and not in the not-found handler, which would read the body first.
      const allow = routes.methodsFor(request.url.split('?', 1)[0] ?? '/')
      if (allow.length > 0) void reply.header('allow', allow.join(', '))
      done(allow.length > 0
        ? new HubError('METHOD_NOT_ALLOWED', text(`Tại đây chỉ dùng được ${allow.join(', ')}.`, `Only ${allow.join(', ')} can be used here.`))
        : new HubError('NOT_FOUND', text('Không có địa chỉ này.', 'There is no such route.')))
    } else {
      done()
    }
  })
  app.addHook('preParsing', sendContinue)
  app.addHook('onSend', answerBeforeUnread)
}

/** Which methods a path has, for `Allow` (RFC 9110 §10.2.1); the router itself only says "not found". */
class RouteTable {
  readonly #routes: Array<{ methods: string[], pattern: RegExp }> = []

  add (method: string | string[], url: string): void {
    if (url.includes('*')) return
    const pattern = new RegExp(`^${url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}$`)
    this.#routes.push({ methods: [method].flat(), pattern })
  }

  methodsFor (path: string): string[] {
    return [...new Set(this.#routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))].sort()
  }
}
