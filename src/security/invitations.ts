// One-time links for people: an agency without a system is sent one, opens it once, and has a short session for that one delivery.
// Tokens are random and stored as hashes; sessions are stored nowhere.
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { AdapterLinks } from '../ports/adapter.js'
import type { Invitation, InvitationStore } from '../ports/invitation-store.js'
import { notConfigured, type LinkSettings } from './links.js'
import { createSeal, isSame } from './seal.js'

/** Who has opened a link, and what may be done in its name. */
export interface PickUpSession {
  readonly deliveryId: string
  readonly agency: string
  /** The masked address. */
  readonly recipient: string
  /** Epoch ms. */
  readonly expiresAt: number
  /** Goes with every form of the session. */
  readonly formToken: string
}

export interface Invitations {
  /** What the kit of an endpoint lends; it invites to deliveries of that endpoint only. */
  inviting (endpoint: string): AdapterLinks['invite']
  /** Undefined for a token that is none, and for a delivery that is gone. */
  find (token: string): Promise<Invitation | undefined>
  /** Uses the link up. Undefined: too late, or somebody was faster. `cookie` proves the session. */
  open (token: string): Promise<{ session: PickUpSession, cookie: string } | undefined>
  /** Has a new link sent to the same address. False: not now, not so often, or there is nothing to fetch any more. */
  ask (token: string): Promise<boolean>
  /** Undefined for what was not made here, for another delivery, and when its time is over. */
  session (cookie: string, deliveryId: string): PickUpSession | undefined
  /** Did this session's own page send the form? */
  isOwnForm (session: PickUpSession, formToken: string): boolean
  /** The path of `publicUrl`, for links between the pages; cookies only over TLS when it is https. */
  readonly site: { readonly path: string, readonly isSecure: boolean }
}

const TOKEN = /^[\w-]{43}$/
const DAY_MS = 86_400_000
const SESSION_MS = 30 * 60_000
/** Between two links to one delivery when somebody asks for one. */
const ASK_GAP_MS = 5 * 60_000
/** Links to one delivery within a day, those included that the adapter sends by itself. */
export const MOST_LINKS = 12

export interface InvitationOptions {
  settings: LinkSettings
  store: Pick<InvitationStore, 'addInvitation' | 'findInvitation' | 'openInvitation' | 'askInvitation'>
  /** Hub time, epoch ms. */
  now: () => number
}

export function createInvitations ({ settings, store, now }: InvitationOptions): Invitations {
  const { publicUrl, secret, previousSecret, lifetimeDays } = settings
  const { seal, open: unseal } = createSeal([secret, previousSecret], 'lienthong pick-up session 1\n')
  const site = publicUrl === null ? undefined : new URL(publicUrl)

  async function invite (endpoint: string, { deliveryId, to, expiresAt, remindAt }: Parameters<AdapterLinks['invite']>[0]): Promise<string> {
    if (publicUrl === null || secret === null) throw notConfigured()
    const token = randomBytes(32).toString('base64url')
    const at = now()
    const isOwn = await store.addInvitation({
      tokenSha256: hashOf(token), deliveryId, endpoint, recipient: maskAddress(to), at, expiresAt: expiresAt ?? at + lifetimeDays * DAY_MS, ...(remindAt === undefined ? {} : { remindAt })
    })
    if (!isOwn) throw new HubError('NOT_FOUND', text(`Điểm kết nối không có lượt chuyển ${deliveryId}.`, `The endpoint has no delivery ${deliveryId}.`))
    return `${publicUrl}/nhan/${token}`
  }

  const whenToken = async <T>(token: string, otherwise: T, ask: (tokenSha256: string) => Promise<T>): Promise<T> => TOKEN.test(token) ? await ask(hashOf(token)) : otherwise

  return {
    inviting: endpoint => async invitation => await invite(endpoint, invitation),
    find: async token => await whenToken(token, undefined, async hash => await store.findInvitation(hash)),
    async open (token) {
      const found = await whenToken(token, undefined, async hash => await store.openInvitation(hash, { at: now() }))
      if (found === undefined) return undefined
      const { deliveryId, agency, recipient } = found
      const expiresAt = now() + SESSION_MS
      const cookie = seal(Buffer.from(JSON.stringify({ deliveryId, agency, recipient, expiresAt, nonce: randomBytes(16).toString('hex') })).toString('base64url'))
      if (cookie === undefined) throw notConfigured()
      return { session: { deliveryId, agency, recipient, expiresAt, formToken: formTokenOf(cookie) }, cookie }
    },
    ask: async token => await whenToken(token, false, async hash => await store.askInvitation(hash, { at: now(), gapMs: ASK_GAP_MS, mostPerDay: MOST_LINKS })),
    session (cookie, wanted) {
      const payload = unseal(cookie)
      if (payload === undefined) return undefined
      const { deliveryId, agency, recipient, expiresAt } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as PickUpSession
      return deliveryId === wanted && expiresAt > now() ? { deliveryId, agency, recipient, expiresAt, formToken: formTokenOf(cookie) } : undefined
    },
    isOwnForm: ({ formToken }, found) => isSame(found, formToken),
    site: { path: site === undefined || site.pathname === '/' ? '' : site.pathname, isSecure: site?.protocol === 'https:' }
  }
}

function hashOf (token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Whoever has the cookie can compute it; a page of another site cannot read the cookie. */
function formTokenOf (cookie: string): string {
  return createHmac('sha256', cookie).update('lienthong form 1').digest('base64url')
}

/** Enough to know the person by, too little to write to: `va***@xa.gov.vn`. */
export function maskAddress (address: string): string {
  const at = address.lastIndexOf('@')
  const local = [...address.slice(0, Math.max(0, at))]
  return `${local.slice(0, local.length > 2 ? 2 : 1).join('')}***${at < 0 ? '' : address.slice(at)}`
}
