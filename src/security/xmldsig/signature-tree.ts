// The Signature element as plain objects, and the strict reading of it: one SignedInfo, one Reference, nothing twice.
import { SignatureFailure } from './failure.js'

export interface SignatureNode {
  /** Local name; empty for an element of another namespace. */
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: SignatureNode[]
  /** Own character data as one string, across comments and CDATA sections. */
  text: string
}

/** What a signature names and holds, before anything is believed. */
export interface SignatureParts {
  readonly canonicalization: string
  readonly signatureMethod: string
  readonly digestMethod: string
  readonly transforms: string[]
  readonly uri: string | undefined
  readonly digestValue: string
  readonly signatureValue: string
  /** Base64 DER, as written. */
  readonly certificates: string[]
}

export function createNode (name: string, attributes: ReadonlyMap<string, string> = new Map()): SignatureNode {
  return { name, attributes, children: [], text: '' }
}

/** Reads the tree. Throws a {@link SignatureFailure} when something is missing that must be there, or is there twice. */
export function readSignature (signature: SignatureNode): SignatureParts {
  const signedInfo = only(signature, 'SignedInfo')
  const reference = only(signedInfo, 'Reference')
  const transforms = optional(reference, 'Transforms')
  const algorithms = (transforms?.children ?? []).map(algorithmOf)
  return {
    canonicalization: algorithmOf(only(signedInfo, 'CanonicalizationMethod')),
    signatureMethod: algorithmOf(only(signedInfo, 'SignatureMethod')),
    digestMethod: algorithmOf(only(reference, 'DigestMethod')),
    transforms: algorithms,
    uri: reference.attributes.get('URI'),
    digestValue: squeezed(only(reference, 'DigestValue')),
    signatureValue: squeezed(only(signature, 'SignatureValue')),
    certificates: named(optional(signature, 'KeyInfo'), 'X509Data').flatMap(data => named(data, 'X509Certificate')).map(squeezed)
  }
}

/** The algorithm of a method or transform. One with parameters is another algorithm: its parameters change what is signed. */
function algorithmOf (node: SignatureNode): string {
  const algorithm = node.attributes.get('Algorithm') ?? ''
  return node.children.length === 0 ? algorithm : `${algorithm} with parameters`
}

function named (parent: SignatureNode | undefined, name: string): SignatureNode[] {
  return parent?.children.filter(child => child.name === name) ?? []
}

function optional (parent: SignatureNode, name: string): SignatureNode | undefined {
  const found = named(parent, name)
  if (found.length > 1) throw new SignatureFailure('invalid', `repeated-${name}`)
  return found[0]
}

function only (parent: SignatureNode, name: string): SignatureNode {
  const found = optional(parent, name)
  if (found === undefined) throw new SignatureFailure('indeterminate', `missing-${name}`)
  return found
}

function squeezed ({ text }: SignatureNode): string {
  return text.replace(/\s+/g, '')
}

/** True when the tree is what senders print who do not sign: no values at all. */
export function isEmpty (signature: SignatureNode): boolean {
  const signedInfo = named(signature, 'SignedInfo')[0]
  const value = named(signature, 'SignatureValue')[0]
  const digest = named(named(signedInfo, 'Reference')[0], 'DigestValue')[0]
  return signature.children.length === 0 || (value === undefined ? '' : squeezed(value)) === '' || (digest === undefined ? '' : squeezed(digest)) === ''
}

