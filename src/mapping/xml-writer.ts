// A plain value as XML, in the order of its keys: @name is an attribute, #text the text, a list repeats its element.
import { escapeXml, escapeXmlAttribute } from '../formats/xml-text.js'
import { mappingFailure } from './failure.js'

const NAME = /^[\p{L}_][\p{L}\p{N}_.\-·]*(?::[\p{L}_][\p{L}\p{N}_.\-·]*)?$/u
const MOST_DEPTH = 64
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

/** Throws TRANSFORM_FAILED for anything but an object with one key, and for names and characters that XML cannot carry. */
export function writeXml (value: unknown): string {
  const entries = isObject(value) ? Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null) : []
  const [root] = entries
  if (root === undefined || entries.length > 1 || Array.isArray(root[1])) {
    throw mappingFailure('Kết quả XML phải có đúng một phần tử gốc.', 'The result for XML must have exactly one root element.')
  }
  return DECLARATION + writeElement(root[0], root[1], `/${root[0]}`)
}

function writeElement (name: string, value: unknown, path: string): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map((item, index) => writeElement(name, item, `${path}[${index + 1}]`)).join('')
  if (!NAME.test(name) || path.split('/').length > MOST_DEPTH) throw mappingFailure(`"${name.slice(0, 60)}" không dùng làm tên phần tử được.`, `"${name.slice(0, 60)}" cannot be the name of an element.`, path)
  if (!isObject(value)) return `<${name}>${escapeXml(String(value), path)}</${name}>`
  let attributes = ''
  let content = ''
  for (const [key, inner] of Object.entries(value)) {
    if (key.startsWith('@')) attributes += writeAttribute(key.slice(1), inner, path)
    else if (key === '#text') content += escapeXml(String(inner ?? ''), path)
    else content += writeElement(key, inner, `${path}/${key}`)
  }
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`
}

function writeAttribute (name: string, value: unknown, path: string): string {
  if (value === undefined || value === null) return ''
  if (!NAME.test(name) || typeof value === 'object') throw mappingFailure(`Thuộc tính "${name.slice(0, 60)}" không hợp lệ.`, `The attribute "${name.slice(0, 60)}" is not valid.`, path)
  return ` ${name}="${escapeXmlAttribute(String(value), `${path}/@${name}`)}"`
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
