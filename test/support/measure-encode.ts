// Run as a process of its own: encodes one edXML message with a large attachment, read from a blob on the disk, and prints
// time and memory as JSON. Arguments: megabytes of the attachment, its name (a PDF goes as it is, most others in a ZIP).
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFilesystemBlobs } from '../../src/blobs/filesystem.js'
import { encodeEdxml, type EdxmlSource } from '../../src/formats/edxml/encode.js'
import type { BlobRef, Blobs } from '../../src/ports/blobs.js'
import { measureCost } from './measure.js'

const [megabytes = '50', name = 'a.pdf'] = process.argv.slice(2)
const BLOCK = 64 * 1024

/** Bytes that no compression makes small. */
async function writeBlob (blobs: Blobs): Promise<BlobRef> {
  const writer = await blobs.writer()
  for (let n = 0; n < Number(megabytes) * 2 ** 20 / BLOCK; n++) await writer.write(randomBytes(BLOCK))
  const ref = await writer.end()
  await writer.commit()
  return ref
}

function messageWith ({ sha256, size }: BlobRef): EdxmlSource {
  const attachments = [{ n: 1, name, contentType: 'application/octet-stream', size, sha256 }]
  return {
    envelope: { kind: 'document', action: 'new', identifier: 'a', correlationId: 'a', from: { code: 'H36' }, to: [{ code: 'H36.11' }], priority: 0 },
    content: { kind: 'document', document: { documentId: 'H36,2026/03/16,1520/UBND-VX', docType: 'new', attachments } },
    attachments
  }
}

const directory = await mkdtemp(join(tmpdir(), 'lienthong-encode-'))
try {
  const blobs = await openFilesystemBlobs({ directory })
  const ref = await writeBlob(blobs)
  const cost = await measureCost(async () => {
    let written = 0
    for await (const chunk of encodeEdxml(messageWith(ref), { openAttachment: async () => await blobs.open(ref.sha256) })) written += chunk.length
    if (written < ref.size * 4 / 3) throw new Error(`only ${written} bytes were written`)
    return ref.size
  })
  await blobs.close()
  process.stdout.write(JSON.stringify(cost))
} finally {
  await rm(directory, { recursive: true, force: true })
}
