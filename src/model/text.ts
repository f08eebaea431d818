// Every sentence a person may read exists in both languages from the moment it is made.
import type { LocalizedText } from './generated.js'

export type Language = 'vi' | 'en'

/** One sentence for people, in Vietnamese and English. */
export type Text = LocalizedText

/** Builds a {@link Text}. Vietnamese first: it is what most readers see. */
export function text (vi: string, en: string): Text {
  return { vi, en }
}
