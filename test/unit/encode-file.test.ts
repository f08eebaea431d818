// What `lienthong decode` prints is what `lienthong encode` reads: one reader of canonical JSON, for the command line, too.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'
import { decodeFile } from '../../src/decode-file.js'
import { encodeFile } from '../../src/encode-file.js'
import { PACKAGE_EXAMPLE } from '../../src/http/examples.js'
import { strictFaults } from '../support/strict-edxml.js'
import { decode } from './formats/edxml-messages.js'

const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/edxml/', import.meta.url))
const OPTIONS = { format: 'edxml', codes: 'as-written', zip: 'vendor', directoryFiles: [], at: 0 } as const

async function encoded (file: string): Promise<{ bytes: Buffer, notes: string[] }> {
  const { message, notes } = await encodeFile(file, OPTIONS)
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  return { bytes: Buffer.concat(chunks), notes }
}

test('decode, then encode: the strict message; files that are not inside are left out with a note', async t => {
  const folder = t.testdir()
  for (const name of ['status_03_acceptance.edxml', 'edoc_new.edxml']) {
    const { printed } = await decodeFile(join(FIXTURES, name), { at: 0, direction: 'outbound' })
    const file = join(folder, `${name}.json`)
    await writeFile(file, JSON.stringify(printed))
    const { bytes, notes } = await encoded(file)
    t.same(strictFaults(bytes.toString()), [], name)
    t.equal(notes.length, (printed['attachments'] as unknown[]).length)
  }
})

test('a file inside goes into the message; what is not canonical is told field by field', async t => {
  const folder = t.testdir({ 'a.json': JSON.stringify(PACKAGE_EXAMPLE), 'b.json': JSON.stringify({ ...PACKAGE_EXAMPLE, document: { docType: 'new', subjekt: '' } }) })
  const { attachments } = await decode((await encoded(join(folder, 'a.json'))).bytes)
  t.match(attachments, [{ name: 'cong-van-16.pdf', contentType: 'application/pdf' }])
  await t.rejects(encoded(join(folder, 'b.json')), { code: 'PACKAGE_INVALID', errors: [{ code: 'FIELD_MISSING' }, { code: 'FIELD_UNKNOWN' }] })
})
