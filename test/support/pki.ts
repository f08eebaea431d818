// A certificate authority made for one test run: root, intermediate, persons and agencies. No key is kept anywhere.
import { createPrivateKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import forge from 'node-forge'

export interface Identity {
  readonly key: KeyObject
  readonly certificate: X509Certificate
  readonly pem: string
  readonly forge: { key: forge.pki.rsa.PrivateKey, certificate: forge.pki.Certificate }
}

export interface IdentityWish {
  /** Attributes of the subject: short names of forge (CN, O, OU) or object identifiers. */
  subject: ReadonlyArray<readonly [string, string]>
  issuer?: Identity
  ca?: boolean
  from?: number
  to?: number
  /** Without it, an end certificate may sign and not repudiate. */
  keyUsage?: object
  /** Extended uses, e.g. `{ timeStamping: true }`. */
  uses?: object
}

const DAY_MS = 86_400_000
/** Around this the certificates are valid. */
export const NOW = Date.UTC(2026, 10, 20, 2)
let serial = 1000

export function makeIdentity ({ subject, issuer, ca = false, from = NOW - 300 * DAY_MS, to = NOW + 300 * DAY_MS, keyUsage, uses }: IdentityWish): Identity {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = forge.pki.privateKeyFromPem(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString())
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.rsa.setPublicKey(key.n, key.e)
  certificate.serialNumber = `0${(serial++).toString(16)}`.slice(-4)
  certificate.validity.notBefore = new Date(from)
  certificate.validity.notAfter = new Date(to)
  const attributes = subject.map(([name, value]) => ({ ...(/^\d/.test(name) ? { type: name } : { shortName: name }), value, valueTagClass: forge.asn1.Type.UTF8 as unknown as forge.asn1.Class }))
  certificate.setSubject(attributes)
  certificate.setIssuer(issuer === undefined ? attributes : issuer.forge.certificate.subject.attributes)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: ca, critical: true },
    { name: 'keyUsage', critical: true, ...(keyUsage ?? (ca ? { keyCertSign: true, cRLSign: true } : { digitalSignature: true, nonRepudiation: true })) },
    ...(uses === undefined ? [] : [{ name: 'extKeyUsage', critical: true, ...uses }])
  ])
  certificate.sign(issuer?.forge.key ?? key, forge.md.sha256.create())
  const pem = forge.pki.certificateToPem(certificate)
  return { key: createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })), certificate: new X509Certificate(pem), pem, forge: { key, certificate } }
}

export interface Pki {
  root: Identity
  issuer: Identity
  person: Identity
  agency: Identity
  /** Signed by itself, under the agency's name. */
  rogue: Identity
  /** PEM file of the root. */
  rootFile: string
}

/** Builds the whole of it; `directory` gets the file of the trust anchor. */
export function makePki (directory: string, around = NOW): Pki {
  const from = around - 300 * DAY_MS
  const to = around + 300 * DAY_MS
  const root = makeIdentity({ subject: [['CN', 'Root CA thử nghiệm']], ca: true, from, to })
  const issuer = makeIdentity({ subject: [['CN', 'CA phục vụ cơ quan thử nghiệm']], issuer: root, ca: true, from, to })
  const person = makeIdentity({ subject: [['CN', 'Nguyễn Văn Thử'], ['O', 'Sở Thử Nghiệm'], ['0.9.2342.19200300.100.1.1', 'CCCD:000000000000']], issuer, from, to })
  const agencySubject = [['CN', 'Sở Thử Nghiệm'], ['O', 'UBND tỉnh Thử Nghiệm'], ['OU', 'H36.11']] as const
  const agency = makeIdentity({ subject: agencySubject, issuer, from, to })
  const rogue = makeIdentity({ subject: agencySubject, from, to })
  const rootFile = join(directory, 'root.pem')
  writeFileSync(rootFile, root.pem)
  return { root, issuer, person, agency, rogue, rootFile }
}
