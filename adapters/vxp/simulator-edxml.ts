// What the simulated axis objects to in a message, and how it changes it on its way. By patterns, as a fake may.
import type { Faults } from './simulator-faults.js'

/** The envelope is in the head of a message; files come after it. */
const HEAD_BYTES = 512 * 1024

/** What a strict deserialiser objects to; undefined when it has nothing to say. */
export function strictFault (bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, HEAD_BYTES).toString('utf8').replace(/<!--[\s\S]*?-->/g, '')
  const root = /<(?![?!])([\w:.-]+)/.exec(head)?.[1]
  if (root !== 'edXML') return `<${root ?? ''} xmlns=''> was not expected.`
  const bare = /<(edXMLEnvelope|edXMLHeader|edXMLBody|MessageHeader|TraceHeaderList)[\s>]/.exec(head)?.[1]
  return bare === undefined ? undefined : `unexpected element ${bare}: the prefix edXML is expected`
}

const TRACE_END = /<\/(\w+:)?TraceHeader>(?![\s\S]*<\/(?:\w+:)?TraceHeader>)/

/** The message as a receiver gets it: traced, and written anew in the ways that are switched on. `at` is epoch ms. */
export function passOn (bytes: Buffer, faults: Faults, at: number): Buffer {
  const { trace, dropEmpty, insertDirection, rezip, stripSignature, emptyResponseFor } = faults
  if (trace === 'off' && !dropEmpty && !insertDirection && !rezip && !stripSignature && !emptyResponseFor) return bytes
  // Files stand after the envelope: only what is before them is looked at, so that size does not matter.
  const end = bytes.indexOf('AttachmentEncoded')
  const cut = end < 0 ? bytes.length : bytes.lastIndexOf('<', end)
  let head = bytes.subarray(0, cut).toString('utf8')
  let rest = bytes.subarray(cut)
  if (trace !== 'off') head = head.replace(TRACE_END, (all, prefix: string = '') => `${all}<${prefix}TraceHeader><${prefix}OrganId>${trace === 'null' ? 'null' : 'VXP'}</${prefix}OrganId><${prefix}Timestamp>${traceTime(at)}</${prefix}Timestamp></${prefix}TraceHeader>`)
  if (dropEmpty) head = head.replace(/<!--[\s\S]*?-->/g, '').replace(/<([\w:]+)\s*(?:\/>|><\/\1>)/g, '')
  if (insertDirection) head = head.replace(/<\/(\w+:)?MessageHeader>/, (all, prefix: string = '') => `<${prefix}Direction>false</${prefix}Direction>${all}`)
  if (stripSignature) head = head.replaceAll(' xmlns="http://www.w3.org/2000/09/xmldsig#"', '')
  if (emptyResponseFor) head = head.replace(/<(\w+:)?\/?ResponseFor>/.test(head) ? /$^/ : /<\/(\w+:)?MessageHeader>/, (all, prefix: string = '') => `<${prefix}ResponseFor/>${all}`)
  if (rezip) rest = rezipped(rest)
  return Buffer.concat([Buffer.from(head), rest])
}

function traceTime (at: number): string {
  return new Date(at + 7 * 3_600_000).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')
}

/** Each file inside a ZIP of its own, its declared ContentType as it was. */
function rezipped (attachments: Buffer): Buffer {
  return Buffer.from(attachments.toString('latin1').replace(/(<(?:\w+:)?ContentTransferEncoded[^>]*>)([^<]*)(<)/g, (_all, open: string, content: string, close: string) =>
    `${open}${storedZip('tep', Buffer.from(content, 'base64')).toString('base64')}${close}`), 'latin1')
}

/** A ZIP of one file, not compressed (PKWARE APPNOTE 4.3). */
function storedZip (name: string, content: Buffer): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt32LE(crc32(content), 10)
  fields.writeUInt32LE(content.length, 14)
  fields.writeUInt32LE(content.length, 18)
  fields.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), fields, Buffer.from(name), content])
  const central = Buffer.concat([Buffer.from('PK\u0001\u0002'), Buffer.from([20, 0]), fields, Buffer.alloc(14), Buffer.from(name)])
  const end = Buffer.alloc(18)
  end.writeUInt16LE(1, 4)
  end.writeUInt16LE(1, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(local.length, 12)
  return Buffer.concat([local, central, Buffer.from('PK\u0005\u0006'), end])
}

function crc32 (content: Buffer): number {
  let crc = ~0
  for (const byte of content) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
