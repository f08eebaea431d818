// The protocol of the national document axis (VXP) as a server: an unmodified client of the vendor's SDK works with the hub by
// an address. Parameters are headers, and only what was signed counts; answers are 200 with OK or FAIL, as the axis gives them.
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HubError } from '../../errors.js'
import type { Caller } from '../../model/caller.js'
import { text } from '../../model/text.js'
import { readVxpTimestamp, verifyVxp } from '../../formats/vxp/signature.js'
import type { KnownSystem } from '../../security/systems.js'
import { MAX_FORM_PARTS } from '../body.js'
import type { DoorDependencies } from '../dependencies.js'
import { factsOf } from '../facts.js'
import { languageOf } from '../language.js'
import { agreeOn, listAgencies, listByLevel, listUnits } from './agencies.js'
import { describe, doorCodeOf, noteError } from './codes.js'
import { acceptAnyBody, fieldsOf } from './json-fields.js'
import { findItem, kindOf, listReceived, listSent, sayStatus } from './queue.js'
import { acceptFile, choiceOf } from './sending.js'
import { replyStreamed } from './streamed-json.js'
import { viewReceived, viewSent } from './views.js'

/** A call whose signature is right. */
interface Call {
  caller: Caller
  system: KnownSystem
  /** A parameter by its name in any case. */
  get (name: string): string | undefined
  /** The one of these names that was signed, in this order; case matters. */
  first (...names: string[]): string | undefined
}

const calls = new WeakMap<FastifyRequest, Call>()
const SUCCESS = { status: 'OK', ErrorCode: '0', ErrorDesc: 'Success' } as const
const MINUTE_MS = 60_000

/** All operations, to be registered below the path of the door. */
export function axisDoor (dependencies: DoorDependencies) {
  return async function registerAxis (app: FastifyInstance): Promise<void> {
    app.setErrorHandler((thrown, request, reply) => {
      const error = noteError(thrown, request)
      void reply.code(200).send({ status: 'FAIL', ErrorCode: doorCodeOf(error.code), ErrorDesc: describe(error, languageOf(request)) })
    })
    // Before a byte of a body is read.
    app.addHook('onRequest', (request, _reply, done) => {
      const call = verify(request, dependencies)
      if (call instanceof HubError) { done(call); return }
      calls.set(request, call)
      factsOf(request).caller = call.caller
      done()
    })
    await app.register(sendingRoutes(dependencies))
    await app.register(queueRoutes(dependencies))
    await app.register(agencyRoutes(dependencies))
  }
}

function callOf (request: FastifyRequest): Call {
  const call = calls.get(request)
  if (call === undefined) throw new Error('a call that was not verified')
  return call
}

function verify (request: FastifyRequest, { doors: { settings, systems }, clock }: DoorDependencies): Call | HubError {
  const call = verifyVxp(request.headers, systems.secretOf)
  // Which of the two is wrong is not told.
  if (call.kind === 'rejected') return new HubError('UNAUTHENTICATED', text('SystemId hoặc SecretKey không đúng, hoặc chữ ký không khớp.', 'SystemId or SecretKey is wrong, or the signature does not match.'))
  const system = systems.find(call.systemId)
  if (system === undefined) throw new Error('a secret without a system')
  const { parameters, written } = call
  const { timestampToleranceMinutes: tolerance } = settings.axis
  const at = readVxpTimestamp(parameters.get('timestamp') ?? '')
  if (tolerance !== null && (at === undefined || Math.abs(clock.now() - at) > tolerance * MINUTE_MS)) {
    return new HubError('UNAUTHENTICATED', text(`Nhãn thời gian "${parameters.get('timestamp') ?? ''}" lệch quá ${tolerance} phút; hãy chỉnh đồng hồ máy gửi.`,
      `The time stamp "${parameters.get('timestamp') ?? ''}" is off by more than ${tolerance} minutes; set the clock of the sending machine.`))
  }
  return { caller: system.caller, system, get: name => parameters.get(name.toLowerCase()), first: (...names) => names.map(name => written.get(name)).find(value => value !== undefined) }
}

/** The file, as the raw body or as a part of a form. */
function sendingRoutes (dependencies: DoorDependencies) {
  return async function registerSending (app: FastifyInstance): Promise<void> {
    app.removeAllContentTypeParsers()
    // The bytes are sacred, whatever type a client gives them.
    app.addContentTypeParser('*', (_request, _payload, done) => { done(null) })
    await app.register(multipart, { limits: { fileSize: Infinity, parts: MAX_FORM_PARTS } })
    app.post('/sendEdoc', async (request, reply) => {
      const { caller, get } = callOf(request)
      kindOf(get('messagetype'))
      const packageId = await acceptFile({ request, reply }, dependencies, { caller, from: get('from'), only: choiceOf(get('to')), sha256: get('hash-file') })
      return { ...SUCCESS, DocId: packageId }
    })
  }
}

function queueRoutes (dependencies: DoorDependencies) {
  const { clock, payloads } = dependencies
  return async function registerQueue (app: FastifyInstance): Promise<void> {
    acceptAnyBody(app)

    app.post('/getReceivedEdocList', async request => {
      const { caller, get } = callOf(request)
      // With a docId, which a list does not take, the status is left over from an earlier updateStatus.
      const leaked = get('docid') !== undefined && get('status')?.toLowerCase() !== 'initial'
      const items = await listReceived(dependencies, caller, { ...listWish(get), ...(leaked ? { status: undefined } : {}) })
      return { ...SUCCESS, data: items.map(item => viewReceived(item, { at: clock.now(), language: languageOf(request) })) }
    })

    app.post('/getSentEdocList', async request => {
      const { caller, first, get } = callOf(request)
      const sent = await listSent(dependencies, caller, { ...listWish(get), packageId: first('docId') ?? get('docid') })
      return { ...SUCCESS, data: sent.flatMap(entry => viewSent(entry, { at: clock.now(), language: languageOf(request) })) }
    })

    app.post('/getEdoc', async (request, reply) => {
      const { caller, first, get } = callOf(request)
      const { package: { id }, content } = await findItem(dependencies, caller, first('docId') ?? get('docid'))
      factsOf(request).bytesOut = content.size
      return await replyStreamed(reply, [`${JSON.stringify(SUCCESS).slice(0, -1)},"data":"`, { size: content.size, open: async () => await payloads.open(id, content) }, '"}'])
    })

    const download = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const { caller, first, get } = callOf(request)
      const { package: { id }, content } = await findItem(dependencies, caller, first('docId') ?? get('docid'))
      const stream = await payloads.open(id, content)
      factsOf(request).bytesOut = content.size
      return await reply.headers({ 'content-type': content.mediaType, 'content-length': String(content.size), 'x-content-type-options': 'nosniff' }).send(stream)
    }
    app.get('/downloadEdoc', { exposeHeadRoute: false }, download)
    app.post('/downloadEdoc', download)

    app.post('/updateStatus', async request => {
      const { caller, first, get } = callOf(request)
      // A docId beside it is left over from getEdoc.
      await sayStatus(dependencies, caller, { docId: first('docid') ?? get('docid'), status: get('status'), description: get('description') })
      return SUCCESS
    })

    const count = (messageType: string) => async (request: FastifyRequest) =>
      ({ ...SUCCESS, count: await dependencies.store.countInbox({ agencies: callOf(request).caller.agencies, kind: kindOf(messageType), at: clock.now() }) })
    app.get('/countReceiveEdoc', { exposeHeadRoute: false }, count('edoc'))
    app.get('/countReceiveStatus', { exposeHeadRoute: false }, count('status'))
  }
}

function agencyRoutes (dependencies: DoorDependencies) {
  return async function registerAgencies (app: FastifyInstance): Promise<void> {
    acceptAnyBody(app)
    app.post('/getAgenciesList', async () => ({ ...SUCCESS, data: listAgencies(dependencies) }))
    app.post('/getAgenciesListQD20', async request => ({ ...SUCCESS, data: listByLevel(dependencies, callOf(request).get('level')) }))
    app.post('/getSynchronizeUnit', async () => ({ ...SUCCESS, data: listUnits(dependencies) }))
    app.post('/registerAgency', async request => {
      agreeOn(request, dependencies, { code: fieldsOf(request.body)('code'), as: 'registered', caller: callOf(request).caller })
      return SUCCESS
    })
    app.post('/deleteAgency', async request => {
      const { caller, get } = callOf(request)
      agreeOn(request, dependencies, { code: get('agencycode') ?? fieldsOf(request.body)('code'), as: 'deleted', caller })
      return SUCCESS
    })
  }
}

function listWish (get: Call['get']): Parameters<typeof listReceived>[2] {
  return { messageType: get('messagetype'), status: get('status'), fromDate: get('fromdate'), toDate: get('todate'), pageSize: get('pagesize'), pageIndex: get('pageindex') }
}
