// One walk over the tree: elements without a field become extensions, so that an encoder can write them back; odd
// spellings, repetitions and namespaces are noted on the way, each once.
import type { Extension, ExtensionElement } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { defined, nonEmpty } from '../../model/defined.js'
import { childOf, OLD_NAMESPACE, pathOf, pointerOf, type XmlElement } from './element.js'
import { EDXML_NAMESPACE } from './namespaces.js'
import type { Notes } from './notes.js'
import { SDK_ELEMENTS, type Word } from './vocabulary.js'

const MOST_EXTENSIONS = 200
const MOST_ELEMENTS = 2000
const MOST_DEPTH = 16
const MOST_CHARACTERS = 64 * 1024

interface Walk {
  readonly root: XmlElement
  readonly notes: Notes
  readonly found: Extension[]
  /** Spellings that were told. */
  readonly told: Set<string>
  elements: number
  characters: number
  bare: boolean
}

/** Extensions in the order of the message; at most 200 with 2000 elements and 65,536 characters, beyond which they are left out with a warning. */
export function readExtensions (root: XmlElement, vocabulary: ReadonlyMap<string, Word>, notes: Notes): Extension[] | undefined {
  const walk: Walk = { root, notes, found: [], told: new Set(), elements: 0, characters: 0, bare: false }
  checkName(root, walk)
  visit(root, vocabulary, walk)
  return nonEmpty(walk.found)
}

function visit (parent: XmlElement, vocabulary: ReadonlyMap<string, Word>, walk: Walk): void {
  for (const child of parent.children) {
    const word = vocabulary.get(child.name)
    if (word === undefined) {
      addUnknown(child, parent, walk)
      continue
    }
    checkName(child, walk)
    if (!word.repeatable && childOf(parent, child.name) !== child) {
      walk.notes.note('element-repeated', { code: 'EDXML_STRUCTURE', pointer: pointerOf(child), detail: text(`${child.name} lặp lại, chỉ dùng cái đầu.`, `${child.name} is repeated; only the first is used.`), expected: `one ${child.name}`, found: child.text.trim() === '' ? child.written : child.text.trim() })
      addExtension(child, parent, walk)
    } else if (child.children.length > 0) visit(child, word.children, walk)
  }
}

function checkName (element: XmlElement, walk: Walk): void {
  if (element.uri === '' && !walk.bare) {
    walk.bare = true
    walk.notes.note('namespace', { code: 'EDXML_STRUCTURE', pointer: pointerOf(element), detail: text('Phần tử không thuộc không gian tên nào.', 'The element is in no namespace.'), expected: EDXML_NAMESPACE, found: element.written })
  }
  if (element.name === element.written || element.uri === OLD_NAMESPACE || walk.told.has(element.written)) return
  walk.told.add(element.written)
  walk.notes.note('spelling', { code: 'EDXML_STRUCTURE', pointer: pointerOf(element), detail: text('Tên phần tử không đúng quy chuẩn.', 'The element is not spelt as in the standard.'), expected: element.name, found: element.written })
}

function addUnknown (element: XmlElement, parent: XmlElement, walk: Walk): void {
  if (!SDK_ELEMENTS.has(`${parent.name}/${element.name}`) && element.uri !== OLD_NAMESPACE) {
    walk.notes.note('element-known', { code: 'FIELD_UNKNOWN', pointer: pointerOf(element), detail: text('Phần tử không có trong quy chuẩn; giữ lại.', 'The element is not in the standard; it is kept.'), expected: 'an element of QCVN 102:2016', found: element.written })
  }
  addExtension(element, parent, walk)
}

function addExtension (element: XmlElement, parent: XmlElement, walk: Walk): void {
  const copy = walk.found.length < MOST_EXTENSIONS ? copyOf(element, walk, 1) : undefined
  if (copy !== undefined) walk.found.push({ path: pathOf(parent, walk.root), element: copy })
  else walk.notes.note('element-known', { code: 'FIELD_UNKNOWN', pointer: pointerOf(element), detail: text('Quá nhiều phần tử lạ; bỏ qua phần tử này.', 'There are too many unknown elements; this one is left out.'), expected: `at most ${MOST_EXTENSIONS}`, found: element.written })
}

/** Undefined when it is over a bound. */
function copyOf (element: XmlElement, walk: Walk, depth: number): ExtensionElement | undefined {
  const own = element.text.trim()
  walk.elements++
  walk.characters += own.length + element.attributes.reduce((sum, { value }) => sum + value.length, 0)
  if (walk.elements > MOST_ELEMENTS || walk.characters > MOST_CHARACTERS || depth > MOST_DEPTH) return undefined
  const children: ExtensionElement[] = []
  for (const child of element.children) {
    const copy = copyOf(child, walk, depth + 1)
    if (copy === undefined) return undefined
    children.push(copy)
  }
  return defined({
    name: element.written,
    namespace: element.uri === EDXML_NAMESPACE ? undefined : element.uri,
    attributes: nonEmpty(element.attributes.map(({ name, uri, value }) => defined({ name: name.local, namespace: uri === '' ? undefined : uri, value }))),
    text: own === '' ? undefined : own,
    children: nonEmpty(children)
  })
}
