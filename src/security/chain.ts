// Does a certificate lead to a trust anchor? Path building and revocation lists by pkijs; the verdict is kept by fingerprint,
// because an agency signs hundreds of documents with one certificate.
import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { Certificate, CertificateChainValidationEngine, CertificateRevocationList } from 'pkijs'
import { fault, HubError } from '../errors.js'
import type { CertificateFacts } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import { text } from '../model/text.js'
import { factsOf, fingerprintOf } from './certificate.js'

export interface ChainVerdict {
  readonly status: 'valid' | 'invalid' | 'indeterminate'
  readonly chain: 'trusted' | 'untrusted' | 'unknown'
  readonly revocation: 'good' | 'revoked' | 'unknown'
  /** The path, the signer first. */
  readonly certificates: CertificateFacts[]
  readonly reasons: string[]
}

/** Judges `signer` with whatever else the message carried, at an instant (epoch ms). Never rejects for bad certificates. */
export type ChainCheck = (signer: X509Certificate, others: readonly X509Certificate[], at: number) => Promise<ChainVerdict>

export interface ChainOptions {
  /** PEM files. */
  readonly trustAnchors: readonly string[]
  /** PEM or DER files, read again when they change. */
  readonly crls: readonly string[]
  /** What an unknown revocation status means. */
  readonly revocation: 'indeterminate' | 'pass'
}

interface Trust { anchors: Certificate[], lists: CertificateRevocationList[], version: string }

const MOST_VERDICTS = 10_000
const DAY_MS = 86_400_000

export function createChainCheck (options: ChainOptions): ChainCheck {
  const verdicts = new Map<string, ChainVerdict>()
  let trust: Trust | undefined
  return async (signer, others, at) => {
    trust = await loadTrust(options, trust)
    if (trust.anchors.length === 0) return { status: 'indeterminate', chain: 'unknown', revocation: 'unknown', certificates: [factsOf(signer)], reasons: ['no-trust-anchors'] }
    // A day is the finest that validity periods and revocation lists usually change; the edges are checked exactly.
    const key = [trust.version, fingerprintOf(signer), ...others.map(fingerprintOf).sort(), Math.floor(at / DAY_MS), isWithin(signer, at)].join(' ')
    const known = verdicts.get(key)
    if (known !== undefined) return known
    const verdict = await judge(signer, others, { at, trust, revocation: options.revocation })
    if (verdicts.size >= MOST_VERDICTS) verdicts.clear()
    verdicts.set(key, verdict)
    return verdict
  }
}

function isWithin ({ validFrom, validTo }: X509Certificate, at: number): boolean {
  return at >= Date.parse(validFrom) && at <= Date.parse(validTo)
}

async function judge (signer: X509Certificate, others: readonly X509Certificate[], context: { at: number, trust: Trust, revocation: ChainOptions['revocation'] }): Promise<ChainVerdict> {
  const { at, trust, revocation } = context
  const untrusted = (reason: string, found = [factsOf(signer)]): ChainVerdict =>
    ({ status: 'invalid', chain: 'untrusted', revocation: 'unknown', certificates: found, reasons: [reason] })
  if (!isWithin(signer, at)) return untrusted('certificate-not-valid-then')
  const checkDate = new Date(at)
  const validate = async (passedWhenNotRevValues: boolean): ReturnType<CertificateChainValidationEngine['verify']> => {
    const parsed = [...others.filter(other => !other.raw.equals(signer.raw)), signer].map(({ raw }) => Certificate.fromBER(raw))
    const engine = new CertificateChainValidationEngine({ trustedCerts: [...trust.anchors], certs: parsed, crls: [...trust.lists], checkDate })
    return await engine.verify({ passedWhenNotRevValues })
  }
  if (!maySign(signer)) return untrusted('key-usage')
  try {
    const lenient = await validate(true)
    if (!lenient.result) {
      const revoked = /revoked/i.test(lenient.resultMessage)
      return { ...untrusted(revoked ? 'certificate-revoked' : 'chain-untrusted'), ...(revoked ? { revocation: 'revoked' } : {}) }
    }
    const path = (lenient.certificatePath ?? []).map(each => factsOf(new X509Certificate(Buffer.from(each.toSchema(false).toBER()))))
    const strict = trust.lists.length > 0 && (await validate(false)).result
    if (strict) return { status: 'valid', chain: 'trusted', revocation: 'good', certificates: path, reasons: [] }
    return { status: revocation === 'pass' ? 'valid' : 'indeterminate', chain: 'trusted', revocation: 'unknown', certificates: path, reasons: ['revocation-unknown'] }
  } catch {
    return untrusted('chain-untrusted')
  }
}

/** Key usage (RFC 5280 §4.2.1.3): a certificate that names its uses must name signing or non-repudiation. */
function maySign (signer: X509Certificate): boolean {
  const extension = Certificate.fromBER(signer.raw).extensions?.find(({ extnID }) => extnID === '2.5.29.15')
  const parsed: unknown = extension?.parsedValue
  if (parsed === undefined || parsed === null) return extension === undefined
  const bits = new Uint8Array((parsed as { valueBlock: { valueHexView: Uint8Array } }).valueBlock.valueHexView)
  return ((bits[0] ?? 0) & 0xc0) !== 0
}

/** Reads the files once, so that a wrong path is told at start. Rejects with `CONFIG_INVALID` and every fault. */
export async function checkTrust (options: Pick<ChainOptions, 'trustAnchors' | 'crls'>): Promise<void> {
  const faults: Fault[] = []
  for (const name of ['trustAnchors', 'crls'] as const) {
    for (const [index, file] of options[name].entries()) {
      const { anchors, lists } = await loadTrust({ trustAnchors: [], crls: [], [name]: [file] }, undefined).catch(() => ({ anchors: [], lists: [] }))
      if (anchors.length + lists.length > 0) continue
      faults.push(fault('FIELD_INVALID', `/signatures/${name}/${index}`, text('Không đọc được chứng thư hoặc danh sách thu hồi trong tệp này.',
        'No certificate or revocation list can be read from this file.'), { found: file }))
    }
  }
  if (faults.length > 0) throw new HubError('CONFIG_INVALID', text('Cấu hình chữ ký số có lỗi.', 'The signatures are not configured rightly.'), { errors: faults })
}

/** Reads the files; the same object again while none of them has changed. */
async function loadTrust ({ trustAnchors, crls }: Pick<ChainOptions, 'trustAnchors' | 'crls'>, known: Trust | undefined): Promise<Trust> {
  const version = (await Promise.all([...trustAnchors, ...crls].map(async file => {
    const { mtimeMs, size } = await stat(file)
    return `${mtimeMs}:${size}`
  }))).join(' ')
  if (known?.version === version) return known
  const anchors = (await Promise.all(trustAnchors.map(async file => blocksOf(await readFile(file), 'CERTIFICATE').map(der => Certificate.fromBER(der))))).flat()
  const lists = (await Promise.all(crls.map(async file => blocksOf(await readFile(file), 'X509 CRL').map(der => CertificateRevocationList.fromBER(der))))).flat()
  return { anchors, lists, version }
}

/** The DER of every PEM block of a kind; a file without PEM is DER itself. */
function blocksOf (file: Buffer, label: string): Buffer[] {
  const pem = file.toString('latin1')
  if (!pem.includes('-----BEGIN')) return [file]
  return [...pem.matchAll(new RegExp(`-----BEGIN ${label}-----([\\s\\S]*?)-----END ${label}-----`, 'g'))].map(([, base64]) => Buffer.from(base64 ?? '', 'base64'))
}
