// Links to single files of packages for systems that fetch by URL: the token is all that is needed and says all, so nothing
// is stored, every process can answer, and nothing can be guessed or listed.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { AdapterLinks } from '../ports/adapter.js'
import { createSeal } from './seal.js'

/** What a link leads to. */
export interface LinkedFile {
  readonly packageId: string
  /** Number of the attachment, from 1. */
  readonly attachment: number
}

export interface FileLinks extends Pick<AdapterLinks, 'publish'> {
  /** What a token leads to; undefined for a token that this hub has not made. Throws `LINK_EXPIRED`. */
  read (token: string): LinkedFile | undefined
}

export interface LinkSettings {
  /** Where the outside reaches this hub, without a slash at the end; null: no links are made. */
  publicUrl: string | null
  secret: string | null
  /** Still good for links made before the secret was changed. */
  previousSecret: string | null
  lifetimeDays: number
}

const DAY_MS = 86_400_000

/** `now` is hub time, epoch ms. */
export function createFileLinks ({ publicUrl, secret, previousSecret, lifetimeDays }: LinkSettings, now: () => number): FileLinks {
  const { seal, open } = createSeal([secret, previousSecret], 'lienthong file link 1\n')
  return {
    async publish ({ packageId, attachment, expiresAt }) {
      // Whole days: a repeated attempt of the same day names the same link.
      const ends = expiresAt ?? (Math.floor(now() / DAY_MS) + 1 + lifetimeDays) * DAY_MS
      const token = seal(Buffer.from(`${packageId} ${attachment} ${Math.ceil(ends / 1000)}`).toString('base64url'))
      if (publicUrl === null || token === undefined) throw notConfigured()
      return `${publicUrl}/files/${token}`
    },
    read (token) {
      const payload = open(token)
      if (payload === undefined) return undefined
      const [packageId = '', attachment = '', ends = ''] = Buffer.from(payload, 'base64url').toString('utf8').split(' ')
      if (Number(ends) * 1000 <= now()) throw new HubError('LINK_EXPIRED', text('Liên kết đã hết hạn.', 'The link has expired.'))
      return { packageId, attachment: Number(attachment) }
    }
  }
}

/** Links need to know where they lead, and what signs them. */
export function notConfigured (): HubError {
  return new HubError('CONFIG_INVALID', text('Chưa cấu hình liên kết tệp: cần links.publicUrl và links.secret.', 'File links are not configured: links.publicUrl and links.secret are needed.'))
}
