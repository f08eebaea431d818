// Names of files: made safe on the way out, judged on the way in, and the names of what stands beside them.
import { createHash } from 'node:crypto'
import type { OutboundDelivery } from '../../ports/adapter.js'

/** Media types by ending, as far as both directions share them; the longest ending that fits counts. */
export const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.edxml': 'application/xml',
  '.xml': 'application/xml',
  '.package.json': 'application/vnd.lienthong.package+json',
  '.json': 'application/json'
}

const ENDINGS: Readonly<Record<string, string>> = {
  'application/edxml+xml': '.edxml',
  'application/xml': '.xml',
  'application/json': '.json',
  'application/vnd.lienthong.package+json': '.package.json'
}

/**
 * The name of a delivery, the same in every attempt: notation in plain ASCII, `_`, delivery id, ending by media type,
 * e.g. `12-QD-UBND_0192….xml`. Letters, digits, `.`, `_` and `-` only; at most 150 characters.
 */
export function nameOfDelivery ({ deliveryId, envelope, body }: OutboundDelivery): string {
  const id = /^[A-Za-z0-9-]{1,64}$/.test(deliveryId) ? deliveryId : digest(deliveryId, 32)
  const notation = asciiOf(envelope.notation ?? '')
  return `${notation === '' ? '' : `${notation}_`}${id}${ENDINGS[body.mediaType] ?? '.bin'}`
}

/** Đ has no decomposition; every other Vietnamese letter loses its marks. */
function asciiOf (value: string): string {
  return value.replace(/[đĐ]/g, letter => letter === 'đ' ? 'd' : 'D').normalize('NFD').replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60).replace(/^-|-$/g, '')
}

/** A file that is still being written or not meant for anybody: dot files, `*.tmp`, `*.part` and their like, `*~`. */
export function isTemporary (name: string): boolean {
  return /^\.|\.(tmp|temp|part|partial|filepart|crdownload|swp)$|~$/i.test(name)
}

export const CHECKSUM_ENDING = '.sha256'
const PROBLEM_ENDING = '.problem.json'

/** Stands beside a package: its checksum, its envelope (`x.xml.json`), its problem. */
export function isSideFile (name: string): boolean {
  return name.endsWith(CHECKSUM_ENDING) || name.endsWith(PROBLEM_ENDING) || /\.(edxml|xml|json|bin)\.json$/i.test(name) && !name.endsWith('.package.json')
}

/** The side files that belong to a package of this name. */
export function sideFilesOf (name: string): { checksum: string, envelope: string, problem: string } {
  return { checksum: name + CHECKSUM_ENDING, envelope: `${name}.json`, problem: name + PROBLEM_ENDING }
}

const MOST_NAME_BYTES = 200

/** No control, format or unknown characters, no odd spaces, no backslash, at most 200 bytes. */
export function isPlainName (name: string): boolean {
  return canBeNamed(name) && Buffer.byteLength(name) <= MOST_NAME_BYTES && !/[\p{C}\p{Zl}\p{Zp}\\]|(?! )\p{Zs}|^ | $/u.test(name)
}

/** Can be asked for at all: one component, and not mangled on its way into a string. */
export function canBeNamed (name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\u0000\ufffd]/.test(name)
}

/** A name under which a badly named file can be put away. */
export function replacementName (name: string): string {
  return `unnamed-${digest(name, 16)}`
}

/** Names a claim: whose it is, a number of its own, and the name it had. */
export function claimName (endpoint: string, random: string, name: string): string {
  return `${ownerMark(endpoint)}-${random}~${name}`
}

/** The name a claim of this endpoint had; undefined when it is none or another's. */
export function claimedName (endpoint: string, claim: string): string | undefined {
  const [, owner, name] = /^([0-9a-f]{8})-[0-9a-f]{8}~(.+)$/s.exec(claim) ?? []
  return owner === ownerMark(endpoint) ? name : undefined
}

function ownerMark (endpoint: string): string {
  return digest(endpoint, 8)
}

function digest (value: string, length: number): string {
  return createHash('sha256').update(value).digest('hex').slice(0, length)
}

/** The media type by the name's ending; undefined when none fits. */
export function contentTypeOf (name: string, types: Readonly<Record<string, string>>): string | undefined {
  const lower = name.toLowerCase()
  const [found] = Object.keys(types).filter(ending => lower.endsWith(ending.toLowerCase())).sort((a, b) => b.length - a.length)
  return found === undefined ? undefined : types[found]
}
