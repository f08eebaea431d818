// A real browser for the pages that people use. It talks to nobody but this machine.
import { existsSync } from 'node:fs'
import { chromium, type Browser, type Locator, type Page } from 'playwright-core'
import type { Test } from 'tap'

const EXECUTABLE = process.env['LIENTHONG_TEST_CHROMIUM'] ?? '/usr/bin/chromium'
const ARGUMENTS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']

/** Why no browser can be used here, or false. With LIENTHONG_REQUIRE_SERVICES=1 (CI) a missing one is a failure. */
export function withoutBrowser (): string | false {
  if (existsSync(EXECUTABLE)) return false
  if (process.env['LIENTHONG_REQUIRE_SERVICES'] === '1') throw new Error(`there is no Chromium at ${EXECUTABLE}; it is required here`)
  return `there is no Chromium at ${EXECUTABLE}`
}

/** Closed at the end of the test. */
export async function openBrowser (t: Test): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS, headless: true, chromiumSandbox: false })
  t.teardown(async () => { await browser.close() })
  return browser
}

// What the functions below use inside the page; this project is compiled without the types of browsers.
declare const document: { activeElement: unknown }
declare function getComputedStyle (element: unknown): { outlineStyle: string }

/** Is it what the next key goes to? */
export async function hasFocus (target: Locator): Promise<boolean> {
  return await target.evaluate(element => element === document.activeElement)
}

/** Style of the outline. */
export async function outlineOf (target: Locator): Promise<string> {
  return await target.evaluate(element => getComputedStyle(element).outlineStyle)
}

/** A page as it is shown. */
export interface Seen {
  language: string
  title: string
  headings: string[]
  /** How far something reaches beyond the right edge, px; 0 or less: nothing does. */
  overflowPx: number
  /** Contrast of each text with what is behind it (WCAG 2.2, 1.4.3). */
  texts: Array<{ text: string, contrast: number }>
  /** What can be pressed. */
  targets: Array<{ text: string, height: number }>
  /** Names of fields without a label. */
  unlabelled: string[]
}

export async function look (page: Page): Promise<Seen> {
  return await page.evaluate(LOOK)
}

/** Runs inside the page. */
const LOOK = `(() => {
  const root = document.documentElement
  // The colour of the page itself, light or dark, is told only by what is painted with it.
  root.style.backgroundColor = 'Canvas'
  const numbers = color => (color.match(/[\\d.]+/g) ?? []).map(Number)
  const luminance = color => {
    const [r, g, b] = numbers(color).map(value => value / 255).map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = element => numbers(getComputedStyle(element).backgroundColor)[3] === 0 && element !== root ? behind(element.parentElement) : getComputedStyle(element).backgroundColor
  const contrastOf = element => {
    const [high, low] = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((a, b) => b - a)
    return (high + 0.05) / (low + 0.05)
  }
  const all = [...document.body.querySelectorAll('*')]
  const wordsOf = element => [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.textContent).join('').trim()
  return {
    language: root.lang,
    title: document.title,
    headings: [...document.querySelectorAll('h1, h2, h3')].map(({ tagName }) => tagName),
    overflowPx: Math.max(root.scrollWidth, ...all.map(element => Math.floor(element.getBoundingClientRect().right))) - root.clientWidth,
    texts: all.filter(element => wordsOf(element) !== '').map(element => ({ text: wordsOf(element), contrast: contrastOf(element) })),
    targets: [...document.querySelectorAll('a, button')].map(element => ({ text: element.textContent, height: element.getBoundingClientRect().height })),
    unlabelled: [...document.querySelectorAll('input:not([type=hidden]), textarea, select')].filter(({ labels }) => labels.length === 0).map(({ name }) => name)
  }
})()`
