// What this endpoint remembers of linked dossiers: what became of each offer, and which two codes are the same dossier.
import { createHash } from 'node:crypto'
import type { AdapterMemory } from 'lienthong/adapter'

export interface Offer {
  /** Identifier at the linked services. */
  id: string
  /** `stored`: the hub has it. `confirmed`: and they know. `rejected`: sent back. `refused`: the hub will not have it, at `at`. */
  fate: 'stored' | 'confirmed' | 'rejected' | 'refused'
  /** Epoch ms. */
  at: number
  /** How often it was offered with new content. */
  round: number
  /** A supplement was asked for: new content is taken. */
  awaits: boolean
  /** What the hub stored of it last. */
  packageId?: string
}

export interface Records {
  offer (codeLT: string): Promise<Offer | undefined>
  write (codeLT: string, offer: Offer): Promise<void>
  /** The linked code of a dossier that goes by `code` here; undefined when none is known. */
  linkedCode (code: string): Promise<string | undefined>
  /** Both codes are the same dossier. */
  join (ownCode: string, codeLT: string): Promise<void>
}

/** `keepMs` after it was written last a record goes. */
export function createRecords (memory: AdapterMemory, { keepMs }: { keepMs: number }): Records {
  const offerKey = (code: string): string => `offer:${digest(code)}`
  const ownKey = (code: string): string => `own:${digest(code)}`
  const offer = async (code: string): Promise<Offer | undefined> => await memory.read(offerKey(code)) as Offer | undefined
  return {
    offer,
    write: async (code, value) => { await memory.write(offerKey(code), value, { keepMs }) },
    async linkedCode (code) {
      const joined = await memory.read(ownKey(code))
      if (typeof joined === 'string') return joined
      return await offer(code) === undefined ? undefined : code
    },
    async join (ownCode, codeLT) {
      if (ownCode !== codeLT) await memory.write(ownKey(ownCode), codeLT, { keepMs })
    }
  }
}

/** Codes may be longer than a key, and hold anything. */
function digest (code: string): string {
  return createHash('sha256').update(code).digest('hex').slice(0, 40)
}
