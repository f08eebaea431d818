// The REST interface that provincial platforms (LGSP) offer to document management systems, as a server: log in for a token,
// then every call with the token and the SystemId and SecretKey of the agency it is made for.
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CATALOGUE, HubError } from '../../errors.js'
import type { Caller } from '../../model/caller.js'
import { text } from '../../model/text.js'
import { MAX_FORM_PARTS } from '../body.js'
import type { DoorDependencies } from '../dependencies.js'
import { factsOf } from '../facts.js'
import { languageOf } from '../language.js'
import { agreeOn, listAgencies } from './agencies.js'
import { describe, doorCodeOf, noteError } from './codes.js'
import { acceptAnyBody, fieldsOf, type Fields } from './json-fields.js'
import { findItem, kindOf, listReceived, listSent, sayStatus } from './queue.js'
import { acceptFile } from './sending.js'
import { replyStreamed, type JsonPiece } from './streamed-json.js'
import { viewSent, viewSynced } from './views.js'

const callers = new WeakMap<FastifyRequest, Caller>()
const SUCCESS = { success: true, message: 'Success' } as const
const MINUTE_MS = 60_000
/** What clients of this interface take as the word to log in again. */
const LOG_IN_AGAIN = 'licenseInfo:invalid'

/** All calls, to be registered below the path of the door. */
export function facadeDoor (dependencies: DoorDependencies) {
  return async function registerFacade (app: FastifyInstance): Promise<void> {
    app.setErrorHandler((thrown, request, reply) => {
      const error = noteError(thrown, request)
      const [errorCode, errorDesc] = [doorCodeOf(error.code), describe(error, languageOf(request))]
      if (error.retryAfterSeconds !== undefined) void reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)))
      void reply.code(200).send({ success: false, message: errorDesc, data: { docId: '', status: 'error', errorCode, errorDesc } })
    })
    await app.register(loginRoute(dependencies))
    await app.register(async known => {
      known.addHook('onRequest', (request, reply, done) => {
        if (tokenHolds(request, dependencies)) {
          const caller = callerBy(request, dependencies)
          if (caller instanceof HubError) { done(caller); return }
          callers.set(request, caller)
          factsOf(request).caller = caller
          done()
          return
        }
        factsOf(request).code = 'UNAUTHENTICATED'
        void reply.code(401).send({ success: false, message: LOG_IN_AGAIN })
      })
      await known.register(sendingRoute(dependencies))
      await known.register(queueRoutes(dependencies))
      await known.register(agencyRoutes(dependencies))
    })
  }
}

function callerOf (request: FastifyRequest): Caller {
  const caller = callers.get(request)
  if (caller === undefined) throw new Error('a call that was not authenticated')
  return caller
}

function tokenHolds ({ headers }: FastifyRequest, { doors: { systems }, clock }: DoorDependencies): boolean {
  const token = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  return token !== undefined && systems.byToken(token, clock.now()) !== undefined
}

/** One software may serve several agencies with one login: each call says by its credentials for which. */
function callerBy ({ headers, ip }: FastifyRequest, { doors: { systems }, guesses }: DoorDependencies): Caller | HubError {
  const systemId = headers['x-systemid']
  const secret = headers['x-secretkey']
  const found = typeof systemId === 'string' && typeof secret === 'string' ? guesses.look({ ip, account: systemId }, () => systems.bySecret(systemId, secret)?.caller) : undefined
  return found ?? new HubError('UNAUTHENTICATED', text('X-SystemId hoặc X-SecretKey không đúng.', 'X-SystemId or X-SecretKey is wrong.'))
}

function loginRoute ({ doors: { settings, systems }, guesses, clock }: DoorDependencies) {
  return async function registerLogin (app: FastifyInstance): Promise<void> {
    acceptAnyBody(app)
    app.post('/v1/auth/login', async (request, reply) => {
      const field = fieldsOf(request.body)
      const username = field('username') ?? ''
      const system = guesses.look({ ip: request.ip, account: username }, () => systems.byPassword(username, field('password') ?? ''))
        ?? new HubError('UNAUTHENTICATED', text('Tên đăng nhập hoặc mật khẩu không đúng.', 'User name or password is wrong.'))
      if (system instanceof HubError) {
        const { code, detail, retryAfterSeconds } = system
        const { status } = CATALOGUE[code]
        factsOf(request).code = code
        if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds))
        return await reply.code(status).send({ code: status, message: detail[languageOf(request)], data: null })
      }
      factsOf(request).caller = system.caller
      const token = systems.issueToken(system, clock.now() + settings.facade.tokenMinutes * MINUTE_MS)
      return { code: 200, message: 'Success', data: { id: system.systemId, username, name: system.caller.id.replace('client:', ''), token } }
    })
  }
}

function sendingRoute (dependencies: DoorDependencies) {
  return async function registerSending (app: FastifyInstance): Promise<void> {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => { done(null) })
    await app.register(multipart, { limits: { fileSize: Infinity, parts: MAX_FORM_PARTS } })
    app.post('/v1/sendEdoc', async (request, reply) =>
      ({ ...SUCCESS, docId: await acceptFile({ request, reply }, dependencies, { caller: callerOf(request) }) }))
  }
}

function queueRoutes (dependencies: DoorDependencies) {
  const { clock } = dependencies
  return async function registerQueue (app: FastifyInstance): Promise<void> {
    acceptAnyBody(app)
    const received = async (request: FastifyRequest): Promise<object> => {
      const items = await listReceived(dependencies, callerOf(request), listWish(queryOf(request)))
      return { ...SUCCESS, count: items.length, data: items.map(item => viewSynced(item, { at: clock.now(), language: languageOf(request) })) }
    }
    app.get('/v1/syncReceivedEdocList', received)
    app.get('/v1/getReceivedEdocList', received)

    app.get('/v1/getSentEdocList', async request => {
      const query = queryOf(request)
      const sent = await listSent(dependencies, callerOf(request), { ...listWish(query), packageId: query('docId') })
      const data = sent.flatMap(entry => viewSent(entry, { at: clock.now(), language: languageOf(request) }))
      return { ...SUCCESS, count: data.length, data }
    })

    app.get('/v1/getEdoc', { exposeHeadRoute: false }, async (request, reply) =>
      await replyStreamed(reply, await edocPieces(dependencies, { caller: callerOf(request), docId: queryOf(request)('docId') })))

    app.post('/v1/updateStatus', async request => {
      const [field, query] = [fieldsOf(request.body), queryOf(request)]
      const [docId, status, description] = ['docId', 'status', 'description'].map(name => field(name) ?? query(name))
      await sayStatus(dependencies, callerOf(request), { docId, status, description })
      return SUCCESS
    })
  }
}

function agencyRoutes (dependencies: DoorDependencies) {
  return async function registerAgencies (app: FastifyInstance): Promise<void> {
    acceptAnyBody(app)
    app.get('/v1/getAgenciesList', async () => {
      const data = listAgencies(dependencies)
      return { ...SUCCESS, count: data.length, data }
    })
    const agree = (as: 'registered' | 'deleted') => async (request: FastifyRequest): Promise<object> => {
      const [field, query] = [fieldsOf(request.body), queryOf(request)]
      const code = ['code', 'agencyCode', 'AgencyCode'].map(name => field(name) ?? query(name)).find(value => value !== undefined)
      agreeOn(request, dependencies, { code, as, caller: callerOf(request) })
      return SUCCESS
    }
    app.post('/v1/registerAgency', agree('registered'))
    app.post('/v1/deleteAgency', agree('deleted'))
    app.delete('/v1/deleteAgency', agree('deleted'))
  }
}

/** Everything that a client shows of a document, its files apart from it: streamed, however large they are. */
async function edocPieces (dependencies: DoorDependencies, { caller, docId }: { caller: Caller, docId: string | undefined }): Promise<JsonPiece[]> {
  const { directory, clock, payloads } = dependencies
  const { delivery, package: row, content } = await findItem(dependencies, caller, docId)
  const { from, notation = '', title = '' } = row.envelope
  const facts = { docId: delivery.id, from: from.code, fromName: from.name ?? directory.find(from.code, clock.now())?.name ?? '', edocCode: notation, edocAbstract: title }
  const bytes = (ref: { sha256: string, size: number }): JsonPiece => ({ size: ref.size, open: async () => await payloads.open(row.id, ref) })
  const files = row.attachments.flatMap((file, index): JsonPiece[] =>
    [`${index === 0 ? '' : ','}{"fileName":${JSON.stringify(file.name)},"fileContent":"`, bytes(file), '"}'])
  return [`${JSON.stringify({ ...SUCCESS, data: facts }).slice(0, -2)},"edxml":"`, bytes(content), '","attachments":[', ...files, ']}}']
}

/** The first of parameters of the same name. */
function queryOf (request: FastifyRequest): Fields {
  const query = request.query as Record<string, string | string[] | undefined>
  return name => {
    const value = query[name]
    return Array.isArray(value) ? value[0] : value
  }
}

function listWish (query: Fields): Parameters<typeof listReceived>[2] {
  kindOf(query('messageType'))
  return { messageType: query('messageType'), status: query('status'), fromDate: query('fromDate'), toDate: query('toDate'), pageSize: query('pageSize'), pageIndex: query('pageIndex') }
}
