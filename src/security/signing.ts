// What the hub signs with: the keys of the configuration, checked once at start, used by their names.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { fault, HubError } from '../errors.js'
import type { SigningConfig } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import { type Text, text } from '../model/text.js'
import type { EnvelopeSigning } from '../ports/signatures.js'
import { SignatureFailure } from './xmldsig/failure.js'
import { signEnvelope, type EnvelopeSigner } from './xmldsig/sign.js'

/** Throws `CONFIG_INVALID` with every key that cannot sign and every certificate that is not the key's. `now` gives epoch ms. */
export function createEnvelopeSigning (configs: readonly SigningConfig[], now: () => number): EnvelopeSigning {
  const faults: Fault[] = []
  const signers = new Map<string, EnvelopeSigner>()
  for (const [index, config] of configs.entries()) {
    const found = readSigner(config, `/signatures/signing/${index}`)
    if (Array.isArray(found)) faults.push(...found)
    else signers.set(config.name, found)
  }
  if (faults.length > 0) throw new HubError('CONFIG_INVALID', text('Cấu hình khóa ký số có lỗi.', 'The signing keys are not configured rightly.'), { errors: faults })
  return {
    async sign (name, message) {
      const signer = signers.get(name)
      if (signer === undefined) throw unusable(text(`Cấu hình không có khóa ký "${name}".`, `The configuration has no signing key "${name}".`))
      refuseOutdated(name, signer, now())
      try {
        return await signEnvelope(message, signer)
      } catch (error) {
        if (!(error instanceof SignatureFailure)) throw error
        throw new HubError('TRANSFORM_FAILED', text(`Không ký được thông điệp (${error.reason}).`, `The message cannot be signed (${error.reason}).`), { cause: error })
      }
    }
  }
}

/** A signature with it would be refused by every recipient; the delivery waits for a new certificate instead. */
function refuseOutdated (name: string, { certificates: [certificate] }: EnvelopeSigner, now: number): void {
  if (certificate === undefined) return
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  if (now >= from && now <= to) return
  const period = `${new Date(from).toISOString()} – ${new Date(to).toISOString()}`
  throw unusable(text(`Chứng thư của khóa ký "${name}" chỉ có hiệu lực trong khoảng ${period}.`, `The certificate of signing key "${name}" is valid in ${period} only.`))
}

function unusable (detail: Text): HubError {
  return new HubError('CONFIG_INVALID', detail)
}

function readSigner ({ key: keyPem, certificate: chainPem }: SigningConfig, pointer: string): EnvelopeSigner | Fault[] {
  const key = readKey(keyPem)
  const certificates = readChain(chainPem)
  const [own] = certificates ?? []
  const faults: Fault[] = []
  if (key?.asymmetricKeyType !== 'rsa') {
    faults.push(fault('FIELD_INVALID', `${pointer}/key`, text('Không đọc được khóa riêng RSA dạng PEM không có mật khẩu.', 'This is no private RSA key in PEM without a passphrase.'),
      { expected: 'RSA, PEM' }))
  }
  if (own === undefined) {
    faults.push(fault('FIELD_INVALID', `${pointer}/certificate`, text('Không đọc được chứng thư dạng PEM.', 'No certificate in PEM can be read.'), { expected: 'CERTIFICATE, PEM' }))
  } else if (key !== undefined && !own.checkPrivateKey(key)) {
    faults.push(fault('FIELD_INVALID', `${pointer}/certificate`, text('Chứng thư đầu tiên không thuộc khóa này.', 'The first certificate is not that of the key.'),
      { expected: 'the certificate of the key', found: own.subject.replaceAll('\n', ', ') }))
  }
  return faults.length === 0 && key !== undefined ? { key, certificates: certificates ?? [] } : faults
}

function readKey (pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function readChain (pem: string): X509Certificate[] | undefined {
  try {
    return (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map(block => new X509Certificate(block))
  } catch {
    return undefined
  }
}
