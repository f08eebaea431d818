// Verifying and making signatures, as the pipeline asks for it. Whoever answers may do it in another thread.
import type { DocumentEvidence, EnvelopeEvidence } from '../model/generated.js'

/** Bytes to be verified, read in ranges, so that nobody has to hold them whole. */
export interface ByteSource {
  /** Bytes. */
  readonly size: number
  /** The bytes from `start` up to, not including, `end`; both within the size. */
  read (start: number, end: number): Promise<Buffer>
}

export interface EnvelopeQuestion {
  /** Epoch ms at which the certificate must be valid. */
  readonly at: number
  /** `accepted`: http://www.w3.org/TR/xml-exc-c14n# stands for exclusive canonicalization. */
  readonly alias: 'accepted' | 'refused'
  readonly sender?: { readonly codes: readonly string[], readonly name: string }
}

/**
 * Never rejects for anything the bytes hold. A verification that takes too long, or finds too many waiting before it, is
 * `indeterminate` with the reason `timed-out` or `overloaded`.
 */
export interface SignatureVerifier {
  verifyEnvelope (source: ByteSource, question: EnvelopeQuestion): Promise<EnvelopeEvidence>
  verifyPdf (source: ByteSource, question: { readonly at: number }): Promise<Omit<DocumentEvidence, 'n' | 'sha256'>>
  close (): Promise<void>
}

export interface EnvelopeSignature {
  /** The element, to be put in at `insertAt`; everything else of the message stays as it is. */
  readonly xml: string
  /** Byte offset: the end of the header's content. */
  readonly insertAt: number
}

/** The hub's own signature on edXML that it writes. */
export interface EnvelopeSigning {
  /**
   * Signs with the key of this name in the configuration; the same message gets the same signature every time. Rejects with
   * TRANSFORM_FAILED for a message that cannot be signed, with CONFIG_INVALID for a key that is not there or is out of date.
   */
  sign (name: string, message: ByteSource): Promise<EnvelopeSignature>
}
