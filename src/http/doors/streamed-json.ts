// A JSON answer that holds whole files in base64, written while they are read: its length is known before the first byte.
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** Text of the JSON, or bytes that stand there in base64. */
export type JsonPiece = string | { size: number, open: () => Promise<Readable> }

/** Answers with the pieces, one after the other; nothing is held in memory. The first file is opened before the answer begins. */
export async function replyStreamed (reply: FastifyReply, pieces: readonly JsonPiece[]): Promise<FastifyReply> {
  const first = pieces.find(piece => typeof piece !== 'string')
  // What is missing is told properly; after the first byte a connection can only be cut.
  const opened = await first?.open()
  const length = pieces.reduce((sum, piece) => sum + (typeof piece === 'string' ? Buffer.byteLength(piece) : 4 * Math.ceil(piece.size / 3)), 0)
  const answer = Readable.from(write(pieces, async piece => piece === first && opened !== undefined ? opened : await piece.open()), { objectMode: false })
  answer.once('close', () => { opened?.destroy() })
  return reply.header('content-type', 'application/json; charset=utf-8').header('content-length', String(length)).send(answer)
}

async function * write (pieces: readonly JsonPiece[], open: (piece: Exclude<JsonPiece, string>) => Promise<Readable>): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    if (typeof piece === 'string') yield Buffer.from(piece)
    else yield * toBase64(await open(piece))
  }
}

/** Three bytes become four characters; what is over waits for the next chunk. */
async function * toBase64 (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const whole = bytes.length - bytes.length % 3
    if (whole > 0) yield Buffer.from(bytes.toString('base64', 0, whole), 'latin1')
    rest = Buffer.from(bytes.subarray(whole))
  }
  if (rest.length > 0) yield Buffer.from(rest.toString('base64'), 'latin1')
}
