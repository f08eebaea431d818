// A clerk of an agency without a system: a mailbox on a server that keeps what it takes, and the links in its mails.
import type { Test } from 'tap'
import { startMailServer, type MailServer, type ReceivedMail } from '../../adapters/email/harness.js'
import type { HubConfig } from '../../src/model/generated.js'
import { documentMessage } from '../unit/formats/edxml-messages.js'

export const CLERK = 'vanthu@sonoivu.example.vn'
export const SUBJECT = 'V/v chuẩn bị hội nghị không ai được biết'
export const FILE = '%PDF-1.4 mời họp'

/** A mail server, and a configuration in which the clerk of H36.02 is told by mail, with `settings` beyond the usual ones. */
export async function openMailbox (t: Test, { publicUrl, settings = {} }: { publicUrl: string, settings?: object }): Promise<{ server: MailServer, withMail: (config: HubConfig) => HubConfig }> {
  const server = await startMailServer()
  t.teardown(async () => { await server.stop() })
  const usual = { host: '127.0.0.1', port: server.port, security: 'none', from: 'truc@lamdong.example.vn', recipients: { 'H36.02': CLERK } }
  return {
    server,
    withMail: config => ({
      ...config,
      links: { ...config.links, publicUrl, secret: 'bi-mat-cua-lien-ket-khong-ai-doan-duoc' },
      endpoints: config.endpoints.map(endpoint => endpoint.id === 'so-nganh' ? { ...endpoint, adapter: 'email', settings: { ...usual, ...settings } } : endpoint)
    })
  }
}

/** A document for the clerk, with one file. */
export function documentForClerk (documentId: string, { name, content } = { name: 'Giấy mời.pdf', content: Buffer.from(FILE) }): string {
  return documentMessage({ to: ['H36.02'], documentId, attachments: [{ name, content: content.toString('base64') }] })
    .replace(/<Subject>[^<]*/, `<Subject>${SUBJECT}`)
}

/** The mail as a person sees it. */
export function readable ({ raw }: ReceivedMail): string {
  return raw.toString('utf8').replace(/=\r\n/g, '').replace(/(?:=[0-9A-F]{2})+/g, hex => Buffer.from(hex.replaceAll('=', ''), 'hex').toString('utf8'))
}

export function linkIn (mail: ReceivedMail | undefined): string {
  return /https?:\/\/[^\s"<]+\/nhan\/[\w-]{43}/.exec(mail === undefined ? '' : readable(mail))?.[0] ?? 'no link'
}
