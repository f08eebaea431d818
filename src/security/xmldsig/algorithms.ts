// The algorithms of XML signatures that the hub knows, by their names on the wire.
import type { C14nKind } from './c14n.js'

export const DSIG = 'http://www.w3.org/2000/09/xmldsig#'
export const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
export const INCLUSIVE = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'
/** Printed in the standard's sample: the address of the document, not the name of the algorithm. */
export const EXCLUSIVE_ALIAS = 'http://www.w3.org/TR/xml-exc-c14n#'
export const ENVELOPED = `${DSIG}enveloped-signature`
export const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
export const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256'
const RSA_SHA1 = `${DSIG}rsa-sha1`
const SHA1 = `${DSIG}sha1`

/** Names of digests in `node:crypto`. */
export type DigestName = 'sha256' | 'sha1'

export const CANONICALIZATIONS: ReadonlyMap<string, C14nKind> = new Map([[EXCLUSIVE, 'exclusive'], [INCLUSIVE, 'inclusive']])
export const DIGESTS: ReadonlyMap<string, DigestName> = new Map([[SHA256, 'sha256'], [SHA1, 'sha1']])
export const SIGNATURES: ReadonlyMap<string, DigestName> = new Map([[RSA_SHA256, 'sha256'], [RSA_SHA1, 'sha1']])

/** Signature methods that prove nothing about a sender: a shared key, no key, or a broken hash. */
export function isForbidden (signatureMethod: string): boolean {
  return signatureMethod === '' || /hmac|none|md5|ripemd/i.test(signatureMethod)
}
