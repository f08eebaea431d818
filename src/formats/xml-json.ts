// Any XML → plain JSON for mappings: bounded, without DTD or processing instructions, objects without a prototype.
// Names are local names; @name is an attribute, #text the text beside children, equal names side by side become a list.
import { createSaxes } from './saxes.js'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { DecodeLimits } from './codec.js'

export type XmlJson = string | { [name: string]: XmlJson | XmlJson[] }

interface OpenElement { name: string, value: { [name: string]: XmlJson | XmlJson[] }, text: string }

/** `{ root: … }`. Throws XML_MALFORMED, XML_FORBIDDEN or XML_LIMIT. */
export function xmlToJson (xml: string, limits: Pick<DecodeLimits, 'maxMarkupBytes' | 'maxDepth' | 'maxElements' | 'maxAttributesPerElement'>): XmlJson {
  if (Buffer.byteLength(xml) > limits.maxMarkupBytes) throw over('bytes', limits.maxMarkupBytes)
  const saxes = createSaxes()
  const document: OpenElement = { name: '', value: emptyObject(), text: '' }
  const open = [document]
  let elements = 0
  let attributes = 0
  saxes.on('error', error => { throw new HubError('XML_MALFORMED', text('XML không đúng cú pháp', `The XML is not well-formed: ${error.message}`)) })
  saxes.on('doctype', () => { throw forbidden('DOCTYPE') })
  saxes.on('processinginstruction', ({ target }) => { throw forbidden(target) })
  saxes.on('opentagstart', () => {
    attributes = 0
    if (open.length > limits.maxDepth) throw over('depth of nesting', limits.maxDepth)
    if (++elements > limits.maxElements) throw over('elements', limits.maxElements)
  })
  saxes.on('attribute', () => { if (++attributes > limits.maxAttributesPerElement) throw over('attributes of one element', limits.maxAttributesPerElement) })
  saxes.on('opentag', tag => {
    const value = emptyObject()
    for (const attribute of Object.values(tag.attributes)) {
      if (attribute.prefix !== 'xmlns' && attribute.name !== 'xmlns') value[`@${attribute.local}`] = attribute.value
    }
    open.push({ name: tag.local, value, text: '' })
  })
  const append = (characters: string): void => {
    const current = open.at(-1)
    if (current !== undefined) current.text += characters
  }
  saxes.on('text', append)
  saxes.on('cdata', append)
  saxes.on('closetag', () => {
    const element = open.pop()
    const parent = open.at(-1)
    if (element !== undefined && parent !== undefined) add(parent.value, element.name, settled(element))
  })
  saxes.write(xml).close()
  return document.value
}

function settled ({ value, text: characters }: OpenElement): XmlJson {
  const trimmed = characters.trim()
  if (Object.keys(value).length === 0) return trimmed
  return trimmed === '' ? value : Object.assign(value, { '#text': trimmed })
}

function add (parent: OpenElement['value'], name: string, value: XmlJson): void {
  const before = parent[name]
  if (before === undefined) parent[name] = value
  else if (Array.isArray(before)) before.push(value)
  else parent[name] = [before, value]
}

function emptyObject (): OpenElement['value'] {
  return Object.create(null) as OpenElement['value']
}

function forbidden (what: string): HubError {
  return new HubError('XML_FORBIDDEN', text(`XML không được có ${what}`, `The XML must not hold ${what}`))
}

function over (what: string, most: number): HubError {
  return new HubError('XML_LIMIT', text(`XML vượt giới hạn: ${what} không quá ${most}`, `The XML is over a limit: ${what} at most ${most}`))
}
