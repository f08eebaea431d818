// PDFs for tests: a small document, and the same signed by one or more identities with @signpdf.
import { deflateSync } from 'node:zlib'
import { Signer, SUBFILTER_ETSI_CADES_DETACHED } from '@signpdf/utils'
import { plainAddPlaceholder } from '@signpdf/placeholder-plain'
import { P12Signer } from '@signpdf/signer-p12'
import { SignPdf } from '@signpdf/signpdf'
import forge from 'node-forge'
import { NOW, type Identity, type Pki } from './pki.js'
import { withTimestamp } from './vouchers.js'

/** One page that says `text`. */
export function plainPdf (text = 'Quyet dinh'): Buffer {
  const content = `BT /F1 24 Tf 72 700 Td (${text}) Tj ET`
  return assemble([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    '<< /Producer (test) >>'
  ])
}

function assemble (objects: readonly string[]): Buffer {
  let out = '%PDF-1.7\n'
  const offsets = objects.map((object, index) => {
    const at = out.length
    out += `${index + 1} 0 obj\n${object}\nendobj\n`
    return at
  })
  const rows = offsets.map(at => `${String(at).padStart(10, '0')} 00000 n \n`).join('')
  const size = objects.length + 1
  return Buffer.from(`${out}xref\n0 ${size}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${size} /Root 1 0 R /Info 6 0 R >>\nstartxref\n${out.length}\n%%EOF\n`, 'latin1')
}

/** An increment that (re)defines objects; `links` are further entries of its cross-reference: number and offset. */
export function appendIncrement (pdf: Buffer, objects: Readonly<Record<number, string>>, links: ReadonlyArray<readonly [number, number]> = []): Buffer {
  const previous = /[\s\S]*startxref\s+(\d+)/.exec(pdf.toString('latin1'))?.[1] ?? '0'
  let out = ''
  const entries = Object.entries(objects).map(([number, object]) => {
    const at = pdf.length + 1 + out.length
    out += `${number} 0 obj\n${object}\nendobj\n`
    return [Number(number), at] as const
  })
  const rows = [...entries, ...links].map(([number, at]) => `${number} 1\n${String(at).padStart(10, '0')} 00000 n \n`).join('')
  const start = pdf.length + 1 + out.length
  return Buffer.concat([pdf, Buffer.from(`\n${out}xref\n${rows}trailer\n<< /Size 90 /Root 1 0 R /Prev ${previous} >>\nstartxref\n${start}\n%%EOF\n`, 'latin1')])
}

/** Signs with an increment of its own; sign again for a second signature. */
export async function signPdf (pdf: Buffer, identity: Identity, pki: Pki, at = NOW): Promise<Buffer> {
  return await signWith(pdf, { signer: signerOf(identity, pki), at })
}

/** As {@link signPdf}, with a time stamp on the signature; `stamp` makes the token over the signature value. */
export async function signStampedPdf (pdf: Buffer, identity: Identity, { pki, at, stamp }: { pki: Pki, at: number, stamp: (value: Buffer) => Buffer }): Promise<Buffer> {
  const own = signerOf(identity, pki)
  return await signWith(pdf, { signer: new SignerOf(async (bytes, time) => withTimestamp(await own.sign(bytes, time), stamp)), at })
}

/** @signpdf asks for its own class. */
class SignerOf extends Signer {
  constructor (readonly make: (bytes: Buffer, time?: Date) => Promise<Buffer>) { super() }
  override async sign (bytes: Buffer, time?: Date): Promise<Buffer> { return await this.make(bytes, time) }
}

function signerOf (identity: Identity, pki: Pki): Signer {
  const store = forge.pkcs12.toPkcs12Asn1(identity.forge.key, [identity.forge.certificate, pki.issuer.forge.certificate], 'test', { algorithm: '3des' })
  return new P12Signer(Buffer.from(forge.asn1.toDer(store).getBytes(), 'binary'), { passphrase: 'test' })
}

async function signWith (pdf: Buffer, { signer, at, subFilter = SUBFILTER_ETSI_CADES_DETACHED }: { signer: Signer, at: number, subFilter?: string }): Promise<Buffer> {
  const prepared = plainAddPlaceholder({ pdfBuffer: pdf, reason: 'Ky so', contactInfo: '', name: 'test', location: '', signatureLength: 8192, subFilter, signingTime: new Date(at) })
  return await new SignPdf().sign(prepared, signer, new Date(at))
}

/** A document time stamp over the whole file; `stamp` makes the token over the signed bytes. */
export async function stampPdf (pdf: Buffer, stamp: (bytes: Buffer) => Buffer, at = NOW): Promise<Buffer> {
  return await signWith(pdf, { signer: new SignerOf(async bytes => stamp(bytes)), at, subFilter: 'ETSI.RFC3161' })
}

/** Adds a document security store in an increment, as is done when the revocation material of a signed file has been fetched. */
export function addSecurityStore (pdf: Buffer, { lists = [], answers = [] }: { lists?: readonly Buffer[], answers?: readonly Buffer[] }): Buffer {
  const catalog = [...pdf.toString('latin1').matchAll(/(?<!\d)1 0 obj\s*(<<[\s\S]*?>>)\s*endobj/g)].at(-1)?.[1] ?? ''
  const objects: Record<number, string> = {}
  const place = (pieces: readonly Buffer[], from: number): string => pieces.map((piece, index) => {
    const packed = deflateSync(piece).toString('latin1')
    objects[from + index] = `<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n${packed}\nendstream`
    return `${from + index} 0 R`
  }).join(' ')
  const material = `/CRLs [${place(lists, 73)}] /OCSPs [${place(answers, 83)}]`
  const key = 'A'.repeat(40)
  objects[70] = `<< /Type /DSS ${material} /VRI 71 0 R >>`
  objects[71] = `<< /${key} << /Type /VRI ${material.replace('CRLs', 'CRL').replace('OCSPs', 'OCSP')} /TU (D:20261120020000Z) >> >>`
  objects[1] = catalog.replace(/>>$/, '/DSS 70 0 R /Extensions << /ESIC << /BaseVersion /1.7 /ExtensionLevel 1 >> >> >>')
  return appendIncrement(pdf, objects)
}
