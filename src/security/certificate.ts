// What a certificate says about its holder: facts for evidence, whether it names a sender, whether a person or an agency signs.
import type { X509Certificate } from 'node:crypto'
import type { CertificateFacts } from '../model/generated.js'

/** How a sending agency may be named in a certificate. */
export interface SenderNames {
  readonly codes: readonly string[]
  readonly name: string
}

export function factsOf (certificate: X509Certificate): CertificateFacts {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    serial: certificate.serialNumber,
    fingerprint: fingerprintOf(certificate),
    validFrom: new Date(certificate.validFrom).toISOString(),
    validTo: new Date(certificate.validTo).toISOString()
  }
}

/** Lower-case hex SHA-256. */
export function fingerprintOf (certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}

function oneLine (name: string): string {
  return name.split('\n').join(', ').slice(0, 1000)
}

/** Attribute → values of a distinguished name. */
function attributesOf (name: string): Map<string, string[]> {
  const attributes = new Map<string, string[]>()
  for (const line of name.split('\n')) {
    const at = line.indexOf('=')
    if (at < 0) continue
    const key = line.slice(0, at)
    attributes.set(key, [...attributes.get(key) ?? [], decodeEscapes(line.slice(at + 1)).trim()])
  }
  return attributes
}

/** Node prints bytes outside ASCII as they are, but escapes separators with a backslash. */
function decodeEscapes (value: string): string {
  return value.replace(/\\([,+"\\<>;=#])/g, '$1')
}

/** True when the subject holds a code of the sender, or its name. */
export function namesSender (certificate: X509Certificate, { codes, name }: SenderNames): boolean {
  const values = [...attributesOf(certificate.subject).values()].flat().map(folded)
  const wanted = [...codes, name].filter(each => each !== '').map(folded)
  return values.some(value => wanted.includes(value) || wanted.some(each => value.endsWith(`:${each}`)))
}

function folded (value: string): string {
  return value.normalize('NFC').toLowerCase().replace(/\s+/g, ' ')
}

/** Words that begin the name of an agency, not of a person. */
const AGENCY_WORDS = /^(ubnd|ủy ban|uỷ ban|sở|ban|bộ|cục|chi cục|tổng cục|văn phòng|phòng|trung tâm|công an|trường|bệnh viện|thanh tra|kho bạc|hđnd|hội đồng|đảng ủy|tỉnh ủy|viện|tòa án|toà án|thuế|bảo hiểm|công ty)(\s|$)/i

/**
 * A guess, by what certificate authorities for agencies write: an organisation's number (MST, organizationIdentifier) or a
 * common name that is the organisation's means the agency; a person's number, title or given name means a person.
 */
export function roleOf (certificate: X509Certificate): 'personal' | 'agency' | 'unknown' {
  const subject = attributesOf(certificate.subject)
  const all = (...keys: string[]): string[] => keys.flatMap(key => subject.get(key) ?? [])
  const numbers = all('UID', 'serialNumber')
  if (numbers.some(number => /^(cccd|cmnd|cmt|hc|pnrvn|idcvn)\b/i.test(number)) || all('GN', 'givenName', 'SN', 'surname', 'title').length > 0) return 'personal'
  if (all('organizationIdentifier', '2.5.4.97').length > 0 || numbers.some(number => /^(mst|mns|vatvn|mdd)\b/i.test(number))) return 'agency'
  const [commonName] = all('CN').map(folded)
  if (commonName === undefined) return 'unknown'
  if (AGENCY_WORDS.test(commonName) || all('O', 'OU').map(folded).includes(commonName)) return 'agency'
  return all('O', 'OU').length > 0 ? 'personal' : 'unknown'
}
