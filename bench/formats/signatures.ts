// How much CPU a signature costs: an enveloped RSA-SHA256 signature over 12 kB, verified here and by xml-crypto, in turns.
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import forge from 'node-forge'
import { SignedXml } from 'xml-crypto'
import { bufferSource } from '../../src/security/byte-source.js'
import type { ChainVerdict } from '../../src/security/chain.js'
import { signEnvelope } from '../../src/security/xmldsig/sign.js'
import { verifyEnvelope } from '../../src/security/xmldsig/verify.js'

export interface SignatureRow {
  /** Milliseconds of CPU for one message, medians. */
  readonly ownMs: number
  readonly xmlCryptoMs: number
  /** Own share of xml-crypto's CPU; the aim is at most 0.25. */
  readonly ratio: number
}

const TRUSTED: ChainVerdict = { status: 'valid', chain: 'trusted', revocation: 'good', certificates: [], reasons: [] }

/** Verifies `message` (edXML, about 12 kB, without a signature) `rounds` times on both sides. Chains are left out on both. */
export async function measureSignatures (message: Buffer, rounds = 60): Promise<SignatureRow> {
  const { key, certificate } = makeSigner()
  const { xml, insertAt } = await signEnvelope(bufferSource(message), { key, certificates: [certificate] })
  const signed = Buffer.concat([message.subarray(0, insertAt), Buffer.from(xml), message.subarray(insertAt)])
  const text = signed.toString()
  const source = bufferSource(signed)
  const own: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < rounds; round++) {
    own.push(await cpuOf(async () => {
      const { status } = await verifyEnvelope(source, { at: 0, alias: 'refused', chain: async () => TRUSTED })
      if (status !== 'valid') throw new Error(`own verification: ${status}`)
    }))
    theirs.push(await cpuOf(async () => {
      const verifier = new SignedXml({ publicCert: certificate.toString() })
      verifier.loadSignature(xml)
      if (!verifier.checkSignature(text)) throw new Error('xml-crypto does not verify')
    }))
  }
  const [ownMs, xmlCryptoMs] = [median(own), median(theirs)]
  return { ownMs, xmlCryptoMs, ratio: ownMs / xmlCryptoMs }
}

async function cpuOf (work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function median (values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function makeSigner (): { key: ReturnType<typeof generateKeyPairSync>['privateKey'], certificate: X509Certificate } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = forge.pki.privateKeyFromPem(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString())
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.rsa.setPublicKey(key.n, key.e)
  certificate.validity.notAfter = new Date(certificate.validity.notBefore.getTime() + 86_400_000)
  certificate.setSubject([{ shortName: 'CN', value: 'bench' }])
  certificate.setIssuer([{ shortName: 'CN', value: 'bench' }])
  certificate.sign(key, forge.md.sha256.create())
  return { key: privateKey, certificate: new X509Certificate(forge.pki.certificateToPem(certificate)) }
}
