// What any blob storage promises, as named tests. An implementation passes all of them or is none.
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test, type Test } from 'tap'
import type { BlobRef, Blobs, BlobWriter } from '../../src/ports/blobs.js'
import { liveBytes } from '../support/live-bytes.js'

/** One empty place for each promise. */
export interface BlobPlace {
  open (): Promise<Blobs>
  /** Everything that takes space there: finished or not. */
  count (): Promise<number>
  close (): Promise<void>
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export async function store (blobs: Blobs, ...chunks: Uint8Array[]): Promise<BlobRef> {
  const writer = await blobs.writer()
  for (const chunk of chunks) await writer.write(chunk)
  return await commit(writer)
}

/** Ends and commits; answers the address. */
export async function commit (writer: BlobWriter): Promise<BlobRef> {
  const ref = await writer.end()
  await writer.commit()
  return ref
}

export function testBlobPromises (name: string, openPlace: () => Promise<BlobPlace>): void {
  const promise = (sentence: string, check: (t: Test, blobs: Blobs, place: BlobPlace) => Promise<void>): void => {
    void test(`${name}: ${sentence}`, async t => {
      const place = await openPlace()
      const blobs = await place.open()
      t.teardown(async () => {
        await blobs.close()
        await place.close()
      })
      await check(t, blobs, place)
    })
  }

  for (const size of [0, 1, 1000, 65_535, 65_536, 65_537, 200_000]) {
    promise(`${size} bytes come back as they went in, under their SHA-256`, async (t, blobs) => {
      const bytes = pattern(size)
      const half = Math.floor(size / 2)
      const ref = await store(blobs, bytes.subarray(0, half), bytes.subarray(half))
      t.same(ref, { sha256: sha256Of(bytes), size })
      t.equal(await blobs.has(ref.sha256), true)
      t.ok((await buffer(await blobs.open(ref.sha256))).equals(bytes))
    })
  }

  promise('many small chunks make the same blob as one large one, even when the caller uses its buffer again', async (t, blobs, place) => {
    const bytes = pattern(150_000)
    const writer = await blobs.writer()
    const scratch = Buffer.alloc(777)
    for (let at = 0; at < bytes.length; at += scratch.length) {
      const taken = bytes.copy(scratch, 0, at)
      await writer.write(scratch.subarray(0, taken))
    }
    t.same(await commit(writer), await store(blobs, bytes))
    t.ok((await buffer(await blobs.open(sha256Of(bytes)))).equals(bytes))
    t.equal(await place.count(), 1)
  })

  promise('nothing is visible before commit, and another opening of the place sees it afterwards', async (t, blobs, place) => {
    const bytes = pattern(100_000)
    const other = await place.open()
    const writer = await blobs.writer()
    await writer.write(bytes)
    t.equal(await other.has(sha256Of(bytes)), false)
    await t.rejects(other.open(sha256Of(bytes)), { code: 'CONTENT_MISSING' })
    await commit(writer)
    t.ok((await buffer(await other.open(sha256Of(bytes)))).equals(bytes))
    await other.close()
  })

  promise('discard leaves nothing, may be repeated, and does nothing after commit', async (t, blobs, place) => {
    const writer = await blobs.writer()
    await writer.write(pattern(100_000))
    await writer.discard()
    await writer.discard()
    t.equal(await place.count(), 0)
    await t.rejects(writer.write(pattern(1)), { code: 'INTERNAL' })
    await t.rejects(writer.commit(), { code: 'INTERNAL' })
    const kept = await blobs.writer()
    await kept.write(pattern(5))
    const { sha256 } = await commit(kept)
    await kept.discard()
    t.equal(await blobs.has(sha256), true)
    await t.rejects(kept.commit(), { code: 'INTERNAL' })
  })

  promise('closing discards what is unfinished', async (t, blobs, place) => {
    const writer = await blobs.writer()
    await writer.write(pattern(100_000))
    await blobs.close()
    t.equal(await place.count(), 0)
    await t.rejects(writer.write(pattern(1)), { code: 'INTERNAL' })
  })

  promise('writers of the same content at the same time all succeed, and it is kept once', async (t, blobs, place) => {
    const bytes = pattern(100_000)
    const other = await place.open()
    const refs = await Promise.all(Array.from({ length: 8 }, async (_, index) => await store(index % 2 === 0 ? blobs : other, bytes)))
    t.same(new Set(refs.map(ref => ref.sha256)), new Set([sha256Of(bytes)]))
    t.equal(await place.count(), 1)
    t.ok((await buffer(await blobs.open(sha256Of(bytes)))).equals(bytes))
    await other.close()
  })

  promise('a writer reads back any range of what it was given, before commit', async (t, blobs) => {
    const bytes = pattern(150_000)
    const writer = await blobs.writer()
    await writer.write(bytes.subarray(0, 100_000))
    await writer.write(bytes.subarray(100_000, 100_010))
    for (const [start, end] of [[0, 0], [0, 1], [99_990, 100_010], [0, 100_010], [100_010, 100_010]] as const) {
      t.ok((await buffer(await writer.read(start, end))).equals(bytes.subarray(start, end)), `${start} to ${end}`)
    }
    for (const [start, end] of [[-1, 5], [5, 4], [0, 100_011], [Number.NaN, 5]] as const) {
      await t.rejects(writer.read(start, end), { code: 'INTERNAL' }, `${start} to ${end}`)
    }
    await writer.write(bytes.subarray(100_010))
    t.same(await commit(writer), { sha256: sha256Of(bytes), size: bytes.length })
  })

  promise('end tells the address before anything is visible, and may be repeated; only then can be committed', async (t, blobs, place) => {
    const bytes = pattern(70_001)
    const writer = await blobs.writer()
    await writer.write(bytes)
    await t.rejects(writer.commit(), { code: 'INTERNAL' })
    t.same(await writer.end(), { sha256: sha256Of(bytes), size: bytes.length })
    t.same(await writer.end(), { sha256: sha256Of(bytes), size: bytes.length })
    t.equal(await blobs.has(sha256Of(bytes)), false)
    t.ok((await buffer(await writer.read(70_000, 70_001))).equals(bytes.subarray(70_000)))
    await t.rejects(writer.write(bytes), { code: 'INTERNAL' })
    await writer.discard()
    t.equal(await place.count(), 0)
    await t.rejects(writer.commit(), { code: 'INTERNAL' })
  })

  promise('remove removes, and removing what is absent succeeds', async (t, blobs, place) => {
    const { sha256 } = await store(blobs, pattern(10))
    await blobs.remove(sha256)
    await blobs.remove(sha256)
    t.equal(await blobs.has(sha256), false)
    await t.rejects(blobs.open(sha256), { code: 'CONTENT_MISSING' })
    t.equal(await place.count(), 0)
    await store(blobs, pattern(10))
    t.equal(await blobs.has(sha256), true, 'and it may come again')
  })

  promise('what nobody has written for a while is listed, and removed unless somebody writes it again', async (t, blobs) => {
    const refs = [await store(blobs, pattern(10)), await store(blobs, pattern(70_000))]
    const listed = async (untouchedMs: number): Promise<string[]> =>
      (await Promise.all(Array.from({ length: 256 }, async (_, n) => await blobs.list(n.toString(16).padStart(2, '0'), { untouchedMs })))).flat()
    t.same(await listed(60_000), [])
    t.same(await listed(-60_000), refs.map(({ sha256 }) => sha256).sort())
    t.same(await blobs.list('../', { untouchedMs: -60_000 }), [])
    const [{ sha256 }] = refs as [BlobRef, BlobRef]
    t.equal(await blobs.removeUntouched(sha256, { untouchedMs: 60_000 }), false)
    t.ok((await buffer(await blobs.open(sha256))).equals(pattern(10)))
    t.equal(await blobs.removeUntouched(sha256, { untouchedMs: -60_000 }), true)
    t.equal(await blobs.has(sha256), false)
    t.equal(await blobs.removeUntouched(sha256, { untouchedMs: -60_000 }), true, 'what is not there is gone')
  })

  promise('only an address is taken for one, never a path', async (t, blobs) => {
    const a = 'a'.repeat(61)
    for (const address of ['', '..', '../../../../etc/passwd', 'A'.repeat(64), `${a}aag`, `${a}aaaa`, `${a}aaa\n`, `${a}/..`]) {
      await t.rejects(blobs.open(address), { code: 'CONTENT_MISSING' }, JSON.stringify(address))
      await t.rejects(blobs.has(address), { code: 'CONTENT_MISSING' })
      await t.rejects(blobs.remove(address), { code: 'CONTENT_MISSING' })
      await t.rejects(blobs.removeUntouched(address, { untouchedMs: -60_000 }), { code: 'CONTENT_MISSING' })
    }
  })

  promise('probe succeeds and leaves nothing', async (t, blobs, place) => {
    await t.resolves(blobs.probe())
    t.equal(await place.count(), 0)
  })

  promise('64 MB pass with flat memory', async (t, blobs) => {
    const chunk = pattern(64 * 1024)
    const writer = await blobs.writer()
    const before = liveBytes()
    let most = 0
    for (let index = 0; index < 1024; index++) {
      await writer.write(chunk)
      if (index % 128 === 0) most = Math.max(most, liveBytes() - before)
    }
    const { sha256, size } = await commit(writer)
    t.equal(size, 64 * 1024 * 1024)
    most = Math.max(most, await drain(await blobs.open(sha256), () => liveBytes() - before))
    t.ok(most < 24 * 1024 * 1024, `${most} bytes more were alive`)
  })
}

function pattern (size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) & 0xff))
}

/** Reads to the end; the most that `measure` answered on the way. */
async function drain (stream: Readable, measure: () => number): Promise<number> {
  let most = 0
  let index = 0
  for await (const _ of stream) if (index++ % 128 === 0) most = Math.max(most, measure())
  return most
}
