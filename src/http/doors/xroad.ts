// The paths that national services call through the X-Road adapter: they push dossiers to the province, look one up, fetch a
// file. The same handlers answer directly and below the adapter's own scheme, `XrdAdapter/RestService/forward/…`.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CATALOGUE, HubError } from '../../errors.js'
import type { Caller } from '../../model/caller.js'
import type { TranslationConfig, XroadDoorConfig } from '../../model/generated.js'
import { createNetworks } from '../../model/networks.js'
import { text } from '../../model/text.js'
import { isWireName } from '../../formats/dossier/wire.js'
import type { Part } from '../../formats/codec.js'
import { openParts } from '../body.js'
import type { DoorDependencies } from '../dependencies.js'
import { factsOf } from '../facts.js'
import { fileReader } from '../routes/files.js'
import { languageOf } from '../language.js'
import { describe, doorCodeOf, noteError } from './codes.js'
import { acceptAnyBody, fieldsOf } from './json-fields.js'
import { acceptPush } from './push.js'

const SCHEMES = ['', '/XrdAdapter/RestService/forward', '/VXPAdapter/RestService/forward'] as const
const callers = new WeakMap<FastifyRequest, Caller>()
const SUCCESS = { error_code: '0', message: 'Success' } as const
/** Packages of one dossier that a look-up reads; the newest tell where it stands. */
const MOST_PACKAGES = 100

/** All paths, to be registered below the path of the door. */
export function xroadDoor (dependencies: DoorDependencies) {
  const isTrusted = trustOf(dependencies.doors.settings.xroad)
  return async function registerXroad (app: FastifyInstance): Promise<void> {
    app.setErrorHandler((thrown, request, reply) => {
      const error = noteError(thrown, request)
      const { status } = CATALOGUE[error.code]
      // The wire tells faults of a message in its body; a caller that is nobody, and a hub that cannot now, also by the status.
      const shown = status === 401 || status === 410 || status === 429 || status >= 500 || error.code === 'NOT_FOUND' ? status : 200
      if (error.retryAfterSeconds !== undefined) void reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)))
      void reply.code(shown).send({ error_code: doorCodeOf(error.code), message: describe(error, languageOf(request)) })
    })
    app.addHook('onRequest', (request, _reply, done) => {
      const caller = callerBy(request, { ...dependencies, isTrusted })
        ?? new HubError('UNAUTHENTICATED', text('Cần X-SystemId và X-SecretKey, Basic hoặc Bearer hợp lệ.', 'Valid X-SystemId and X-SecretKey, Basic or Bearer are needed.'))
      if (caller instanceof HubError) { done(caller); return }
      callers.set(request, caller)
      factsOf(request).caller = caller
      done()
    })
    for (const prefix of SCHEMES) {
      await app.register(intakeRoutes(dependencies), { prefix })
      await app.register(lookUpRoutes(dependencies), { prefix })
    }
  }
}

function callerOf (request: FastifyRequest): Caller {
  const caller = callers.get(request)
  if (caller === undefined) throw new Error('a call that was not authenticated')
  return caller
}

/** By what the caller shows; without anything, by where it comes from. */
function callerBy ({ headers, ip }: FastifyRequest, { doors: { systems }, guesses, authenticate, isTrusted }: DoorDependencies & { isTrusted: (ip: string) => string | undefined }): Caller | HubError | undefined {
  const systemId = headers['x-systemid']
  const secret = headers['x-secretkey']
  if (typeof systemId === 'string' || typeof secret === 'string') return guesses.look({ ip, account: String(systemId) }, () => systems.bySecret(String(systemId), String(secret))?.caller)
  const { authorization } = headers
  if (authorization === undefined) {
    const client = isTrusted(ip)
    return client === undefined ? undefined : systems.callerOf(client)
  }
  const basic = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization)?.[1]
  if (basic === undefined) return authenticate(authorization)
  const [username = '', ...password] = Buffer.from(basic, 'base64').toString().split(':')
  return guesses.look({ ip, account: username }, () => systems.byPassword(username, password.join(':'))?.caller)
}

function trustOf ({ trusted }: XroadDoorConfig): (ip: string) => string | undefined {
  const networks = trusted.map(({ network, client }) => ({ isIn: createNetworks([network]), client }))
  return ip => networks.find(({ isIn }) => isIn(ip))?.client
}

function intakeRoutes ({ doors: { settings }, intake, settings: { maxBodyBytes }, directory, clock }: DoorDependencies) {
  return async function registerIntake (app: FastifyInstance): Promise<void> {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => { done(null) })
    for (const { path, translation } of settings.xroad.intake) {
      app.post(`/${path}`, async (request, reply) => {
        const caller = callerOf(request)
        const called = destinationOf(request)
        const addressed = called === undefined ? undefined : directory.find(called, clock.now())?.code
        const about = { caller, traceId: request.id, translation: completed(translation, { caller, addressed }) }
        const parts = openParts(request, reply, maxBodyBytes)
        const isForm = /^multipart\//i.test(request.headers['content-type'] ?? '')
        if (translation.name === 'dvcqg' && !isForm) await acceptPush(parts, { intake, arrive: part => ({ ...about, parts: only(part) }) })
        else await intake.accept({ ...about, parts: onlyBody(parts) })
        return SUCCESS
      })
    }
  }
}

/** Sender and recipients that a message leaves open: as the door is set, as the client is, and then as the call is addressed. */
function completed (translation: TranslationConfig, { caller, addressed }: { caller: Caller, addressed: string | undefined }): TranslationConfig {
  if (!isWireName(translation.name)) return translation
  const own = caller.translation?.name === translation.name ? caller.translation : {}
  return { ...(addressed === undefined ? {} : { to: [addressed] }), ...own, ...translation }
}

/** The agency of `dstcode=VN:GOV:<agency>:<subsystem>`, in the query or as a header. */
function destinationOf ({ query, headers }: FastifyRequest): string | undefined {
  const written = (query as Record<string, unknown>)['dstcode'] ?? headers['dstcode']
  return typeof written === 'string' ? /^VN:GOV:([^:]{1,50})(?::|$)/i.exec(written)?.[1] : undefined
}

async function * onlyBody (parts: AsyncGenerator<Part>): AsyncGenerator<Part> {
  for await (const { body } of parts) yield { contentType: 'application/json', body }
}

async function * only (part: Part): AsyncGenerator<Part> {
  yield part
}

function lookUpRoutes (dependencies: DoorDependencies) {
  const { store } = dependencies
  return async function registerLookUp (app: FastifyInstance): Promise<void> {
    acceptAnyBody(app)
    const lookUp = async (request: FastifyRequest): Promise<object> => {
      const field = fieldsOf(request.body)
      const code = field('mahoso') ?? field('maHoSo') ?? field('MaHoSo') ?? ''
      const { agencies } = callerOf(request)
      const found = code === '' ? [] : await store.listPackages({ kind: 'dossier', correlationId: `dossier:${code}` }, { limit: MOST_PACKAGES }, agencies)
      const packages = await Promise.all(found.map(async ({ id }) => await store.findPackage(id, agencies)))
      const dossiers = packages.flatMap(entry => entry?.content.kind === 'dossier' ? [entry.content.dossier] : [])
      const newest = dossiers.find(({ HoSo }) => HoSo !== undefined)
      if (newest === undefined) throw new HubError('NOT_FOUND', text(`Trục không có hồ sơ "${code.slice(0, 100)}".`, `The hub has no dossier "${code.slice(0, 100)}".`))
      return { ...SUCCESS, result: [{ ...newest.HoSo, MaHoSo: newest.MaHoSo, TienDo: [...dossiers].reverse().flatMap(({ TienDo = [] }) => TienDo) }] }
    }
    app.post('/search/call', lookUp)
    app.get<{ Params: { token: string } }>('/downloadfile/:token', { exposeHeadRoute: false }, fileReader(dependencies))
  }
}
