// The pages behind a one-time link, for a clerk who has no system: what waits, its files, and the two answers that can be given.
import type { Attachment, DeliveryState } from '../../model/generated.js'
import { type Language, type Text, text } from '../../model/text.js'
import type { Invitation } from '../../ports/invitation-store.js'
import type { StoredDelivery, StoredPackage } from '../../ports/store.js'
import { MOST_LINKS, type PickUpSession } from '../../security/invitations.js'
import { html, type Markup, type Page } from './markup.js'

export interface Reader { language: Language, /** Before the paths of the hub. */ base: string }

type Content = Pick<Page, 'status' | 'title' | 'body'>

const ENDED = new Set<DeliveryState>(['delivered', 'refused', 'dead', 'expired', 'cancelled'])

/** Nothing can be fetched by it any more, by no link. */
export function hasEnded ({ state, deliveryExpiresAt }: Invitation, at: number): boolean {
  return ENDED.has(state) || deliveryExpiresAt <= at
}

/** What a GET of a link shows. Looking changes nothing, so that a mail scanner that follows the link spoils nothing. */
export function invitationPage ({ invitation, token, at }: { invitation: Invitation, token: string, at: number }, reader: Reader): Content {
  const say = (words: Text): string => words[reader.language]
  const action = `${reader.base}/nhan/${token}`
  if (hasEnded(invitation, at)) return endedPage(invitation, reader)
  if (invitation.openedAt === undefined && invitation.expiresAt > at) {
    const isReady = invitation.state === 'available'
    return {
      status: 200,
      title: say(text('Có văn bản chờ nhận', 'Something waits to be fetched')),
      body: html`<p>${say(text('Liên kết này chỉ mở được một lần và chỉ dành cho người nhận thư.', 'This link opens once, and only for whom the mail was sent to.'))}</p>
${isReady ? '' : html`<p role="status">${say(text('Hệ thống đang chuẩn bị, hãy thử lại sau ít phút.', 'It is being prepared; try again in a few minutes.'))}</p>`}
<form method="post" action="${action}"><button>${say(text('Mở', 'Open'))}</button></form>`
    }
  }
  const isUsed = invitation.openedAt !== undefined
  return {
    status: 410,
    title: say(isUsed ? text('Liên kết đã được dùng', 'The link has been used') : text('Liên kết đã hết hạn', 'The link has expired')),
    body: html`${isUsed ? html`<p>${say(text('Mỗi liên kết chỉ mở được một lần.', 'Each link opens once.'))} <a href="${reader.base}/nhan/goi/${invitation.deliveryId}">${say(text('Tôi vừa mở trên máy này, tiếp tục.', 'I have just opened it on this computer: go on.'))}</a></p>` : ''}
<p>${say(text(`Liên kết mới chỉ gửi được đến ${invitation.recipient}.`, `A new link is sent to ${invitation.recipient} and nowhere else.`))}</p>
<form method="post" action="${action}/moi"><button>${say(text('Gửi cho tôi liên kết mới', 'Send me a new link'))}</button></form>`
  }
}

function endedPage ({ state }: Invitation, { language }: Reader): Content {
  const words = state === 'delivered'
    ? text('Đã xác nhận nhận, không cần làm gì thêm.', 'It was acknowledged; there is nothing left to do.')
    : state === 'refused' ? text('Đã trả lại cho nơi gửi.', 'It was returned to the sender.') : text('Không còn nhận được nữa: đã quá hạn hoặc đã hủy.', 'It cannot be fetched any more: it has expired or was cancelled.')
  return { status: 410, title: text('Không còn chờ nhận', 'Nothing waits here')[language], body: html`<p>${words[language]}</p>` }
}

/** After somebody has asked for a new link. */
export function askedPage ({ recipient, isAsked }: { recipient: string, isAsked: boolean }, { language }: Reader): Content {
  return isAsked
    ? { status: 200, title: text('Liên kết mới đang được gửi', 'A new link is on its way')[language], body: html`<p role="status">${text(`Hãy xem hộp thư ${recipient}.`, `Look into the mailbox ${recipient}.`)[language]}</p>` }
    : {
        status: 429,
        title: text('Chưa gửi được liên kết mới', 'No new link now')[language],
        body: html`<p role="alert">${text(`Vừa có một liên kết được gửi đến ${recipient}. Hãy xem hộp thư, hoặc thử lại sau năm phút; mỗi ngày gửi nhiều nhất ${MOST_LINKS} liên kết.`, `A link was sent to ${recipient} not long ago. Look into the mailbox, or try again in five minutes; at most ${MOST_LINKS} links are sent a day.`)[language]}</p>`
      }
}

export interface Opened {
  session: PickUpSession
  delivery: StoredDelivery
  package: Omit<StoredPackage, 'deliveries'>
  /** As the directory has them, for senders that write codes only. */
  names: { from: string | undefined, to: string | undefined }
}

const URGENCIES: readonly Text[] = [text('Thường', 'Normal'), text('Khẩn', 'Urgent'), text('Thượng khẩn', 'Very urgent'), text('Hỏa tốc', 'Express'), text('Hỏa tốc hẹn giờ', 'Express, by the hour')]

/** What waits, for whoever has opened the link. `fault`: what was wrong with the form that was sent. */
export function pickUpPage ({ session, delivery, package: row, names }: Opened, reader: Reader, fault?: Text): Content {
  const say = (words: Text): string => words[reader.language]
  const here = `${reader.base}/nhan/goi/${session.deliveryId}`
  const { envelope: { from, notation, priority, dueDate, title }, attachments } = row
  const facts: Array<[Text, string | undefined]> = [
    [text('Nơi gửi', 'From'), from.name ?? names.from ?? from.code],
    [text('Nơi nhận', 'To'), names.to ?? session.agency],
    [text('Số, ký hiệu', 'Number'), notation],
    [text('Độ khẩn', 'Urgency'), say(URGENCIES[priority] ?? text('', ''))],
    [text('Hạn trả lời', 'Answer by'), dueDate?.split('-').reverse().join('/')]
  ]
  return {
    status: fault === undefined ? 200 : 400,
    title: title ?? notation ?? row.envelope.identifier,
    body: html`${fault === undefined ? '' : html`<p role="alert">${say(fault)}</p>`}
${stateOf(delivery, reader)}
<dl>${facts.flatMap(([name, value]) => value === undefined || value === '' ? [] : [html`<dt>${say(name)}</dt><dd>${value}</dd>`])}</dl>
<h2>${say(text('Tệp', 'Files'))}</h2>
${row.purgedAt === undefined && delivery.state !== 'refused' ? filesOf(attachments, here, reader) : html`<p>${say(text('Nội dung không còn tải được.', 'The content cannot be downloaded any more.'))}</p>`}
${delivery.state === 'available' ? formsOf(session, here, reader) : ''}`
  }
}

function stateOf ({ state }: StoredDelivery, { language }: Reader): Markup | string {
  if (state === 'delivered') return html`<p role="status">${text('Đã xác nhận nhận. Nơi gửi đã được báo.', 'Acknowledged. The sender is told.')[language]}</p>`
  if (state === 'refused') return html`<p role="status">${text('Đã trả lại. Nơi gửi đã được báo.', 'Returned. The sender is told.')[language]}</p>`
  return state === 'available' ? '' : html`<p role="alert">${text('Không còn chờ nhận.', 'It does not wait to be fetched any more.')[language]}</p>`
}

function filesOf (attachments: readonly Attachment[], here: string, { language }: Reader): Markup {
  return html`<ul>${attachments.map(({ n, name, size }) => html`<li><a href="${here}/tep/${n}" download>${name}</a> (${sizeOf(size, language)})</li>`)}
<li><a href="${here}/noi-dung" download>${text('Toàn bộ gói tin, dành cho phần mềm', 'The whole package, for software')[language]}</a></li></ul>`
}

function sizeOf (bytes: number, language: Language): string {
  const units = ['B', 'KB', 'MB', 'GB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return `${(bytes / 1024 ** power).toLocaleString(language, { maximumFractionDigits: power === 0 ? 0 : 1 })} ${units[power] ?? ''}`
}

function formsOf ({ formToken, expiresAt }: PickUpSession, here: string, { language }: Reader): Markup {
  const say = (words: Text): string => words[language]
  const proof = html`<input type="hidden" name="formToken" value="${formToken}">`
  const until = new Intl.DateTimeFormat(language, { timeZone: 'Asia/Ho_Chi_Minh', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(expiresAt)
  return html`<h2>${say(text('Xác nhận', 'Acknowledge'))}</h2>
<p>${say(text('Tải các tệp về trước, rồi bấm nút này.', 'Download the files first, then press this.'))}
${say(text(`Trang này dùng được đến ${until}; sau đó hãy mở lại liên kết trong thư để nhận liên kết mới.`, `This page works until ${until} (Vietnam); after that, open the link in the mail again to get a new one.`))}</p>
<form method="post" action="${here}/da-nhan">${proof}<button>${say(text('Đã nhận', 'Received'))}</button></form>
<h2>${say(text('Trả lại', 'Return'))}</h2>
<form method="post" action="${here}/tra-lai">${proof}
<label for="reason">${say(text('Lý do (nơi gửi sẽ đọc)', 'Reason (the sender reads it)'))}</label>
<textarea id="reason" name="reason" required maxlength="2000"></textarea>
<button class="other">${say(text('Trả lại', 'Return'))}</button></form>`
}

/** What went wrong, as a page. */
export function faultPage ({ status, title, detail }: { status: number, title: Text, detail: Text }, { language }: Reader): Content {
  return { status, title: title[language], body: html`<p role="alert">${detail[language]}</p>` }
}
