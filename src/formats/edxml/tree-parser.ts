// Text of an edXML message → tree, on the scanner: limits of texts and what may be the root are checked here.
// Attachments never come through: when their element opens, `raw` tells the byte router to take over.
import { HubError } from '../../errors.js'
import { text } from '../../model/text.js'
import type { DecodeLimits } from '../codec.js'
import { toFault } from '../findings.js'
import { createElement, isOwn, OLD_NAMESPACE, pointerOf, type XmlElement } from './element.js'
import { EDXML_NAMESPACE } from './namespaces.js'
import type { XmlAttribute, XmlEvents, XmlFault } from './xml-events.js'
import { XmlScanner } from './xml-scanner.js'
import { nameTable, type XmlName } from './xml-names.js'
import { vocabularyNames } from './vocabulary.js'

/** Name of the element whose content is cut out. */
export const CUT_ELEMENT = 'ContentTransferEncoded'
/** The standard's names, with the prefixes that senders write. */
const KNOWN_NAMES = nameTable(vocabularyNames(), ['edXML', 'edxml'])

export interface TreeParser {
  /** Throws a `HubError` (XML_MALFORMED, XML_FORBIDDEN, XML_LIMIT, EDXML_STRUCTURE). */
  write (markup: string): void
  /** Ends the document. Throws BODY_TRUNCATED when the root is still open. */
  close (): void
  /** Tells where cut-out content ended, so that later lines and columns are right. */
  skipped (lines: number, columns: number): void
  /** Takes the parser out of cut-out mode: markup begins. */
  leaveRaw (): void
  readonly root: XmlElement | undefined
  /** True while the next bytes are content of the cut element. */
  readonly raw: boolean
  /** True while the next tag may open a cut element whose name is an everyday word, or one is open. */
  readonly careful: boolean
  /** The open cut element. */
  readonly cut: XmlElement | undefined
  /** Grows with every tag, comment and CDATA section that ends. */
  readonly eventCount: number
  /** Attachment elements that closed since the last call. */
  takeClosed (): XmlElement[]
  /** An encoding that was declared, and is not that of the bytes. */
  readonly encodings: readonly string[]
  /** Prefixes that were used without a declaration, with the place of the first use. */
  readonly rescued: ReadonlyArray<{ prefix: string, pointer: () => string }>
}

export function createTreeParser (limits: DecodeLimits): TreeParser {
  return new TreeBuilder(limits)
}

class TreeBuilder implements TreeParser, XmlEvents {
  readonly #limits: DecodeLimits
  readonly #scanner: XmlScanner
  #closed: XmlElement[] = []
  #current: XmlElement | undefined
  /** Depth of the skipped element; 0 when none is. */
  #skippedDepth = 0
  /** The element in which attachments are named by everyday words. */
  #flat: XmlElement | undefined
  readonly rescued: Array<{ prefix: string, pointer: () => string }> = []
  readonly encodings: string[] = []
  root: XmlElement | undefined
  cut: XmlElement | undefined
  raw = false
  eventCount = 0

  constructor (limits: DecodeLimits) {
    this.#limits = limits
    this.#scanner = new XmlScanner(this, limits, KNOWN_NAMES)
  }

  get careful (): boolean { return this.cut !== undefined || this.#flat !== undefined }

  write (markup: string): void { this.#scanner.write(markup) }
  skipped (lines: number, columns: number): void { this.#scanner.skipped(lines, columns) }
  leaveRaw (): void { this.raw = false }

  takeClosed (): XmlElement[] {
    if (this.#closed.length === 0) return this.#closed
    const closed = this.#closed
    this.#closed = []
    return closed
  }

  close (): void {
    if (this.#scanner.complete) return
    const detail = text('Nội dung kết thúc khi XML chưa đóng', 'The body ended inside the XML')
    throw new HubError('BODY_TRUNCATED', detail, { errors: [toFault({ code: 'BODY_TRUNCATED', pointer: this.#pointer(), detail })] })
  }

  opened ({ local }: XmlName, uri: string, attributes: readonly XmlAttribute[]): void {
    if (this.#skippedDepth > 0) return
    // A Signature may carry copies of business elements, and loses its own namespace on the way through some gateways.
    if (local === 'Signature' && this.#current !== undefined) {
      this.#skippedDepth = this.#scanner.depth
      return
    }
    const element = createElement({ written: local, uri, attributes, parent: this.#current })
    if (this.#current === undefined) {
      this.#checkRoot(element)
      this.root = element
    }
    this.#current = element
    if (this.#flat === undefined && (element.name === 'AllDocument' || isFlatHolder(element))) this.#flat = element
    if (this.cut === undefined && isCut(element)) this.cut = element
  }

  closed (): void {
    if (this.#skippedDepth > 0) {
      if (this.#scanner.depth < this.#skippedDepth) this.#skippedDepth = 0
      return
    }
    const element = this.#current
    if (element === undefined) return
    if (isAttachment(element)) this.#closed.push(element)
    if (element === this.#flat) this.#flat = undefined
    if (element === this.cut) this.cut = undefined
    this.#current = element.parent
  }

  text (characters: string): void {
    const element = this.#current
    if (element === undefined || this.#skippedDepth > 0) return
    if (element.text === '' && characters.charCodeAt(0) <= 0x20 && characters.trimStart() === '') return
    if (element.text.length + characters.length > this.#limits.maxTextLength) this.#scanner.limit(0, 'characters of one text', this.#limits.maxTextLength)
    element.text += characters
  }

  ended (): void {
    this.eventCount++
    this.raw = this.cut !== undefined && this.#current === this.cut && this.#skippedDepth === 0
  }

  misdeclared (encoding: string): void { this.encodings.push(encoding) }

  rescue (prefix: string): void {
    const element = this.#current
    this.rescued.push({ prefix, pointer: () => element === undefined ? '' : pointerOf(element) })
  }

  fail ({ code, vi, en, found, line, column }: XmlFault): never {
    const detail = text(`${vi} (dòng ${line}, cột ${column})`, `${en} (line ${line}, column ${column})`)
    throw new HubError(code, detail, { errors: [toFault({ code, pointer: this.#pointer(), detail, ...(found === undefined ? {} : { found }) })] })
  }

  #pointer (): string {
    return this.#current === undefined ? '' : pointerOf(this.#current)
  }

  #checkRoot ({ name, uri, written }: XmlElement): void {
    if (name === 'edXML' || name === 'soap:Envelope' || uri === OLD_NAMESPACE) return
    const found = uri === '' ? written : `{${uri}}${written}`
    const detail = text('Phần tử gốc phải là edXML của QCVN 102:2016', 'The root must be edXML of QCVN 102:2016')
    throw new HubError('EDXML_STRUCTURE', detail, { errors: [toFault({ code: 'EDXML_STRUCTURE', pointer: '', detail, expected: `{${EDXML_NAMESPACE}}edXML`, found })] })
  }
}

/** The element of the message: the root, or the content of a SOAP envelope around it, in its operation or without one. */
export function isMessage (element: XmlElement | undefined): boolean {
  if (element === undefined || !isOwn(element.uri)) return false
  const { parent } = element
  return parent === undefined || isSoapBody(parent) || (element.name === 'edXML' && parent.name !== 'edXML' && isSoapBody(parent.parent))
}

function isSoapBody (element: XmlElement | undefined): boolean {
  return element?.name === 'soap:Body' && element.parent?.name === 'soap:Envelope' && element.parent.parent === undefined
}

/** True in the places where the standard, or a product, puts the attachments: nowhere else may bytes be taken for a file. */
function isHolder (element: XmlElement | undefined): boolean {
  if (element === undefined) return false
  if (element.name === 'AttachmentEncoded') return isMessage(element.parent) || (element.parent?.name === 'edXMLEnvelope' && isMessage(element.parent.parent))
  return isFlatHolder(element)
}

/** `Manifest` with the files themselves (a flat model of some generators), and `AllDocument/Document/Attach` of the old schema. */
function isFlatHolder (element: XmlElement): boolean {
  const { name, parent } = element
  if (name === 'Attach') return parent?.name === 'Document' && parent.parent?.name === 'AllDocument' && isInMessage(parent.parent)
  return name === 'Manifest' && isInMessage(element)
}

/** A direct part of the message, of its envelope or of its body. */
function isInMessage ({ parent }: XmlElement): boolean {
  if (parent === undefined) return false
  if (isMessage(parent) || parent.name === 'soap:Body') return true
  return (parent.name === 'edXMLEnvelope' && isMessage(parent.parent)) || (parent.name === 'edXMLBody' && parent.parent?.name === 'edXMLEnvelope' && isMessage(parent.parent.parent))
}

function isAttachment ({ name, parent }: XmlElement): boolean {
  return name === 'Attachment' && isHolder(parent)
}

/** Only there is the content an attachment; the same name elsewhere is an ordinary, bounded text. */
function isCut (element: XmlElement): boolean {
  const { name, parent } = element
  if (parent === undefined || !isContentName(name) || !isAttachment(parent)) return false
  return name === CUT_ELEMENT || parent.parent?.name !== 'AttachmentEncoded'
}

function isContentName (name: string): boolean {
  return name === CUT_ELEMENT || name === 'Content' || name === 'value' || name === 'Value'
}
