// What a simulated system reads in an edXML message. By patterns, as a fake may: the hub's own reader must not judge what the
// fake does to its writer.

export interface MessageFacts { from: string | undefined, recipients: string[], title: string | undefined, notation: string | undefined }

/** Routing facts are in the head of a message; files come after it. */
const HEAD_BYTES = 512 * 1024

/** Undefined when it is no edXML. Statuses go to the agency that they answer. */
export function readMessageFacts (bytes: Buffer, messageType: string): MessageFacts | undefined {
  const head = bytes.subarray(0, HEAD_BYTES).toString('utf8')
  if (!/<(?:\w+:)?edXML[\s>]/.test(head)) return undefined
  const header = partOf(head, 'MessageHeader') ?? ''
  const responseFor = partOf(header, 'ResponseFor') ?? ''
  const recipients = messageType === 'status'
    ? [textOf(responseFor, 'OrganId')]
    : [...header.matchAll(/<(?:\w+:)?To>([\s\S]*?)<\/(?:\w+:)?To>/g)].map(([, party = '']) => textOf(party, 'OrganId'))
  const number = [textOf(header, 'CodeNumber'), textOf(header, 'CodeNotation')].filter(part => part !== undefined).join('/')
  return {
    from: textOf(partOf(header, 'From') ?? '', 'OrganId'),
    recipients: [...new Set(recipients.flatMap(code => code ?? []))],
    title: textOf(header, 'Subject') ?? textOf(header, 'Description'),
    notation: messageType === 'status' ? textOf(responseFor, 'Code') : number === '' ? undefined : number
  }
}

function partOf (xml: string, name: string): string | undefined {
  return new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([\\s\\S]*?)</(?:\\w+:)?${name}>`).exec(xml)?.[1]
}

function textOf (xml: string, name: string): string | undefined {
  const found = partOf(xml, name)?.trim().replace(/&(lt|gt|amp|quot|apos);/g, (_all, entity: string) => ({ lt: '<', gt: '>', amp: '&', quot: '"', apos: '\'' })[entity] ?? '')
  return found === undefined || found === '' ? undefined : found
}
