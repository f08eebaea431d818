// ZIP archives in attachments: looking into them and taking the one file out, with every number bounded.
// Entry names are only looked at, never used as a path.
import { Readable } from 'node:stream'
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl'
import type { Spool } from './codec.js'
import { openSmallArchive, type SmallArchive } from './small-archive.js'

/** More entries than this are not looked at. */
const MOST_ENTRIES_SEEN = 64

export interface Archive {
  /** Files; all entries by the archive's own count when there are many. */
  readonly entryCount: number
  /** Names of the first files, as written. */
  readonly names: readonly string[]
  /** Bytes the only entry claims to hold; undefined when there is not exactly one readable file. */
  readonly soleSize: number | undefined
  /** Streams the only entry; fails when it holds other than the claimed number of bytes. */
  openSole (): Promise<AsyncIterable<Buffer>>
}

/** Reads the directory of the archive in `spool`, or in `bytes` where all of it is in memory. Undefined when it is none or is damaged. */
export async function openArchive (spool: Spool, size: number, bytes?: Buffer): Promise<Archive | undefined> {
  const small = bytes === undefined ? undefined : openSmallArchive(bytes)
  if (small !== undefined) {
    const { names, soleSize } = small
    return { entryCount: names.length, names, soleSize, openSole: async () => inflatedOf(small) }
  }
  let zip: ZipFile
  const entries: Entry[] = []
  try {
    // Raw names: decoding would refuse an archive for a path that nobody follows.
    zip = await fromRandomAccessReaderPromise(new SpoolReader(spool), size, { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true })
    for await (const entry of zip.eachEntry()) {
      entries.push(entry)
      if (entries.length === MOST_ENTRIES_SEEN) break
    }
  } catch {
    return undefined
  }
  // Some programs list the folder beside the file that is in it.
  const files = entries.filter(entry => !nameOf(entry).endsWith('/'))
  const [sole] = files
  const entryCount = entries.length < zip.entryCount ? zip.entryCount : files.length
  const readable = sole !== undefined && entryCount === 1 && sole.canDecodeFileData()
  return {
    entryCount,
    names: files.map(nameOf),
    soleSize: readable ? sole.uncompressedSize : undefined,
    async openSole () {
      if (!readable) throw new Error('the archive does not hold exactly one readable file')
      return await zip.openReadStreamPromise(sole)
    }
  }
}

async function * inflatedOf (archive: SmallArchive): AsyncGenerator<Buffer> {
  yield archive.inflateSole()
}

function nameOf (entry: Entry): string {
  return entry.fileNameRaw.toString('utf8')
}

/** yauzl wants a subclass; its `read` and `createReadStream` build on this one method. */
class SpoolReader extends RandomAccessReader {
  readonly #spool: Spool

  constructor (spool: Spool) {
    super()
    this.#spool = spool
  }

  override _readStreamForRange (start: number, end: number): Readable {
    const spool = this.#spool
    return Readable.from((async function * () { yield * await spool.read(start, end) })(), { objectMode: false })
  }

  override close (callback: (error: Error | null) => void): void {
    callback(null)
  }
}
