// What a partner's dossier format offers the hub: canonical dossier → requests, and what the partner sent → dossiers.
// Both directions are pure; what cannot be carried is listed, so that nothing is lost unseen.
import type { Dossier } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import type { Text } from '../model/text.js'
import type { WorkingCalendar } from '../model/working-days.js'

export type WireName = 'dvcqg' | 'noihoso' | 'dvclt'

/** A file as a partner knows it after it was uploaded there. */
export interface UploadedFile { readonly IdTepTin: string, readonly HashTepTin: string }

/** A file of what was read, in the hub's terms. */
export interface KnownFile { readonly sha256: string, readonly size: number }

/** What a codec cannot know from the dossier alone. Every field is optional; each names the formats that look at it. */
export interface WireContext {
  /** Reading: code of the agency that the sender speaks for. */
  readonly from?: string
  /** Reading: recipients, when the message does not say. */
  readonly to?: readonly string[]
  /** Reading: identifier of the package; without it, one is made from the content, the same for the same content. */
  readonly packageId?: string
  /** Reading: when it was sent, RFC 3339. */
  readonly sentAt?: string
  /** Reading, all: our code of a dossier that the partner names by its own; both are kept. */
  readonly ownCodeOf?: (partnerCode: string) => string | undefined
  /** Reading, noihoso: files fetched from the partner, by its hash or identifier. */
  readonly files?: ReadonlyMap<string, KnownFile>
  /** Reading, noihoso and dvclt: name of a procedure. */
  readonly procedureName?: (code: string) => string | undefined
  /** Reading, dvclt: agency of an administrative unit. Writing: the reverse. */
  readonly agencyOfUnit?: (unit: string) => string | undefined
  readonly unitOfAgency?: (code: string) => string | undefined
  /** Writing, dvcqg: `madonvi`, our code as the portal knows it. */
  readonly unit?: string
  /** Writing, dvcqg: the open session. Read from nowhere, kept nowhere. */
  readonly session?: string
  /** Writing, dvcqg: set after the portal said that the dossier exists (or does not). Without it, the kind decides. */
  readonly mode?: 'create' | 'update'
  /** Writing, dvcqg: where the national side can fetch a file. */
  readonly fileLink?: (sha256: string) => string | undefined
  /** Writing, noihoso: code and identifier that the partner issued for the dossier. */
  readonly codeAtPartner?: string
  readonly idAtPartner?: string
  /** Writing, noihoso: what the partner answered to the upload, by our hash. */
  readonly uploads?: ReadonlyMap<string, UploadedFile>
  /** Writing, noihoso: MaDichVuCong of the procedure. */
  readonly publicServiceCode?: string
  /** Writing, noihoso: whether codes go as numbers (the default) or as texts. */
  readonly codesAs?: 'number' | 'string'
  /** Writing, dvclt: whom a dossier is for: a one-stop that reads the detail (default), or a sector system. */
  readonly party?: 'one-stop' | 'sector'
  /** Writing, dvclt: working days, for the end of a supplement. */
  readonly calendar?: WorkingCalendar
}

/** A field that a format has no place for, or that had to be changed. */
export interface Loss {
  /** JSON Pointer: into the dossier when writing, into the message when reading. */
  readonly pointer: string
  readonly reason: Text
}

/** One request, in the order of sending. */
export interface WireCall {
  /** The operation at the partner, as the partner names it. */
  readonly service: string
  readonly body: unknown
  /** Files whose content goes into the body as base64: the text that stands for each. See `writeBody`. */
  readonly files: ReadonlyArray<{ readonly marker: string, readonly sha256: string }>
}

export interface Written {
  /** Empty when there are faults: nothing is sent in halves. */
  readonly calls: readonly WireCall[]
  readonly lossy: readonly Loss[]
  readonly warnings: readonly Fault[]
  readonly faults: readonly Fault[]
}

export interface ReadFile extends KnownFile {
  readonly name: string
  /** Present when the file was inside the message and small enough to be read in memory. */
  readonly bytes?: Buffer
}

/** Where the parts of a dossier stood in the message: pointer into the dossier, pointer into the message. */
export type WirePlaces = ReadonlyArray<readonly [string, string]>

export interface Read {
  /** Valid by the dossier schema. Empty when there are faults: nothing is taken in halves. */
  readonly dossiers: readonly Dossier[]
  /** For each dossier. */
  readonly places: readonly WirePlaces[]
  readonly files: readonly ReadFile[]
  readonly lossy: readonly Loss[]
  readonly warnings: readonly Fault[]
  /** Pointers into the message. */
  readonly faults: readonly Fault[]
}

export interface DossierWire {
  readonly name: WireName
  /** Never throws for anything a valid dossier can hold. */
  toWire (dossier: Dossier, context: WireContext): Written
  /** Never throws, whatever `body` (parsed JSON) is. */
  fromWire (body: unknown, context: WireContext): Read
}

export type DvcqgAnswer =
  | { kind: 'ok', result: readonly unknown[] }
  /** The dossier is there already: send it again as an update. */
  | { kind: 'exists', message: string }
  /** The session is gone: log in and send again. */
  | { kind: 'session', code: string, message: string }
  | { kind: 'refused', code: string, message: string }
  /** Not an answer of the portal. */
  | { kind: 'unreadable' }

export type DvcltAnswer =
  /** `already`: the dossier has been brought to its end before; nothing more is to be done. */
  | { kind: 'ok', already: boolean, message: string }
  /** It will never be taken. */
  | { kind: 'permanent', message: string }
  /** Try again later. */
  | { kind: 'retry', message: string }

/** One line of the list that is polled. */
export interface DvcltListItem { id: string, maDonVi: string, maTTHC: string, module: string, maHoSo: string, ngayTiepNhan?: string, techId?: string }

/** What the hub lends an adapter to translate dossiers. Pure: no codec sends or fetches anything. */
export interface DossierCodecs {
  /** By the name of the format. */
  readonly wires: Readonly<Record<WireName, DossierWire>>
  /** The bytes of a request, its files streamed into it as base64. Rejects as `open` does. */
  writeBody (call: WireCall, open: (sha256: string) => Promise<AsyncIterable<Uint8Array>>): AsyncGenerator<Buffer>
  /** Reads the parsed body of an answer of the national portal. Never throws. */
  readDvcqgAnswer (body: unknown): DvcqgAnswer
  /** Reads an answer of the linked services, parsed or as text; `accepted`: the HTTP status was 2xx. Never throws. */
  readDvcltAnswer (body: unknown, facts: { accepted: boolean }): DvcltAnswer
  /** Reads the list of waiting dossiers. Items with a fault are left out, the others stand. Never throws. */
  readDvcltList (body: unknown): { items: DvcltListItem[] } & Pick<Read, 'warnings' | 'faults'>
}
