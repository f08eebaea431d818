// The mail itself: the province's wording with facts of the envelope in it. Never a word of the document, not even its subject (trích yếu).
import { type Envelope, plain } from 'lienthong/adapter'
import MailComposer from 'nodemailer/lib/mail-composer'

export interface Wording { subject: string, reminderSubject: string, text: string }

export interface NoticeFacts {
  envelope: Envelope
  /** Main code of the agency that it is for. */
  recipient: string
  link: string
  /** Epoch ms. */
  linkUntil: number
}

export interface Mail {
  from: { name: string, address: string }
  to: string
  /** Without angle brackets. */
  messageId: string
  subject: string
  text: string
  html: string
  /** Epoch ms. */
  at: number
  deliveryId: string
}

const KINDS: Readonly<Record<Envelope['kind'], string>> = { document: 'Văn bản', dossier: 'Hồ sơ', status: 'Trạng thái xử lý' }
const URGENCIES = ['Thường', 'Khẩn', 'Thượng khẩn', 'Hỏa tốc', 'Hỏa tốc hẹn giờ'] as const
const MOST_FACT_LENGTH = 200

/** Fills in a wording. What comes from the sender is one line of plain text, so no fact can add a header, a line or markup. */
export function writeNotice (wording: Wording, facts: NoticeFacts, subject: 'subject' | 'reminderSubject'): Pick<Mail, 'subject' | 'text' | 'html'> {
  const values = valuesOf(facts)
  const fill = (template: string, write: (name: string, value: string) => string): string => template.replace(/\{(\w+)\}/g, (_, name: string) => write(name, values[name] ?? ''))
  const asIs = (_name: string, value: string): string => value
  const inHtml = (name: string, value: string): string => name === 'link' ? `<a href="${escapeHtml(value)}" rel="noreferrer">${escapeHtml(value)}</a>` : escapeHtml(value)
  const paragraphs = escapeHtml(wording.text).trim().split(/\n{2,}/).map(lines => `<p>${fill(lines.replaceAll('\n', '<br>\n'), inHtml)}</p>`)
  return {
    subject: fill(wording[subject], asIs),
    text: fill(wording.text, asIs),
    html: `<!doctype html>\n<html lang="vi"><head><meta charset="utf-8"></head><body>\n${paragraphs.join('\n')}\n</body></html>\n`
  }
}

function valuesOf ({ envelope, recipient, link, linkUntil }: NoticeFacts): Record<string, string> {
  const { from, to, kind, priority, notation, dueDate } = envelope
  const fact = (value: string): string => plain(value, { maxLength: MOST_FACT_LENGTH })
  const addressed = to.find(({ code }) => code === recipient) ?? (to.length === 1 ? to[0] : undefined)
  return {
    sender: fact(from.name ?? from.code),
    recipient: fact(addressed?.name ?? recipient),
    kind: KINDS[kind],
    notation: fact(notation ?? '(không số)'),
    urgency: URGENCIES[priority] ?? String(priority),
    deadline: dueDate === undefined ? 'không nêu' : dueDate.split('-').reverse().join('/'),
    link,
    linkUntil: new Intl.DateTimeFormat('vi-VN', { timeZone: 'Asia/Ho_Chi_Minh', dateStyle: 'short', timeStyle: 'short' }).format(linkUntil)
  }
}

function escapeHtml (value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** The mail as bytes (RFC 5322, MIME). Header values are encoded; nothing is read from files or addresses. */
export async function composeMail ({ from, to, messageId, subject, text, html, at, deliveryId }: Mail): Promise<Buffer> {
  const composer = new MailComposer({
    from,
    to,
    subject,
    text,
    html,
    messageId: `<${messageId}>`,
    date: new Date(at),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All', 'Lienthong-Delivery': deliveryId },
    disableFileAccess: true,
    disableUrlAccess: true
  })
  return await composer.compile().build()
}
