// Detached signatures over reports: Ed25519 over the canonical JSON (keys sorted, no spaces), so that a report may be printed prettily
// and still verify. Keys are PEM files.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'

/** Writes a new pair: the private key to `file` (only its owner may read it), the public one to `file`.pub. Refuses to replace a file. */
export async function writeSigningKey (file: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  try {
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' })
    await writeFile(`${file}.pub`, publicKey.export({ type: 'spki', format: 'pem' }), { flag: 'wx' })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new HubError('REQUEST_INVALID', text(`Tệp "${file}" hoặc "${file}.pub" đã có.`, `The file "${file}" or "${file}.pub" exists already.`))
  }
}

/** The private key in a file. Throws `REQUEST_INVALID` when there is none. */
export async function readSigningKey (file: string): Promise<KeyObject> {
  return await readKey(file, createPrivateKey)
}

/** The signature of a report in Base64. */
export function signReport (report: unknown, key: KeyObject): string {
  return sign(null, canonical(report), key).toString('base64')
}

/** The report, when the signature in `reportFile`.sig is that of the key in `keyFile`; else undefined. */
export async function readSigned (reportFile: string, keyFile: string): Promise<unknown> {
  const key = await readKey(keyFile, createPublicKey)
  const report = parsed(await readFile(reportFile, 'utf8'), reportFile)
  const signature = Buffer.from(await readFile(`${reportFile}.sig`, 'utf8'), 'base64')
  return verify(null, canonical(report), key, signature) ? report : undefined
}

function parsed (source: string, file: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    throw new HubError('REQUEST_INVALID', text(`"${file}" không phải JSON.`, `"${file}" is not JSON.`))
  }
}

async function readKey (file: string, create: (pem: string) => KeyObject): Promise<KeyObject> {
  const pem = await readFile(file, 'utf8')
  const key = (() => { try { return create(pem) } catch { return undefined } })()
  if (key?.asymmetricKeyType === 'ed25519') return key
  throw new HubError('REQUEST_INVALID', text(`"${file}" không phải khóa Ed25519 dạng PEM.`, `"${file}" is no Ed25519 key in PEM.`))
}

function canonical (value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => a < b ? -1 : 1))
      : each))
}
