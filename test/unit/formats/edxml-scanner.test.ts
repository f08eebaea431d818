// The scanner against saxes, a general parser: the same verdict and the same events on the same characters, however they are
// cut. What the scanner refuses on purpose is left out of the comparison, and said in `refusesOnPurpose`.
import { test } from 'tap'
import { DEFAULT_LIMITS } from '../../../src/formats/codec.js'
import { nameTable, type XmlName } from '../../../src/formats/edxml/xml-names.js'
import { XmlScanner } from '../../../src/formats/edxml/xml-scanner.js'
import { createSaxes } from '../../../src/formats/saxes.js'
import { fixture, NAMESPACE } from './edxml-messages.js'
import fc from '../../support/property.js'

type Event = readonly ['open', string, ...string[]] | readonly ['text', string] | readonly ['close']

/** Runs of text in one: parsers may cut them anywhere. */
function createLog (): { events: Event[], add: (event: Event) => void } {
  const events: Event[] = []
  return {
    events,
    add (event) {
      const last = events.at(-1)
      if (event[0] === 'text' && last?.[0] === 'text') events[events.length - 1] = ['text', last[1] + event[1]]
      else if (event[0] !== 'text' || event[1] !== '') events.push(event)
    }
  }
}

/** The events, or why there are none. */
function scanned (chunks: readonly string[], known: ReadonlyMap<string, XmlName>): Event[] | string {
  const { events, add } = createLog()
  const scanner = new XmlScanner({
    opened ({ local }, uri, attributes) { add(['open', `{${uri}}${local}`, ...attributes.map(({ name, uri: space, value }) => `{${space}}${name.local}=${value}`)]) },
    closed () { add(['close']) },
    text (characters) { add(['text', characters]) },
    ended () {},
    misdeclared () {},
    rescue (prefix) { throw new Error(`rescued ${prefix}`) },
    fail ({ en }) { throw new Error(en) }
  }, DEFAULT_LIMITS, known)
  try {
    for (const chunk of chunks) scanner.write(chunk)
    return scanner.complete ? events : 'unfinished'
  } catch (error) {
    return String(error)
  }
}

function parsed (xml: string): Event[] | string {
  const { events, add } = createLog()
  const saxes = createSaxes()
  let depth = 0
  saxes.on('error', error => { throw error })
  saxes.on('opentag', ({ local, uri, attributes }) => {
    depth++
    const own = Object.values(attributes).filter(({ prefix, name }) => prefix !== 'xmlns' && name !== 'xmlns')
    add(['open', `{${uri}}${local}`, ...own.map(attribute => `{${attribute.uri}}${attribute.local}=${attribute.value}`)])
  })
  saxes.on('closetag', () => { depth--; add(['close']) })
  const text = (characters: string): void => { if (depth > 0) add(['text', characters]) }
  saxes.on('text', text)
  saxes.on('cdata', text)
  try {
    saxes.write(xml).close()
    return events
  } catch (error) {
    return String(error)
  }
}

/** Processing instructions, document types and other versions; prefixes that are bound although nobody declared them. */
function refusesOnPurpose (xml: string): boolean {
  return /<[?!](?!--|\[CDATA\[)/.test(xml) || /(?:^|[<\s/])(?:xlink|xsi|xsd|ds|edxml):/i.test(xml)
}

const NONE: ReadonlyMap<string, XmlName> = new Map()
/** Names known beforehand change the pace, not what is told. */
const SOME = nameTable(['a', 'From', 'OrganId', 'edXML'], ['p', 'edXML'])

/** True for well-formed XML, told alike by both. */
function compare (chunks: readonly string[]): boolean {
  const xml = chunks.join('')
  if (refusesOnPurpose(xml)) return false
  const expected = parsed(xml)
  for (const known of [NONE, SOME]) agree(chunks, expected, scanned(chunks, known))
  return typeof expected !== 'string'
}

function agree (chunks: readonly string[], expected: Event[] | string, found: Event[] | string): void {
  const shown = `${JSON.stringify(chunks)}\nsaxes:   ${JSON.stringify(expected)}\nscanner: ${JSON.stringify(found)}`
  if ((typeof expected === 'string') !== (typeof found === 'string')) throw new Error(`other verdict: ${shown}`)
  if (typeof expected !== 'string' && JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`other events: ${shown}`)
}

const PIECES = ['<a>', '</a>', '<a/>', '<b x="1">', '</b>', '<b x=\'"\' y="&lt;\t\r\n"/>', '<p:a xmlns:p="urn:p">', '</p:a>', '<p:b/>', '<a xmlns="urn:q">', '<a xmlns="">', '<a x="1" x="2"/>', '<a p:x="1" xmlns:p="urn:p"/>',
  '<From>', '</From>', '<edXML>', '</edXML>', '<OrganId>', '</OrganId>', '<OrganId/>', '<To >', '</To\n>', '<a', ' ', '>', '<', '/', '</', '\r', '\n', '\r\n', '\t', '  \n    ', 'x', 'Đức Trọng', '😀', '&amp;', '&#10;', '&#xD;', '&#0;', '&no;', '&', ';',
  ']', ']]', ']]>', '<![CDATA[', '<!--', '-', '--', '-->', '"', '\'', '=', '\u0000', '\uffff', '\u0085', ':', '<:a/>', '<a:/>', '<1/>', '<__proto__/>', '<a xmlns:xmlns="u"/>', '<a xml:lang="vi"/>', '<a xmlns:xml="u"/>']

const piece = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...PIECES) }, { weight: 1, arbitrary: fc.string({ maxLength: 6 }) })
/** Nested as it must be, with anything inside; most of what pieces alone make is refused at once. */
const wellNested = fc.letrec<{ node: string }>(tie => ({
  node: fc.oneof({ maxDepth: 4 },
    fc.constantFrom('x', ' ', '\n  ', '\r\n', 'Lâm Đồng', '&amp;', '&#13;', ']]', '<![CDATA[ <&]] ]]>', '<!-- - -->', '<a/>', '<OrganId>H36</OrganId>', '<a x=" 1\n"/>'),
    fc.tuple(fc.constantFrom('a', 'From', 'p:a', 'p:OrganId', 'edXML', 'é'), fc.constantFrom('', ' ', ' x="1"', ' p:x="1" x=\'2\'', ' xmlns:p="urn:r"', ' xmlns="urn:s"', ' xmlns=""'), fc.array(tie('node'), { maxLength: 5 }))
      .map(([name, attributes, children]) => `<${name}${attributes}>${children.join('')}</${name}>`))
})).node.map(inner => `<r xmlns="urn:o" xmlns:p="urn:p">${inner}</r>`)

/** Cut at every given place. */
function cut (xml: string, places: readonly number[]): string[] {
  const at = [...new Set(places.map(place => place % (xml.length + 1)))].sort((a, b) => a - b)
  return [0, ...at].map((start, n) => xml.slice(start, at[n])).filter(chunk => chunk !== '')
}

const places = fc.array(fc.nat(10_000), { maxLength: 12 })

test('nested markup is told as saxes tells it, wherever it is cut', t => {
  fc.assert(fc.property(wellNested, places, (xml, at) => compare(cut(xml, at))), { numRuns: 6000, seed: 102 })
  t.end()
})

test('what saxes refuses is refused, and nothing else', t => {
  fc.assert(fc.property(fc.array(piece, { minLength: 1, maxLength: 10 }), places, fc.boolean(), (pieces, at, rooted) => {
    const xml = rooted ? `<r>${pieces.join('')}</r>` : pieces.join('')
    compare(cut(xml, at))
  }), { numRuns: 20_000, seed: 102 })
  t.end()
})

test('a real message, and one that lost or got a few characters, is told as saxes tells it', t => {
  const message = fixture('edxml/edoc_new.edxml').toString().replace(/^<\?xml[^>]*\?>/, '')
  t.match(parsed(message), [['open', `{${NAMESPACE}}edXML`]])
  fc.assert(fc.property(fc.nat(message.length), fc.nat(6), piece, places, (at, removed, added, cuts) => {
    compare(cut(message.slice(0, at) + added + message.slice(at + removed), cuts))
  }), { numRuns: 2000, seed: 102 })
  t.end()
})
