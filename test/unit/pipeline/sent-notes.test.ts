// What an adapter says it sent is kept whole or not at all, and never without end.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { openFilesystemBlobs } from '../../../src/blobs/filesystem.js'
import type { Blobs } from '../../../src/ports/blobs.js'
import { createSentNotes } from '../../../src/pipeline/sent-notes.js'
import { createSpooled } from '../../../src/pipeline/spool.js'

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const json = (body: Buffer, call = 'DongBoHoSoMC'): { call: string, mediaType: string, body: Buffer } => ({ call, mediaType: 'application/json', body })
const INLINE = 100

async function open (t: Test): Promise<{ blobs: Blobs, options: Pick<Parameters<ReturnType<typeof createSentNotes>['keep']>[0], 'attempt' | 'files' | 'openSpooled'> }> {
  const blobs = await openFilesystemBlobs({ directory: join(t.testdir({}), 'blobs') })
  t.teardown(async () => { await blobs.close() })
  return { blobs, options: { attempt: 3, files: ['f'.repeat(64)], openSpooled: () => createSpooled(blobs, INLINE) } }
}

t.test('small requests are kept in the row, large ones as blobs, files of the package, and no others, by their hash alone', async t => {
  const { blobs, options } = await open(t)
  const [small, large, file] = [Buffer.from('{"a":1}'), Buffer.alloc(INLINE + 1, 'x'), { sha256: 'f'.repeat(64), size: 5 }]
  const notes = createSentNotes()
  notes.note({ call: 'UploadFile', mediaType: 'application/pdf', body: file })
  notes.note({ call: 'UploadFile', mediaType: 'application/pdf', body: { sha256: 'e'.repeat(64), size: 5 } })
  notes.note(json(small))
  notes.note(json(large, 'L'.repeat(300)))
  notes.note(json(small))
  const { requests, payloads } = await notes.keep({ ...options, earlier: undefined }) ?? {}
  const ref = (body: Buffer, call: string): object => ({ call, mediaType: 'application/json', attempt: 3, sha256: sha256(body), size: body.length })
  t.same(requests, [
    { call: 'UploadFile', mediaType: 'application/pdf', attempt: 3, ...file }, ref(small, 'DongBoHoSoMC'), ref(large, 'L'.repeat(100)), ref(small, 'DongBoHoSoMC')
  ], 'each time that it went out')
  t.same(payloads, [{ sha256: sha256(small), inline: small }, { sha256: sha256(large) }], 'each content once')
  t.same(await buffer(await blobs.open(sha256(large))), large)
})

t.test('requests of earlier attempts stay before them, the oldest go when there are too many', async t => {
  const { options } = await open(t)
  const earlier = Array.from({ length: 200 }, (_, n) => ({ call: `c${n}`, mediaType: 'application/json', attempt: 1, sha256: 'a'.repeat(64), size: 1 }))
  const notes = createSentNotes()
  notes.note(json(Buffer.from('{}')))
  const { requests } = await notes.keep({ ...options, earlier }) ?? {}
  t.same([requests?.length, requests?.[0]?.call, requests?.at(-1)?.attempt], [200, 'c1', 3])
})

t.test('an attempt without end is kept up to 200 requests and 16 MiB, and nothing that comes after it', async t => {
  const { options } = await open(t)
  const many = createSentNotes()
  for (let n = 0; n < 300; n++) many.note(json(Buffer.from(String(n))))
  t.same((await many.keep({ ...options, earlier: [] }))?.requests?.map(({ size }) => size).slice(-1), [3])
  const large = createSentNotes()
  for (const mebibytes of [10, 7, 6]) large.note(json(Buffer.alloc(mebibytes * 2 ** 20)))
  t.same((await large.keep({ ...options, earlier: [] }))?.requests?.map(({ size }) => size / 2 ** 20), [10, 6])
  large.note(json(Buffer.from('late')))
  t.equal(await large.keep({ ...options, earlier: [] }), undefined)
})

t.test('where nothing was noted, nothing is said', async t => {
  const { options } = await open(t)
  t.equal(await createSentNotes().keep({ ...options, earlier: [] }), undefined)
})

t.test('storage that is away is told to whoever keeps, and leaves nothing behind', async t => {
  const { options } = await open(t)
  const notes = createSentNotes()
  notes.note(json(Buffer.alloc(INLINE + 1)))
  await t.rejects(notes.keep({ ...options, earlier: [], openSpooled: () => createSpooled({ writer: async () => { throw new Error('the disk is away') } }, INLINE) }), /the disk is away/)
})
