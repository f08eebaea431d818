// Text of an edXML message → tree, on saxes: well-formedness, forbidden constructs and limits are checked here.
// Attachments never come through: when their element opens, `raw` tells the byte router to take over.
import { HubError } from '../../errors.js'
import { text } from '../../model/text.js'
import type { DecodeLimits } from '../codec.js'
import { toFault } from '../findings.js'
import { createElement, EDXML_NAMESPACE, pointerOf, type XmlElement } from './element.js'
import { createSaxes } from './saxes.js'

/** Name of the element whose content is cut out. */
export const CUT_ELEMENT = 'ContentTransferEncoded'

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
  /** The open cut element. */
  readonly cut: XmlElement | undefined
  /** Grows with every tag, comment and CDATA section that ends. */
  readonly eventCount: number
  /** Attachment elements that closed since the last call. */
  takeClosed (): XmlElement[]
}

export function createTreeParser (limits: DecodeLimits): TreeParser {
  const saxes = createSaxes()
  const closed: XmlElement[] = []
  let root: XmlElement | undefined
  let current: XmlElement | undefined
  let cut: XmlElement | undefined
  let depth = 0
  let ended = false
  let skippedBelow = 0
  let elements = 0
  let attributes = 0
  let raw = false
  let eventCount = 0
  let commentEnding = false
  let skippedLines = 0
  let shift = { line: 0, columns: 0 }

  const place = (): { line: number, column: number } => {
    const line = saxes.line + skippedLines
    return { line, column: saxes.column + (line === shift.line ? shift.columns : 0) }
  }
  const pointer = (): string => current === undefined ? '' : pointerOf(current)
  const refuse = (code: 'XML_MALFORMED' | 'XML_FORBIDDEN' | 'XML_LIMIT' | 'EDXML_STRUCTURE', vi: string, en: string, found?: string): never => {
    const { line, column } = place()
    const detail = text(`${vi} (dòng ${line}, cột ${column})`, `${en} (line ${line}, column ${column})`)
    throw new HubError(code, detail, { errors: [toFault({ code, pointer: pointer(), detail, ...(found === undefined ? {} : { found }) })] })
  }
  const limit = (what: string, most: number): never =>
    refuse('XML_LIMIT', `XML vượt giới hạn: ${what} không quá ${most}`, `The XML is over a limit: ${what} at most ${most}`)

  saxes.on('error', error => {
    refuse('XML_MALFORMED', 'XML không đúng cú pháp', `The XML is not well-formed: ${error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')}`)
  })
  saxes.on('xmldecl', ({ encoding, version }) => {
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) refuse('XML_FORBIDDEN', 'Chỉ chấp nhận mã hóa UTF-8', 'Only the encoding UTF-8 is accepted', encoding)
    if (version !== undefined && version !== '1.0') refuse('XML_FORBIDDEN', 'Chỉ chấp nhận XML 1.0', 'Only XML 1.0 is accepted', version)
  })
  saxes.on('doctype', () => { refuse('XML_FORBIDDEN', 'Không được có DOCTYPE hay khai báo thực thể', 'A DOCTYPE or entity declaration is forbidden') })
  saxes.on('processinginstruction', ({ target }) => { refuse('XML_FORBIDDEN', 'Không được có chỉ thị xử lý', 'Processing instructions are forbidden', target) })
  // Before the attributes are read: the cost of a nested namespace lookup grows with the depth.
  saxes.on('opentagstart', () => {
    attributes = 0
    if (depth >= limits.maxDepth) limit('depth of nesting', limits.maxDepth)
    if (++elements > limits.maxElements) limit('elements', limits.maxElements)
  })
  saxes.on('attribute', ({ value }) => {
    if (++attributes > limits.maxAttributesPerElement) limit('attributes of one element', limits.maxAttributesPerElement)
    if (value.length > limits.maxTextLength) limit('characters of one attribute', limits.maxTextLength)
  })
  saxes.on('opentag', ({ local, uri, isSelfClosing }) => {
    eventCount++
    depth++
    if (skippedBelow > 0) return
    const ours = uri === EDXML_NAMESPACE || uri === ''
    // A Signature may carry copies of business elements, and loses its own namespace on the way through some gateways.
    if (current !== undefined && (!ours || local === 'Signature')) { skippedBelow = depth; return }
    const element = createElement(local, current)
    if (current === undefined && (!ours || element.name !== 'edXML')) {
      refuse('EDXML_STRUCTURE', 'Phần tử gốc phải là edXML của QCVN 102:2016', 'The root must be edXML of QCVN 102:2016', uri === '' ? local : `{${uri}}${local}`)
    }
    current = element
    root ??= element
    if (isAttachmentContent(element) && cut === undefined) { cut = element; raw = !isSelfClosing }
  })
  saxes.on('closetag', () => {
    eventCount++
    depth--
    ended = depth === 0
    if (skippedBelow > 0) { if (depth < skippedBelow) skippedBelow = 0; else return; if (cut !== undefined && current === cut) raw = true; return }
    if (current === undefined) return
    if (current.name === 'Attachment' && current.parent?.name === 'AttachmentEncoded') closed.push(current)
    if (current === cut) { cut = undefined; raw = false }
    current = current.parent
    if (cut !== undefined && current === cut) raw = true
  })
  const append = (characters: string): void => {
    if (characters.length > limits.maxTextLength) limit('characters of one text', limits.maxTextLength)
    if (current === undefined || skippedBelow > 0) return
    if (current.text.length + characters.length > limits.maxTextLength) limit('characters of one text', limits.maxTextLength)
    current.text += characters
  }
  saxes.on('text', append)
  saxes.on('cdata', characters => { eventCount++; append(characters) })
  saxes.on('comment', () => { eventCount++; commentEnding = true })

  return {
    write (markup) {
      saxes.write(markup)
      // saxes tells of a comment at its `--`; only the `>` after it ends it.
      if (!commentEnding || !markup.endsWith('>')) return
      commentEnding = false
      if (cut !== undefined && current === cut && skippedBelow === 0) raw = true
    },
    close () {
      if (!ended) {
        const detail = text('Nội dung kết thúc khi XML chưa đóng', 'The body ended inside the XML')
        throw new HubError('BODY_TRUNCATED', detail, { errors: [toFault({ code: 'BODY_TRUNCATED', pointer: pointer(), detail })] })
      }
      saxes.close()
    },
    skipped (lines, columns) {
      skippedLines += lines
      const line = saxes.line + skippedLines
      // Without a line break the columns add up; with one, the parser's own column no longer counts.
      shift = { line, columns: lines > 0 ? columns - saxes.column : columns + (shift.line === line ? shift.columns : 0) }
    },
    leaveRaw () { raw = false },
    get root () { return root },
    get raw () { return raw },
    get cut () { return cut },
    get eventCount () { return eventCount },
    takeClosed () { return closed.splice(0) }
  }
}

/** Only there is the content an attachment; the same name elsewhere is an ordinary, bounded text. */
function isAttachmentContent (element: XmlElement): boolean {
  return element.name === CUT_ELEMENT && element.parent?.name === 'Attachment' && element.parent.parent?.name === 'AttachmentEncoded'
}
