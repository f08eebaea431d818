// What writing edXML costs, beside xml2js.Builder writing the same message. Cases in the shape of the formats bench; run alone
// it prints their medians. `--json`: one JSON object on the last line.
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { Builder, parseStringPromise } from 'xml2js'
import { DEFAULT_LIMITS, type Spool } from '../src/formats/codec.js'
import { edxmlCodec } from '../src/formats/edxml/index.js'
import { encodeEdxml, type EdxmlSource } from '../src/formats/edxml/encode.js'

const SAMPLE = readFileSync(new URL('../../test/fixtures/edxml/edoc_update.edxml', import.meta.url))
const PDF = Buffer.alloc(3000, '%PDF-1.4 Công văn ')
const SHA256 = 'a'.repeat(64)

function emptySpool (): Spool {
  return { write: async () => {}, read: async () => Readable.from([]), end: async () => ({ sha256: SHA256, size: 0 }), discard: async () => {} }
}

async function sampleSource (): Promise<EdxmlSource> {
  const message = (async function * () { yield SAMPLE })()
  const { envelope, content } = await edxmlCodec.decode(message, (async function * () {})(), { limits: DEFAULT_LIMITS, spool: async () => emptySpool() })
  return { envelope, content, attachments: [{ n: 1, contentId: 'a', name: 'a.pdf', contentType: 'application/pdf', size: PDF.length, sha256: SHA256 }] }
}

const source = await sampleSource()

async function encodeOnce (): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of encodeEdxml(source, { openAttachment: async () => (async function * () { yield PDF })() })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const encoded = await encodeOnce()
const tree: unknown = await parseStringPromise(encoded.toString())
const builder = new Builder({ renderOpts: { pretty: false } })

export const ENCODE_CASES = [
  { name: 'encode: xml2js.Builder', run: () => Buffer.from(builder.buildObject(tree)) },
  { name: `encode: ${encoded.length} bytes of edXML`, unit: 'encode: xml2js.Builder', atMost: 1 / 3, run: encodeOnce }
]

async function cpuMsPerRun (run: () => unknown, ms: number): Promise<number> {
  const before = process.cpuUsage()
  const until = performance.now() + ms
  let runs = 0
  for (; performance.now() < until; runs++) await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / runs
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const figures = new Map<string, number[]>(ENCODE_CASES.map(({ name }) => [name, []]))
  for (const { run } of ENCODE_CASES) await cpuMsPerRun(run, 1000)
  for (let round = 0; round < 9; round++) for (const { name, run } of ENCODE_CASES) figures.get(name)?.push(await cpuMsPerRun(run, 150))
  const medians = [...figures].map(([name, values]) => ({ name, cpuMs: values.sort((a, b) => a - b)[4] ?? 0 }))
  for (const { name, cpuMs } of medians) process.stdout.write(`${name.padEnd(40)} ${cpuMs.toFixed(4)} ms CPU\n`)
  const ratio = (medians[1]?.cpuMs ?? 0) / (medians[0]?.cpuMs ?? 1)
  process.stdout.write(`${(1 / ratio).toFixed(1)} × as fast as xml2js.Builder (at least 3)\n`)
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ medians, ratio })}\n`)
}
