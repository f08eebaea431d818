// One language per answer: Vietnamese unless the caller prefers English.
import type { FastifyRequest } from 'fastify'
import type { Language, Localized, Text } from '../model/text.js'

/** The language of an answer by `Accept-Language` (RFC 9110 §12.5.4). English only when it is ranked above Vietnamese. */
export function chooseLanguage (acceptLanguage: string | undefined): Language {
  let vi = 0
  let en = 0
  for (const item of (acceptLanguage ?? '').slice(0, 500).split(',')) {
    const [range = '', ...parameters] = item.trim().toLowerCase().split(';')
    const quality = parameters.map(parameter => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(parameter)?.[1]).find(value => value !== undefined)
    const rank = quality === undefined ? 1 : Number(quality)
    const primary = range.trim().split('-')[0]
    if (primary === 'vi' || primary === '*') vi = Math.max(vi, rank)
    if (primary === 'en') en = Math.max(en, rank)
  }
  return en > vi ? 'en' : 'vi'
}

/** The language of the answer to a request. */
export function languageOf (request: FastifyRequest): Language {
  return chooseLanguage(request.headers['accept-language'])
}

/** Replaces every `{ vi, en }` in `value`, at any depth, by the sentence in `language`. For the hub's own words, never for content. */
export function localize<T> (value: T, language: Language): Localized<T> {
  return translate(value, language) as Localized<T>
}

function translate (value: unknown, language: Language): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(item => translate(item, language))
  if (isText(value)) return value[language]
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, translate(item, language)]))
}

function isText (value: object): value is Text {
  const keys = Object.keys(value)
  return keys.length === 2 && 'vi' in value && 'en' in value && typeof value.vi === 'string' && typeof value.en === 'string'
}

/** Does the caller want both languages of a problem at once (RFC 7240)? A program writes one into its log and shows the other. */
export function wantsBoth (request: FastifyRequest): boolean {
  return /(?:^|[,\s])both-languages(?:$|[,;\s])/i.test(String(request.headers['prefer'] ?? '').slice(0, 500))
}
