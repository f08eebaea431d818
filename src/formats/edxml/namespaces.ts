// Prefixes in force while an XML document is read. Prefixes that real files use without declaring them are bound here, and told.
import { XML_URI, XMLNS_URI } from './xml-names.js'

/** The one namespace of the format. */
export const EDXML_NAMESPACE = 'http://www.mic.gov.vn/TBT/QCVN_102_2016'

/** Prefixes that official samples and SDKs use undeclared (formats: QCVN 102:2016 messages of the Java and .NET SDK). */
const RESCUED: Readonly<Record<string, string>> = {
  edxml: EDXML_NAMESPACE,
  xlink: 'http://www.w3.org/1999/xlink',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
  xsd: 'http://www.w3.org/2001/XMLSchema',
  ds: 'http://www.w3.org/2000/09/xmldsig#'
}

/** Declarations of one element; those of its ancestors behind it. */
interface Scope { readonly prefixes: Map<string, string>, readonly outer: Scope | undefined }

export interface Namespaces {
  /** Declares for the next element, before {@link Namespaces.open}. False when the declaration itself is forbidden. */
  declare (prefix: string, uri: string): boolean
  open (): void
  close (): void
  /** URI of a prefix; `rescued` when nobody declared it. Undefined for a prefix nobody knows. */
  resolve (prefix: string): string | undefined
  /** Prefixes that were bound without a declaration since the last call. */
  takeRescued (): string[]
}

export function createNamespaces (): Namespaces {
  const stack: Array<Scope | undefined> = []
  let scope: Scope | undefined
  let next: Map<string, string> | undefined
  const known = new Set<string>()
  let rescued: string[] = []
  /** The prefix asked for last: nearly always the one that is asked for next. */
  let lastPrefix: string | undefined
  let lastUri: string | undefined

  const find = (prefix: string): string | undefined => {
    const own = next?.get(prefix)
    if (own !== undefined) return own
    for (let at = scope; at !== undefined; at = at.outer) {
      const uri = at.prefixes.get(prefix)
      if (uri !== undefined) return uri
    }
    return undefined
  }

  const unbound = (prefix: string): string | undefined => {
    if (prefix === '') return ''
    if (prefix === 'xml') return XML_URI
    const meant = RESCUED[prefix.toLowerCase()]
    if (meant !== undefined && !known.has(prefix)) {
      known.add(prefix)
      rescued.push(prefix)
    }
    return meant
  }

  return {
    declare (prefix, uri) {
      if (prefix === 'xmlns' || uri === XMLNS_URI || (prefix === 'xml') !== (uri === XML_URI) || (prefix !== '' && uri === '')) return false
      next ??= new Map()
      // The same string object each time: comparing it is then comparing pointers.
      next.set(prefix, uri === EDXML_NAMESPACE ? EDXML_NAMESPACE : uri)
      lastPrefix = undefined
      return true
    },
    open () {
      stack.push(scope)
      if (next !== undefined) scope = { prefixes: next, outer: scope }
      next = undefined
    },
    close () {
      const outer = stack.pop()
      if (outer !== scope) lastPrefix = undefined
      scope = outer
    },
    resolve (prefix) {
      if (prefix === lastPrefix) return lastUri
      lastUri = find(prefix) ?? unbound(prefix)
      lastPrefix = prefix
      return lastUri
    },
    takeRescued () {
      if (rescued.length === 0) return rescued
      const taken = rescued
      rescued = []
      return taken
    }
  }
}
