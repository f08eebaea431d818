// Does a certificate lead to a trust anchor, and was it in force? Paths are built by pkijs; the verdict is kept by fingerprint,
// because an agency signs hundreds of documents with one certificate.
import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { Certificate, CertificateChainValidationEngine, CertificateRevocationList } from 'pkijs'
import { fault, HubError } from '../errors.js'
import type { CertificateFacts } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import { text } from '../model/text.js'
import { factsOf, fingerprintOf } from './certificate.js'
import { allows, judgeRevocation, type Moment, type RevocationMaterial, type RevocationSource } from './revocation.js'

export interface ChainVerdict {
  readonly status: 'valid' | 'invalid' | 'indeterminate'
  readonly chain: 'trusted' | 'untrusted' | 'unknown'
  readonly revocation: 'good' | 'revoked' | 'unknown'
  /** What was believed about revocation. */
  readonly revocationBy: RevocationSource[]
  /** The path, the signer first. */
  readonly certificates: CertificateFacts[]
  readonly reasons: string[]
}

/** When a signature was made, and what it brought along about revocation. */
export interface ChainMoment extends Moment { readonly embedded?: RevocationMaterial }

/** Judges `signer` with whatever other certificates the message carried. Never rejects for bad certificates. */
export type ChainCheck = (signer: X509Certificate, others: readonly X509Certificate[], moment: ChainMoment) => Promise<ChainVerdict>

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
  return async (signer, others, moment) => {
    const { at, now, known, embedded } = moment
    trust = await loadTrust(options, trust)
    if (trust.anchors.length === 0) return { status: 'indeterminate', chain: 'unknown', revocation: 'unknown', revocationBy: [], certificates: [factsOf(signer)], reasons: ['no-trust-anchors'] }
    // What came with one signature is no verdict for the next.
    if (embedded !== undefined || known === 'proven') return await judge(signer, others, { moment, trust, revocation: options.revocation })
    // A day is the finest that validity periods and revocation lists usually change; the edges are checked exactly.
    const key = [trust.version, fingerprintOf(signer), ...others.map(fingerprintOf).sort(), Math.floor(at / DAY_MS), Math.floor(now / DAY_MS), isWithin(signer, at)].join(' ')
    const earlier = verdicts.get(key)
    if (earlier !== undefined) return earlier
    const verdict = await judge(signer, others, { moment, trust, revocation: options.revocation })
    if (verdicts.size >= MOST_VERDICTS) verdicts.clear()
    verdicts.set(key, verdict)
    return verdict
  }
}

function isWithin ({ validFrom, validTo }: X509Certificate, at: number): boolean {
  return at >= Date.parse(validFrom) && at <= Date.parse(validTo)
}

interface Context { moment: ChainMoment, trust: Trust, revocation: ChainOptions['revocation'] }

async function judge (signer: X509Certificate, others: readonly X509Certificate[], context: Context): Promise<ChainVerdict> {
  const { moment, trust, revocation } = context
  const untrusted = (reason: string): ChainVerdict =>
    ({ status: 'invalid', chain: 'untrusted', revocation: 'unknown', revocationBy: [], certificates: [factsOf(signer)], reasons: [reason] })
  if (!isWithin(signer, moment.at)) return untrusted('certificate-not-valid-then')
  // A certificate that names its uses must name signing or non-repudiation.
  if (!allows(Certificate.fromBER(signer.raw), 0xc0)) return untrusted('key-usage')
  try {
    const certs = [...others.filter(other => !other.raw.equals(signer.raw)), signer].map(({ raw }) => Certificate.fromBER(raw))
    const engine = new CertificateChainValidationEngine({ trustedCerts: [...trust.anchors], certs, checkDate: new Date(moment.at) })
    const found = await engine.verify({ passedWhenNotRevValues: true })
    if (!found.result || found.certificatePath === undefined) return untrusted('chain-untrusted')
    const path = found.certificatePath
    const { status, by } = await judgeRevocation(path, { configured: { lists: trust.lists, answers: [] }, embedded: moment.embedded ?? { lists: [], answers: [] } }, moment)
    if (status === 'revoked') return { ...untrusted('certificate-revoked'), revocation: 'revoked', revocationBy: by }
    const facts = path.map(each => factsOf(new X509Certificate(Buffer.from(each.toSchema(false).toBER()))))
    const known = { chain: 'trusted', revocation: status, revocationBy: by, certificates: facts } as const
    if (status === 'good') return { status: 'valid', ...known, reasons: [] }
    return { status: revocation === 'pass' ? 'valid' : 'indeterminate', ...known, reasons: ['revocation-unknown'] }
  } catch {
    return untrusted('chain-untrusted')
  }
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
