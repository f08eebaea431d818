// Promise: the pages behind a link work in a real browser, on a phone and at a desk, with nothing but a keyboard, in Vietnamese.
import { readFile } from 'node:fs/promises'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { hasFocus, look, openBrowser, outlineOf, withoutBrowser } from '../support/browser.js'
import { documentForClerk, linkIn, openMailbox, SUBJECT } from '../support/clerk.js'
import { freePort, openProvince, runHub } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { call, XML } from '../support/wire.js'

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }
const DESK = { viewport: { width: 1280, height: 800 } }
/** No byte of it is text, and its name has no place to break. */
const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 31 + (n >> 8)) % 256))
const NAME = `Phụ_lục_${'so_lieu_kiem_ke_tai_san_'.repeat(5)}2026.pdf`
/** WCAG 2.2: 1.4.3 contrast of text, 2.5.8 size of what is pressed. */
const LEAST_CONTRAST = 4.5
const LEAST_TARGET_PX = 24

/** The status of a page that says no is told in the console, whatever the page does. */
const EXPECTED = /^Failed to load resource: the server responded with a status of 4\d\d/

const skip = withoutBrowser()
await t.test('with Chromium', skip === false ? {} : { skip }, async t => {
  const browser = await openBrowser(t)
  const port = await freePort()
  const { server, withMail } = await openMailbox(t, { publicUrl: `http://127.0.0.1:${port}` })
  const province = await openProvince(t, 'embedded', config => withMail({ ...config, http: { ...config.http, port } }))
  const { url } = await runHub(t, province.config)
  const key = province.keys.get('ubnd-tinh')
  const deliveryOf = async (id: string): Promise<Record<string, any>> => (await call(`${url}/v1/packages/${id}`, { key })).json['deliveries'][0]
  const deposit = async (documentId: string): Promise<{ id: string, link: string }> => {
    const { json } = await call(`${url}/v1/packages`, { key, headers: XML, body: documentForClerk(documentId, { name: NAME, content: CONTENT }) })
    const id = json['id'] as string
    await eventually(async () => (await deliveryOf(id))['state'] === 'available')
    return { id, link: linkIn(server.received().at(-1)) }
  }
  const complaints: string[] = []
  /** A window of a clerk. */
  const visit = async (options: BrowserContextOptions): Promise<Page> => {
    const context = await browser.newContext({ locale: 'vi-VN', ...options })
    const page = await context.newPage()
    page.on('console', message => { if (!EXPECTED.test(message.text())) complaints.push(message.text()) })
    page.on('pageerror', error => { complaints.push(error.message) })
    return page
  }

  for (const [name, screen] of [['a phone', PHONE], ['a desk', DESK]] as const) {
    await t.test(`on ${name}, the file arrives as it was sent, and the sender learns that it did`, async t => {
      const { id, link } = await deposit(`trinh-duyet-${name}`)
      const page = await visit(screen)
      await page.goto(link)
      await isSound(t, page, 'Có văn bản chờ nhận')
      await page.getByRole('button', { name: 'Mở', exact: true }).click()
      await isSound(t, page, SUBJECT)
      t.match(await page.getByRole('main').innerText(), /Nơi gửi\s+UBND tỉnh Lâm Đồng\s+Nơi nhận\s+Sở Nội vụ[\s\S]*Trang này dùng được đến \d\d:\d\d/, 'agencies by their names')
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: NAME }).click()])
      t.equal(download.suggestedFilename(), NAME, 'under its own name')
      t.ok(CONTENT.equals(await readFile(await download.path())), 'byte for byte')
      await page.getByRole('button', { name: 'Đã nhận' }).click()
      await page.getByRole('status').getByText('Đã xác nhận nhận').waitFor()
      await isSound(t, page, SUBJECT)
      t.equal((await deliveryOf(id))['state'], 'delivered')
      await page.goto(link)
      await isSound(t, page, 'Không còn chờ nhận')
    })
  }

  await t.test('with nothing but a keyboard, in the dark, it is returned with a reason', async t => {
    const { id, link } = await deposit('trinh-duyet-ban-phim')
    const page = await visit({ ...DESK, colorScheme: 'dark' })
    await page.goto(link)
    await isSound(t, page, 'Có văn bản chờ nhận')
    await tabTo(t, page, page.getByRole('button', { name: 'Mở', exact: true }))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: SUBJECT }).waitFor()
    await isSound(t, page, SUBJECT)
    await tabTo(t, page, page.getByRole('link', { name: NAME }))
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
    t.ok(CONTENT.equals(await readFile(await download.path())))
    await tabTo(t, page, page.getByRole('button', { name: 'Trả lại' }))
    await page.keyboard.press('Enter')
    t.equal((await deliveryOf(id))['state'], 'available', 'not without a reason')
    await page.keyboard.press('Shift+Tab')
    await tabTo(t, page, page.getByLabel('Lý do'))
    await page.keyboard.type('Gửi nhầm cơ quan.')
    await tabTo(t, page, page.getByRole('button', { name: 'Trả lại' }))
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('Đã trả lại').waitFor()
    await isSound(t, page, SUBJECT)
    t.match(await deliveryOf(id), { state: 'refused', problem: { detail: 'Gửi nhầm cơ quan.' } })
  })

  await t.test('a used link, a new one asked for too soon, a session that is over and a wrong link are pages, too', async t => {
    const { link } = await deposit('trinh-duyet-lan-hai')
    const [page, other] = [await visit(PHONE), await visit({ ...PHONE, colorScheme: 'dark' })]
    await page.goto(link)
    await page.getByRole('button', { name: 'Mở', exact: true }).click()
    await page.getByRole('heading', { name: SUBJECT }).waitFor()
    await page.goto(link)
    await isSound(t, page, 'Liên kết đã được dùng')
    await page.getByRole('link', { name: /tiếp tục/ }).click()
    await isSound(t, page, SUBJECT)
    await other.goto(link)
    await other.getByRole('link', { name: /tiếp tục/ }).click()
    await isSound(t, other, 'Phiên đã hết')
    await other.goBack()
    await other.getByRole('button', { name: 'Gửi cho tôi liên kết mới' }).click()
    await isSound(t, other, 'Chưa gửi được liên kết mới')
    await other.goto(`${link.slice(0, -43)}${'x'.repeat(43)}`)
    await isSound(t, other, 'Không tìm thấy')
  })

  await t.test('who reads English reads English', async t => {
    const { link } = await deposit('trinh-duyet-tieng-anh')
    const page = await visit({ ...DESK, locale: 'en-GB' })
    await page.goto(link)
    await isSound(t, page, 'Something waits to be fetched', 'en')
    await page.getByRole('button', { name: 'Open' }).click()
    await isSound(t, page, SUBJECT, 'en')
    t.ok(await page.getByRole('button', { name: 'Received' }).isVisible())
    t.match(await page.getByRole('main').innerText(), /UBND tỉnh[\s\S]*293 KB[\s\S]*This page works until \d\d:\d\d/)
  })

  t.same(complaints, [], 'the browser has complained of nothing: the policy of the pages holds')
})

/** What holds for every page: its language and title, no scrolling sideways, contrast, sizes, labels. */
async function isSound (t: Test, page: Page, title: string | RegExp, language = 'vi'): Promise<void> {
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
  const seen = await look(page)
  t.match(seen, { language, title })
  t.same(seen.headings, [...seen.headings].sort(), 'headings do not skip a level')
  t.ok(seen.overflowPx <= 0, `nothing is cut off or scrolled sideways (${seen.overflowPx} px)`)
  t.same(seen.texts.filter(({ contrast }) => contrast < LEAST_CONTRAST), [], 'every text can be read')
  t.same(seen.targets.filter(({ height }) => height < LEAST_TARGET_PX), [], 'a finger finds what is to be pressed')
  t.same(seen.unlabelled, [], 'every field has a label')
}

/** Presses Tab until the element has the focus, and sees to it that the focus shows. */
async function tabTo (t: Test, page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 20; presses++) {
    if (await hasFocus(target)) {
      t.not(await outlineOf(target), 'none', 'the focus shows')
      return
    }
    await page.keyboard.press('Tab')
  }
  t.fail(`the keyboard does not reach ${String(target)}`)
}
