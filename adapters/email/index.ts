// email: tells the clerk of an agency without a system that something waits, with a one-time link to fetch it. The mail never holds the
// document; it stays in the hub until the clerk has opened the link and said so.
import {
  type AdapterKit, type AdapterSession, available, deferred, defineAdapter, delivered, type OutboundDelivery, type Outcome, problem, text
} from 'lienthong/adapter'
import settingsSchema from './config.schema.json' with { type: 'json' }
import manifest from './manifest.json' with { type: 'json' }
import { composeMail, writeNotice, type Wording } from './notice.js'
import { outcomeOfSmtp } from './outcome.js'
import { type ServerSettings, SmtpFailure, withServer } from './smtp.js'

interface Settings extends ServerSettings, Wording {
  from: string
  fromName: string
  recipients: Record<string, string>
  linkDays: number
  remindAfterHours?: number
}

interface Notice extends Pick<OutboundDelivery, 'deliveryId' | 'envelope' | 'recipient'> {
  /** Before the @ of the Message-ID: the same for repetitions, so that mail systems show them once. */
  messageName: string
  subject: 'subject' | 'reminderSubject'
  remindAt?: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export const adapter = defineAdapter<Settings>({
  manifest,
  settingsSchema,
  async open (settings, kit) {
    return createSession(settings, kit)
  }
})

function createSession (settings: Settings, kit: AdapterKit): AdapterSession {
  const { remindAfterHours, password } = settings
  // The account is sent in Base64, and a server may echo that.
  const redact = password === undefined ? [] : [password, Buffer.from(password).toString('base64')]
  const asOutcome = (error: unknown): Outcome => {
    if (error instanceof SmtpFailure) return outcomeOfSmtp(error, { redact })
    throw error
  }
  const notify = async (notice: Notice, signal: AbortSignal): Promise<Outcome> => await send(notice, { settings, kit, signal }).catch(asOutcome)
  return {
    async probe (signal) {
      return await withServer(settings, { network: kit.network, signal }, async () => delivered()).catch(asOutcome)
    },
    async deliver ({ deliveryId, envelope, recipient }, signal) {
      const remindAt = remindAfterHours === undefined ? {} : { remindAt: kit.now() + remindAfterHours * HOUR_MS }
      return await notify({ deliveryId, envelope, recipient, messageName: deliveryId, subject: 'subject', ...remindAt }, signal)
    },
    async remind ({ deliveryId, envelope, recipient, reminderId }, signal) {
      return await notify({ deliveryId, envelope, recipient, messageName: reminderId, subject: 'reminderSubject' }, signal)
    },
    async close () {}
  }
}

async function send (notice: Notice, { settings, kit, signal }: { settings: Settings, kit: AdapterKit, signal: AbortSignal }): Promise<Outcome> {
  const { deliveryId, envelope, recipient, messageName, subject, remindAt } = notice
  const { from, fromName, recipients, linkDays } = settings
  const to = Object.hasOwn(recipients, recipient) ? recipients[recipient] : undefined
  if (to === undefined) {
    return deferred(problem('CONFIG_INVALID', text(`Chưa khai báo địa chỉ thư của ${recipient} (settings.recipients).`, `There is no address for ${recipient} (settings.recipients).`)))
  }
  return await withServer(settings, { network: kit.network, signal }, async sendOne => {
    const at = kit.now()
    const linkUntil = at + linkDays * DAY_MS
    // Only now: a link is made for a mail that is about to go, not for every try at a server that is away.
    const link = await kit.links.invite({ deliveryId, to, expiresAt: linkUntil, ...(remindAt === undefined ? {} : { remindAt }) })
    const written = writeNotice(settings, { envelope, recipient, link, linkUntil }, subject)
    const messageId = `${messageName}@${from.slice(from.lastIndexOf('@') + 1)}`
    await sendOne({ from, to }, await composeMail({ from: { name: fromName, address: from }, to, messageId, ...written, at, deliveryId }))
    return available()
  })
}
