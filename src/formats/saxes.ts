// saxes as the hub uses it. It stores its handlers under computed names, and after the seventh of them V8 turns the
// whole parser into a dictionary: parsing then takes four times as long (measured: 105 µs against 433 µs for 3 kB).
import { SaxesParser } from 'saxes'

/** The properties in which saxes keeps its handlers. */
interface HandlerSlots {
  errorHandler: undefined
  xmldeclHandler: undefined
  doctypeHandler: undefined
  piHandler: undefined
  openTagStartHandler: undefined
  attributeHandler: undefined
  openTagHandler: undefined
  closeTagHandler: undefined
  textHandler: undefined
  cdataHandler: undefined
  commentHandler: undefined
}

/** A parser with namespaces. Its handlers' properties are there from the start, by name: `on` then only fills them. */
export function createSaxes (): SaxesParser<{ xmlns: true }> {
  const saxes = new SaxesParser({ xmlns: true })
  const slots = saxes as unknown as HandlerSlots
  slots.errorHandler = undefined
  slots.xmldeclHandler = undefined
  slots.doctypeHandler = undefined
  slots.piHandler = undefined
  slots.openTagStartHandler = undefined
  slots.attributeHandler = undefined
  slots.openTagHandler = undefined
  slots.closeTagHandler = undefined
  slots.textHandler = undefined
  slots.cdataHandler = undefined
  slots.commentHandler = undefined
  return saxes
}
