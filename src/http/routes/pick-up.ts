// /nhan: what a clerk without a system reaches by a one-time link. Looking at a link changes nothing; a button opens it, once, for a
// session of one delivery. Plain pages, no scripts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CATALOGUE, HubError } from '../../errors.js'
import { text } from '../../model/text.js'
import type { Problem } from '../../model/problem.js'
import type { Invitation } from '../../ports/invitation-store.js'
import type { Invitations, PickUpSession } from '../../security/invitations.js'
import { createAttempts } from '../attempts.js'
import type { HttpDependencies } from '../dependencies.js'
import { factsOf } from '../facts.js'
import { languageOf } from '../language.js'
import { replyPage, type Page } from '../pages/markup.js'
import { askedPage, faultPage, hasEnded, invitationPage, pickUpPage, type Opened, type Reader } from '../pages/pick-up.js'
import { replyPayload } from '../payload.js'
import { toHubError } from '../problem.js'

type PickUpDependencies = Pick<HttpDependencies, 'store' | 'payloads' | 'clock' | 'directory'> & { invitations: Invitations }
type ByToken = FastifyRequest<{ Params: { token: string } }>
type ById = FastifyRequest<{ Params: { deliveryId: string } }>

const COOKIE = 'lienthong_nhan'
const MOST_FORM_BYTES = 16 * 1024
const MOST_REASON_LENGTH = 2000
/** Links that are none, from one address: a person mistypes some, a guesser many. */
const WRONG_LINKS = { most: 20, perMs: 10 * 60_000 }
const HIDDEN = { schema: { hide: true } }

/** The pages of one-time links. */
export function pickUpRoutes (dependencies: PickUpDependencies) {
  const { invitations, clock } = dependencies
  const base = invitations.site.path
  const readerOf = (request: FastifyRequest): Reader => ({ language: languageOf(request), base })
  const attempts = createAttempts({ ...WRONG_LINKS, now: () => clock.now() })
  const show = (request: FastifyRequest, reply: FastifyReply, content: Pick<Page, 'status' | 'title' | 'body'>): FastifyReply => replyPage(reply, { ...content, language: languageOf(request) })

  /** Throws `NOT_FOUND` for what is no link, `TOO_MANY_REQUESTS` for who has tried many. */
  async function findLink (request: ByToken): Promise<Invitation> {
    const wait = attempts.waitOf(request.ip)
    if (wait > 0) throw new HubError('TOO_MANY_REQUESTS', text('Có quá nhiều liên kết sai từ địa chỉ này. Hãy thử lại sau.', 'Too many wrong links came from this address. Try again later.'), { retryAfterSeconds: wait })
    const found = await invitations.find(request.params.token)
    if (found === undefined) {
      attempts.fail(request.ip)
      throw new HubError('NOT_FOUND', text('Liên kết không đúng. Hãy mở lại từ thư đã nhận.', 'This is no link. Open it from the mail again.'))
    }
    factsOf(request).deliveryId = found.deliveryId
    return found
  }

  return async function registerPickUp (app: FastifyInstance): Promise<void> {
    app.setErrorHandler((thrown, request, reply) => { void replyFault(thrown, request, reply, readerOf(request)) })
    acceptForms(app)

    app.get('/nhan/:token', HIDDEN, async (request: ByToken, reply) =>
      show(request, reply, invitationPage({ invitation: await findLink(request), token: request.params.token, at: clock.now() }, readerOf(request))))

    app.post('/nhan/:token', HIDDEN, async (request: ByToken, reply) => {
      const { deliveryId } = await findLink(request)
      const opened = await invitations.open(request.params.token)
      // Used, ended, or not ready: the page of the link says which.
      if (opened === undefined) return show(request, reply, invitationPage({ invitation: await findLink(request), token: request.params.token, at: clock.now() }, readerOf(request)))
      const path = `${base}/nhan/goi/${deliveryId}`
      const seconds = Math.floor((opened.session.expiresAt - clock.now()) / 1000)
      return await reply.header('set-cookie', `${COOKIE}=${opened.cookie}; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Strict${invitations.site.isSecure ? '; Secure' : ''}`)
        .header('referrer-policy', 'no-referrer').redirect(path, 303)
    })

    app.post('/nhan/:token/moi', HIDDEN, async (request: ByToken, reply) => {
      const invitation = await findLink(request)
      const { token } = request.params
      const isAsked = await invitations.ask(token)
      // A new link would lead nowhere: the page of the link says why.
      if (!isAsked && hasEnded(invitation, clock.now())) return show(request, reply, invitationPage({ invitation, token, at: clock.now() }, readerOf(request)))
      return show(request, reply, askedPage({ recipient: invitation.recipient, isAsked }, readerOf(request)))
    })

    await app.register(sessionRoutes(dependencies, { readerOf, show }))
  }
}

interface Showing {
  readerOf: (request: FastifyRequest) => Reader
  show: (request: FastifyRequest, reply: FastifyReply, content: Pick<Page, 'status' | 'title' | 'body'>) => FastifyReply
}

function sessionRoutes ({ invitations, store, payloads, clock, directory }: PickUpDependencies, { readerOf, show }: Showing) {
  function sessionOf (request: ById): PickUpSession {
    const cookie = new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]{1,2000})(?:;|$)`).exec(request.headers.cookie ?? '')?.[1]
    const session = cookie === undefined ? undefined : invitations.session(cookie, request.params.deliveryId)
    if (session === undefined) throw new HubError('UNAUTHENTICATED', text('Hãy mở lại liên kết trong thư để nhận liên kết mới.', 'Open the link in the mail again to get a new one.'))
    factsOf(request).deliveryId = session.deliveryId
    return session
  }

  async function opened (request: ById): Promise<Opened> {
    const session = sessionOf(request)
    const found = await store.findInbox(session.deliveryId, [session.agency])
    if (found === undefined) throw new HubError('NOT_FOUND', text('Không còn ở đây.', 'It is not here any more.'))
    const nameOf = (code: string): string | undefined => directory.find(code, clock.now())?.name
    return { session, ...found, names: { from: nameOf(found.package.envelope.from.code), to: nameOf(session.agency) } }
  }

  /** Throws when the content is not for this reader any more. */
  async function readable (request: ById): Promise<Opened> {
    const found = await opened(request)
    if (!['available', 'delivered'].includes(found.delivery.state)) throw new HubError('DELIVERY_NOT_AVAILABLE', text('Gói tin này không còn chờ nhận.', 'This delivery is not waiting to be fetched any more.'))
    return found
  }

  async function settle (request: ById, refusal?: Problem): Promise<void> {
    const { deliveryId, agency, recipient } = sessionOf(request)
    await store.settleInbox({ deliveryId, agencies: [agency], at: clock.now(), actor: `link:${recipient}`, ...(refusal === undefined ? {} : { refusal }) })
  }

  /** The fields of a form that the session's own page has sent. */
  function formOf (request: ById): URLSearchParams {
    const session = sessionOf(request)
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
    if (!invitations.isOwnForm(session, form.get('formToken') ?? '')) throw new HubError('FORBIDDEN', text('Biểu mẫu không thuộc phiên này. Hãy tải lại trang.', 'The form is not of this session. Load the page again.'))
    return form
  }

  return async function registerSession (app: FastifyInstance): Promise<void> {
    app.get('/nhan/goi/:deliveryId', HIDDEN, async (request: ById, reply) => show(request, reply, pickUpPage(await opened(request), readerOf(request))))

    app.get('/nhan/goi/:deliveryId/noi-dung', HIDDEN, async (request: ById, reply) => {
      const { delivery, package: row } = await readable(request)
      const { mediaType, sha256, size } = delivery.sent ?? { ...row.original, mediaType: row.mediaType }
      const name = `${row.envelope.notation ?? row.envelope.identifier}.${/json/.test(mediaType) ? 'json' : /xml/.test(mediaType) ? 'edxml' : 'bin'}`
      return await replyPayload(request, reply, { payloads, package: row, ref: { sha256, size }, mediaType, filename: name })
    })

    app.get('/nhan/goi/:deliveryId/tep/:n', HIDDEN, async (request: FastifyRequest<{ Params: { deliveryId: string, n: string } }>, reply) => {
      const { package: row } = await readable(request)
      const file = row.attachments.find(({ n }) => String(n) === request.params.n)
      if (file === undefined) throw new HubError('NOT_FOUND', text('Không có tệp này.', 'There is no such file.'))
      return await replyPayload(request, reply, { payloads, package: row, ref: { sha256: file.sha256, size: file.size }, mediaType: file.contentType, filename: file.name })
    })

    app.post('/nhan/goi/:deliveryId/da-nhan', HIDDEN, async (request: ById, reply) => {
      formOf(request)
      await settle(request)
      return await reply.redirect(`${invitations.site.path}/nhan/goi/${request.params.deliveryId}`, 303)
    })

    app.post('/nhan/goi/:deliveryId/tra-lai', HIDDEN, async (request: ById, reply) => {
      const reason = (formOf(request).get('reason') ?? '').trim()
      if (reason === '' || reason.length > MOST_REASON_LENGTH) {
        return show(request, reply, pickUpPage(await opened(request), readerOf(request), text(`Cần ghi lý do, nhiều nhất ${MOST_REASON_LENGTH} ký tự.`, `A reason is needed, of at most ${MOST_REASON_LENGTH} characters.`)))
      }
      await settle(request, { code: 'RECIPIENT_REFUSED', detail: text(reason, reason) })
      return await reply.redirect(`${invitations.site.path}/nhan/goi/${request.params.deliveryId}`, 303)
    })
  }
}

/** Forms of browsers, small ones. */
function acceptForms (app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<string>('application/x-www-form-urlencoded', { parseAs: 'string', bodyLimit: MOST_FORM_BYTES }, (_request, body, done) => { done(null, new URLSearchParams(body)) })
}

/** The same errors as everywhere, as a page. */
function replyFault (thrown: unknown, request: FastifyRequest, reply: FastifyReply, reader: Reader): FastifyReply {
  const { code, detail, retryAfterSeconds, cause } = toHubError(thrown)
  const { status, title } = CATALOGUE[code]
  factsOf(request).code = code
  if (status >= 500 && cause !== undefined) request.log.error({ err: cause, code, traceId: request.id }, 'request.failed')
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds))
  for (const name of ['content-disposition', 'content-digest', 'etag']) void reply.removeHeader(name)
  // A clerk has no account that could be wrong.
  const heading = code === 'UNAUTHENTICATED' ? text('Phiên đã hết', 'The session is over') : title
  return replyPage(reply, { ...faultPage({ status, title: heading, detail }, reader), language: reader.language })
}
