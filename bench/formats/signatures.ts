// How much CPU a signature costs: an enveloped RSA-SHA256 signature over 12 kB, verified here and by xml-crypto.
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import forge from 'node-forge'
import { SignedXml } from 'xml-crypto'
import { bufferSource } from '../../src/security/byte-source.js'
import type { ChainVerdict } from '../../src/security/chain.js'
import { signEnvelope } from '../../src/security/xmldsig/sign.js'
import { verifyEnvelope } from '../../src/security/xmldsig/verify.js'
import type { FormatCase } from './case.js'
import { twelveKilobytes } from './decode.js'

const TRUSTED: ChainVerdict = { status: 'valid', chain: 'trusted', revocation: 'good', revocationBy: [], certificates: [], reasons: [] }

const { key, certificate } = makeSigner()
const message = twelveKilobytes()
const { xml, insertAt } = await signEnvelope(bufferSource(message), { key, certificates: [certificate] })
const signed = Buffer.concat([message.subarray(0, insertAt), Buffer.from(xml), message.subarray(insertAt)])
const text = signed.toString()
const source = bufferSource(signed)

/** Both verify the same message; chains are left out on both sides. */
export const SIGNATURE_CASES: readonly FormatCase[] = [
  {
    name: 'signature over 12 kB: xml-crypto',
    run: () => {
      const verifier = new SignedXml({ publicCert: certificate.toString() })
      verifier.loadSignature(xml)
      if (!verifier.checkSignature(text)) throw new Error('xml-crypto does not verify')
    }
  },
  {
    name: 'signature over 12 kB: verified',
    unit: 'signature over 12 kB: xml-crypto',
    atMost: 0.25,
    run: async () => {
      const { status } = await verifyEnvelope(source, { at: 0, alias: 'refused', chain: async () => TRUSTED })
      if (status !== 'valid') throw new Error(`own verification: ${status}`)
    }
  }
]

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
