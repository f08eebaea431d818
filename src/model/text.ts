// Every sentence a person may read exists in both languages from the moment it is made.
import type { LocalizedText } from './generated.js'

export type Language = 'vi' | 'en'

/** One sentence for people, in Vietnamese and English. */
export type Text = LocalizedText

/** Builds a {@link Text}. Vietnamese first: it is what most readers see. */
export function text (vi: string, en: string): Text {
  return { vi, en }
}

/** `T` with every bilingual sentence replaced by one string: what the API answers. */
export type Localized<T> =
  T extends Text ? string
    : T extends ReadonlyArray<infer Item> ? Array<Localized<Item>>
      : T extends object ? { [Key in keyof T]: Localized<T[Key]> }
        : T
