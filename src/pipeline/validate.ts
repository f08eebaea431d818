// validate: is the sender who the caller may speak for? What the content says about itself was checked by its codec.
import { fault } from '../errors.js'
import type { Agency } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import { text } from '../model/text.js'
import type { Directory } from '../ports/directory.js'
import { placesOf } from '../formats/pointers.js'
import type { Received, Validated } from './types.js'

/** Collects every fault; throws none, so that routing can add what it finds. */
export function validate (received: Received, { directory, at }: { directory: Directory, at: number }): Validated {
  const { envelope, content, faults } = received.decoded
  const code = envelope.from.code
  const pointer = placesOf(received).sender
  const sender = code === '' ? undefined : directory.find(code, at)
  const found = sender === undefined ? unknownSender(code, pointer) : senderFaults(sender, { received, directory, at, pointer })
  const claimed = content.kind === 'status' && content.status.receipt !== undefined && received.arrival.caller.role !== 'hub' ? [foreignReceipt()] : []
  return { received, at, faults: [...faults, ...found, ...claimed], ...(sender === undefined ? {} : { sender }) }
}

function foreignReceipt (): Fault {
  return fault('FIELD_UNKNOWN', '/status/receipt', text('Chỉ trục liên thông mới ghi trường này.', 'Only the hub writes this field.'))
}

function unknownSender (code: string, pointer: string): Fault[] {
  // A missing code is a fault of the content and was reported as such.
  if (code === '') return []
  return [fault('SENDER_UNKNOWN', pointer, text(`Mã cơ quan gửi "${code}" không có trong danh mục.`, `The sender's code "${code}" is not in the directory.`), { found: code })]
}

function senderFaults (sender: Agency, context: { received: Received, directory: Directory, at: number, pointer: string }): Fault[] {
  const { received: { arrival: { caller } }, directory, at, pointer } = context
  const successors = directory.view(sender.code, at)?.successors ?? []
  // What it tells is what became of a delivery, also in the name of an agency that has closed meanwhile.
  if (caller.role === 'hub') return []
  const speaksFor = caller.role === 'agency' && [sender.code, ...successors].some(code => caller.agencies.includes(code))
  if (!speaksFor) {
    return [fault('SENDER_NOT_ALLOWED', pointer,
      text(`Tài khoản này không được gửi thay ${sender.name} (${sender.code}).`, `This account may not send for ${sender.name} (${sender.code}).`),
      { expected: caller.agencies.join(', '), found: sender.code })]
  }
  if (directory.maySend(sender, at)) return []
  return [fault('SENDER_CLOSED', pointer,
    text(`${sender.name} (${sender.code}) đã đóng từ ${sender.closedFrom ?? '?'}; hãy dùng mã của cơ quan kế thừa.`,
      `${sender.name} (${sender.code}) closed on ${sender.closedFrom ?? '?'}; use its successor's code.`),
    { ...(successors.length > 0 ? { expected: successors.join(', ') } : {}), found: sender.code })]
}
