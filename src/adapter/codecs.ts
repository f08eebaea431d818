// The codecs that every adapter finds in its kit, in the hub and in the conformance suite alike.
import { readDvcltList } from '../formats/dossier/dvclt.js'
import { readDvcltAnswer } from '../formats/dossier/dvclt-status.js'
import { readDvcqgAnswer } from '../formats/dossier/dvcqg-answer.js'
import { DOSSIER_WIRES, writeBody } from '../formats/dossier/wire.js'
import type { AdapterKit } from '../ports/adapter.js'

export const KIT_CODECS: AdapterKit['codecs'] = { dossier: { wires: DOSSIER_WIRES, writeBody, readDvcqgAnswer, readDvcltAnswer, readDvcltList } }
