// What the hub's parts need of a log: structured fields and an event name of the form noun.past-participle.
export type { AdapterLog as Log } from './adapter.js'
