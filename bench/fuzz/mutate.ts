// Mutations of messages, drawn from one seed: the same seed gives the same inputs on every machine.
import { createRandom } from '../random.js'

export interface Mutator {
  mutate (bytes: Buffer): Buffer
  /** The bytes in chunks of drawn sizes, sometimes one by one. */
  chunks (bytes: Buffer): AsyncIterable<Buffer>
}

const TOKENS = ['<', '>', '</', '/>', '&', '&amp;', '&#0;', '&#x26;', '"', '\'', '=', ']]>', '<![CDATA[', '<!--', '-->', '--', '<?x?>', '<!DOCTYPE a>', '\u0000', '\uFFFE', '\r', '\r\n',
  'xmlns=""', ' xmlns:a="u"', ' xlink:href="x"', 'edXML:', 'ContentTransferEncoded', '<ContentTransferEncoded>', '</ContentTransferEncoded>', '<Manifest><Attachment><Content>QQ==</Content>',
  'AllDocument', '<Signature>', '</Signature>', '__proto__', 'null', '2014/02/30', '31/12/2026 25:00:00', '1e999', '{', '}', '[', ']', ',', '"a":', 'mật', 'PK\u0003\u0004', 'QUJD', '=', '====']

export function createMutator (seed: number, corpus: readonly Buffer[]): Mutator {
  const { below } = createRandom(seed)
  const splice = (bytes: Buffer, at: number, removed: number, added: Buffer): Buffer => Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)])
  /** A piece between two tags, or anywhere. */
  const piece = (bytes: Buffer): Buffer => {
    const at = bytes.indexOf('<', below(bytes.length))
    const from = at < 0 ? below(bytes.length) : at
    return bytes.subarray(from, from + 1 + below(400))
  }

  const mutations: Array<(bytes: Buffer) => Buffer> = [
    bytes => { const copy = Buffer.from(bytes); copy[below(copy.length)] = below(256); return copy },
    bytes => { const copy = Buffer.from(bytes); const at = below(copy.length); copy[at] = (copy[at] ?? 0) ^ (1 << below(8)); return copy },
    bytes => splice(bytes, below(bytes.length), 0, Buffer.from(TOKENS[below(TOKENS.length)] ?? '')),
    bytes => splice(bytes, below(bytes.length), 1 + below(60), Buffer.alloc(0)),
    bytes => bytes.subarray(0, below(bytes.length)),
    bytes => { const part = piece(bytes); return splice(bytes, below(bytes.length), 0, Buffer.concat(Array.from({ length: 1 + below(20) }, () => part))) },
    bytes => splice(bytes, below(bytes.length), below(200), piece(corpus[below(corpus.length)] ?? bytes)),
    bytes => { const at = bytes.indexOf('<', below(bytes.length)); return at < 0 ? bytes : splice(bytes, at + 1, 0, Buffer.from(['/', 'x', '!', '?', 'a:'][below(5)] ?? '')) },
    bytes => { const at = bytes.indexOf('>', below(bytes.length)); return at < 0 ? bytes : splice(bytes, at, 0, Buffer.from([' a="1"', ' a=1', ' xmlns="urn:x"', '/', ' xmlns:p=""'][below(5)] ?? '')) },
    bytes => { const at = bytes.indexOf('>', below(bytes.length)); return at < 0 ? bytes : splice(bytes, at + 1, below(12), Buffer.from('x'.repeat(below(3000)))) }
  ]

  return {
    mutate (bytes) {
      let mutated = bytes
      for (let left = 1 + below(3); left > 0 && mutated.length > 1; left--) mutated = (mutations[below(mutations.length)] ?? (same => same))(mutated)
      return mutated
    },
    async * chunks (bytes) {
      const most = [1, 7, 64, 1024, 65536, 65536, 65536][below(7)] ?? 1
      for (let at = 0, size = 1; at < bytes.length; at += size) {
        size = 1 + below(most)
        yield bytes.subarray(at, at + size)
      }
    }
  }
}
