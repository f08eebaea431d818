// PDFs for tests: a small document, and the same signed by one or more identities with @signpdf.
import { SUBFILTER_ETSI_CADES_DETACHED } from '@signpdf/utils'
import { plainAddPlaceholder } from '@signpdf/placeholder-plain'
import { P12Signer } from '@signpdf/signer-p12'
import { SignPdf } from '@signpdf/signpdf'
import forge from 'node-forge'
import { NOW, type Identity, type Pki } from './pki.js'

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
  const store = forge.pkcs12.toPkcs12Asn1(identity.forge.key, [identity.forge.certificate, pki.issuer.forge.certificate], 'test', { algorithm: '3des' })
  const p12 = Buffer.from(forge.asn1.toDer(store).getBytes(), 'binary')
  const prepared = plainAddPlaceholder({ pdfBuffer: pdf, reason: 'Ky so', contactInfo: '', name: 'test', location: '', signatureLength: 8192, subFilter: SUBFILTER_ETSI_CADES_DETACHED, signingTime: new Date(at) })
  return await new SignPdf().sign(prepared, new P12Signer(p12, { passphrase: 'test' }), new Date(at))
}
