// HTML without a template engine: values are escaped unless they are markup themselves. A page has no script, one style and one language.
import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { Language } from '../../model/text.js'

/** Text that is HTML already. Only {@link html} makes it. */
export interface Markup { readonly markup: string }

type Value = string | number | Markup | undefined | readonly Value[]

/** Template tag: `html\`<p>${value}</p>\``. */
export function html (strings: TemplateStringsArray, ...values: Value[]): Markup {
  return { markup: strings.map((part, n) => part + (n < values.length ? markupOf(values[n]) : '')).join('') }
}

function markupOf (value: Value): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.map(markupOf).join('')
  if (typeof value === 'object') return (value as Markup).markup
  return String(value).replace(/[&<>"']/g, found => `&#${found.charCodeAt(0)};`)
}

const STYLE = `
:root { color-scheme: light dark }
body { font: 1.0625rem/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 44rem; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; line-height: 1.3 }
h2 { font-size: 1.15rem; margin-top: 2rem }
dl { display: grid; gap: .25rem 1rem; grid-template-columns: max-content 1fr }
dt { font-weight: 600 }
dd { margin: 0 }
li { margin: .6rem 0 }
li a { padding: .25rem 0 }
button { border: 0; border-radius: .4rem; background: #0b5cad; color: #fff; cursor: pointer; font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1.25rem }
button.other { background: #8a1f1f }
button:focus-visible, a:focus-visible, textarea:focus-visible { outline: 3px solid #e08a00; outline-offset: 2px }
label { display: block; font-weight: 600 }
textarea { box-sizing: border-box; font: inherit; margin: .4rem 0 .75rem; min-height: 5rem; padding: .5rem; width: 100% }
[role=status], [role=alert] { border-left: .3rem solid #0b5cad; margin: 1rem 0; padding: .25rem 1rem }
[role=alert] { border-color: #8a1f1f }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr } dt { margin-top: .5rem } }
`
/** Nothing may be loaded or run; forms go to this hub only; nobody may frame the page. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`

export interface Page { status: number, language: Language, title: string, body: Markup }

/** Sends a page. Its address may be a secret, so nothing is kept and no other site is told where the reader came from. */
export function replyPage (reply: FastifyReply, { status, language, title, body }: Page): FastifyReply {
  const page = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`
  return reply.code(status).headers({
    'content-type': 'text/html; charset=utf-8',
    'content-language': language,
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
    vary: 'Accept-Language'
  }).send(page.markup)
}
