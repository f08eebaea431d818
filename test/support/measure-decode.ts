// Run as a process of its own: decodes one edXML message with a large attachment and prints time and memory as JSON.
// Arguments: megabytes of the attachment, bytes per chunk (at least the whole message: one giant chunk), line width.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { DEFAULT_LIMITS, type Spool } from '../../src/formats/codec.js'
import { edxmlCodec } from '../../src/formats/edxml/index.js'
import { measureCost } from './measure.js'

const [megabytes = 50, chunkBytes = 65536, lineWidth = 0] = process.argv.slice(2).map(Number)
const NAMESPACE = 'http://www.mic.gov.vn/TBT/QCVN_102_2016'
const HEAD = `<edXML xmlns="${NAMESPACE}"><edXMLEnvelope><edXMLHeader><MessageHeader><From><OrganId>H36</OrganId></From></MessageHeader></edXMLHeader></edXMLEnvelope>` +
  '<AttachmentEncoded><Attachment><ContentId>a</ContentId><AttachmentName>a.bin</AttachmentName><ContentTransferEncoded>'
const TAIL = '</ContentTransferEncoded></Attachment></AttachmentEncoded></edXML>'

function createHashingSpool (): Spool {
  const hash = createHash('sha256')
  let size = 0
  return {
    async write (chunk) { hash.update(chunk); size += chunk.byteLength },
    async read () { return Readable.from([]) },
    async end () { return { sha256: hash.digest('hex'), size } },
    async discard () {}
  }
}

const line = Buffer.from('AbCd'.repeat(16_384))
const wrapped = lineWidth > 0 ? Buffer.from(line.toString().replace(new RegExp(`.{${lineWidth}}`, 'g'), '$&\n')) : line

/** 48 KiB of content per block. */
async function * content (): AsyncGenerator<Buffer> {
  yield Buffer.from(HEAD)
  const total = Math.ceil(megabytes * 2 ** 20 / 49_152)
  if (chunkBytes > total * wrapped.length) yield giant
  else for (let block = 0; block < total; block++) {
    // A socket gives the loop a turn now and then.
    if (block % 4 === 0) await turn()
    yield wrapped
  }
  yield Buffer.from(TAIL)
}

const giant = chunkBytes > Math.ceil(megabytes * 2 ** 20 / 49_152) * wrapped.length ? Buffer.alloc(Math.ceil(megabytes * 2 ** 20 / 49_152) * wrapped.length, wrapped) : Buffer.alloc(0)
const limits = { ...DEFAULT_LIMITS, maxBytes: 1024 * 2 ** 20, maxAttachmentBytes: 1024 * 2 ** 20 }
const cost = await measureCost(async () => {
  const { attachments } = await edxmlCodec.decode(content(), (async function * () {})(), { limits, spool: async () => createHashingSpool() })
  return attachments[0]?.size ?? 0
})
process.stdout.write(JSON.stringify(cost))
