// One pass over an edXML message: canonical digest of everything but the Signature, and the Signature as a tree. Content
// of attachments goes by as bytes, so memory stays flat whatever the size.
import { createHash } from 'node:crypto'
import type { SaxesAttributeNS, SaxesTagNS } from 'saxes'
import { createSaxes } from '../../formats/saxes.js'
import { DSIG, type DigestName } from './algorithms.js'
import { createCanonicalizer, type C14nContext, type C14nKind, type Canonicalizer } from './c14n.js'
import { SignatureFailure } from './failure.js'
import { createFeed, CUT_ELEMENT, type Feed } from './feed.js'
import { createNode, type SignatureNode } from './signature-tree.js'

export interface EnvelopeReader extends Feed {
  /** The Signature, once it has closed. */
  readonly signature: FoundSignature | undefined
  /** Base64; after `end`. */
  digest (): string
}

export interface FoundSignature {
  readonly tree: SignatureNode
  /** SignedInfo in both canonical forms: which one counts is said inside it. */
  readonly signedInfo: Readonly<Record<C14nKind, string>>
}

const MOST_DEPTH = 256
const MOST_ELEMENTS = 100_000
const MOST_ATTRIBUTES = 256
const MOST_SIGNATURE_CHARACTERS = 512 * 1024
/** Text gathered before it is hashed, characters. */
const GATHER = 16_384
/** Where a signature stands: root, envelope, header. Deeper ones belong to something that was copied into this message. */
const HEADER_DEPTH = 3
const HEADER = /^edxmlheader$/i

/**
 * Throws a {@link SignatureFailure} at once for what no signed message may hold: processing instructions (parsers disagree
 * about the text around them), a DOCTYPE, a second Signature or one outside the header, relative namespace names.
 */
export function createEnvelopeReader ({ kind, digest }: { kind: C14nKind, digest: DigestName }): EnvelopeReader {
  const hash = createHash(digest)
  let gathered = ''
  const flush = (): void => { if (gathered !== '') { hash.update(gathered); gathered = '' } }
  const document = createCanonicalizer(kind, canonical => { gathered += canonical; if (gathered.length > GATHER) flush() })
  const open: SaxesTagNS[] = []
  let elements = 0
  let attributes = 0
  let subtree: SignatureSubtree | undefined
  let cut = false
  let value = ''

  const parser = createSaxes()
  parser.on('error', () => { throw new SignatureFailure('indeterminate', 'not-well-formed') })
  parser.on('doctype', () => { throw new SignatureFailure('invalid', 'doctype') })
  parser.on('processinginstruction', () => { throw new SignatureFailure('invalid', 'processing-instruction') })
  parser.on('xmldecl', ({ encoding }) => { if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) throw new SignatureFailure('indeterminate', 'not-utf-8') })
  parser.on('opentagstart', () => {
    attributes = 0
    if (open.length >= MOST_DEPTH || ++elements > MOST_ELEMENTS) throw new SignatureFailure('indeterminate', 'too-much-markup')
  })
  parser.on('attribute', () => { if (++attributes > MOST_ATTRIBUTES) throw new SignatureFailure('indeterminate', 'too-much-markup') })
  parser.on('opentag', tag => {
    refuseRelativeNamespaces(tag)
    if (tag.uri === DSIG && tag.local === 'Signature') {
      if (subtree !== undefined) throw new SignatureFailure('invalid', 'several-signatures')
      if (open.length !== HEADER_DEPTH || !HEADER.test(open.at(-1)?.local ?? '')) throw new SignatureFailure('invalid', 'signature-misplaced')
      subtree = createSubtree(open)
    }
    open.push(tag)
    if (subtree?.open(tag) === true) return
    document.open(tag)
    cut = tag.local === CUT_ELEMENT && !tag.isSelfClosing
  })
  parser.on('closetag', tag => {
    open.pop()
    if (subtree?.close(tag) !== true) document.close(tag.name)
  })
  const text = (characters: string): void => {
    if (open.length > 0 && subtree?.text(characters) !== true) document.text(characters)
  }
  parser.on('text', text)
  parser.on('cdata', text)

  const feed = createFeed({
    markup (characters) {
      cut = false
      if (characters !== '') parser.write(characters)
      return cut
    },
    content (canonical) {
      flush()
      hash.update(canonical)
    }
  })
  return {
    write: feed.write,
    end () {
      feed.end()
      parser.close()
      flush()
      value = hash.digest('base64')
    },
    get signature () { return subtree?.finished },
    digest: () => value
  }
}

interface SignatureSubtree {
  /** Each answers true when the event belongs to the signature. */
  open (tag: SaxesTagNS): boolean
  close (tag: SaxesTagNS): boolean
  text (characters: string): boolean
  readonly finished: FoundSignature | undefined
}

function createSubtree (around: readonly SaxesTagNS[]): SignatureSubtree {
  const ancestors = [...around]
  const path: SignatureNode[] = []
  const signedInfo = { exclusive: '', inclusive: '' }
  let canonicalizers: Canonicalizer[] = []
  let characters = 0
  let tree: SignatureNode | undefined
  let finished: FoundSignature | undefined
  let tags: SaxesTagNS[] = []

  return {
    open (tag) {
      if (finished !== undefined) return false
      const node = createNode(tag.uri === DSIG ? tag.local : '', attributesOf(tag))
      const parent = path.at(-1)
      parent?.children.push(node)
      tree ??= node
      const context = path.length === 1 && node.name === 'SignedInfo' ? contextOf([...ancestors, ...tags]) : undefined
      if (context !== undefined) {
        // Of two the first would count here and the second there: reading the tree refuses them.
        canonicalizers = (['exclusive', 'inclusive'] as const).map(kind => createCanonicalizer(kind, canonical => { signedInfo[kind] += canonical }))
      }
      for (const canonicalizer of canonicalizers) canonicalizer.open(tag, context)
      path.push(node)
      tags = [...tags, tag]
      return true
    },
    close (tag) {
      if (finished !== undefined) return false
      for (const canonicalizer of canonicalizers) canonicalizer.close(tag.name)
      const node = path.pop()
      tags = tags.slice(0, -1)
      if (path.length === 1 && node?.name === 'SignedInfo') canonicalizers = []
      if (path.length === 0 && tree !== undefined) finished = { tree, signedInfo }
      return true
    },
    text (piece) {
      if (finished !== undefined) return false
      characters += piece.length
      if (characters > MOST_SIGNATURE_CHARACTERS) throw new SignatureFailure('indeterminate', 'signature-too-large')
      const node = path.at(-1)
      if (node !== undefined) node.text += piece
      for (const canonicalizer of canonicalizers) canonicalizer.text(piece)
      return true
    },
    get finished () { return finished }
  }
}

function attributesOf (tag: SaxesTagNS): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const name in tag.attributes) {
    const attribute = tag.attributes[name]
    if (attribute !== undefined && attribute.prefix === '') attributes.set(attribute.local, attribute.value)
  }
  return attributes
}

/** What is in scope where a subtree begins. */
function contextOf (ancestors: readonly SaxesTagNS[]): C14nContext {
  const namespaces = new Map<string, string>()
  const xmlAttributes = new Map<string, SaxesAttributeNS>()
  for (const tag of ancestors) {
    for (const prefix in tag.ns) namespaces.set(prefix, tag.ns[prefix] ?? '')
    for (const name in tag.attributes) {
      const attribute = tag.attributes[name]
      if (attribute?.prefix === 'xml') xmlAttributes.set(name, attribute)
    }
  }
  return { namespaces, xmlAttributes }
}

/** Canonical XML leaves them undefined, and processors differ. */
function refuseRelativeNamespaces ({ ns }: SaxesTagNS): void {
  for (const prefix in ns) {
    const uri = ns[prefix] ?? ''
    if (uri !== '' && !/^[a-z][a-z0-9+.-]*:/i.test(uri)) throw new SignatureFailure('indeterminate', 'relative-namespace')
  }
}
