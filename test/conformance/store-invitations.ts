// The promises of the Store port about one-time links: opened once, asked for not too often, reminded of while nobody has come.
import { randomBytes } from 'node:crypto'
import type { NewInvitation } from '../../src/ports/invitation-store.js'
import type { Store } from '../../src/ports/store.js'
import { planDelivery, START } from '../support/packages.js'
import { freshAgency, makeAvailable, type Promised } from './store.js'

const AT = START + 100
const DAY_MS = 86_400_000
const ASK = { at: AT + 300_000, gapMs: 300_000, mostPerDay: 3 }

async function invite (store: Store, more: Partial<NewInvitation> = {}): Promise<NewInvitation & { agency: string }> {
  const agency = freshAgency()
  const endpoint = `endpoint-${agency}`
  const deliveryId = more.deliveryId ?? await makeAvailable(store, agency, { expiresAt: AT + 9 * DAY_MS, deliveries: [planDelivery(agency, { endpoint })] })
  const invitation = { tokenSha256: randomBytes(32).toString('hex'), deliveryId, endpoint, recipient: 'va***@xa.vn', at: AT, expiresAt: AT + DAY_MS, ...more }
  if (!await store.addInvitation(invitation)) throw new Error('not added')
  return { ...invitation, agency }
}

const settle = async (store: Store, deliveryId: string, agency: string): Promise<void> => { await store.settleInbox({ deliveryId, agencies: [agency], at: AT, actor: 'link:x' }) }

export const INVITING: Record<string, Promised> = {
  'a link leads to a delivery of its endpoint, and to no other': async (t, store, second) => {
    const { tokenSha256, deliveryId, agency, endpoint } = await invite(store)
    t.match(await second.findInvitation(tokenSha256), { deliveryId, agency, recipient: 'va***@xa.vn', expiresAt: AT + DAY_MS, openedAt: undefined, state: 'available' })
    const other = { tokenSha256: 'f'.repeat(64), deliveryId, endpoint: 'another', recipient: '', at: AT, expiresAt: AT + 1 }
    t.equal(await store.addInvitation(other), false)
    t.equal(await store.addInvitation({ ...other, endpoint, deliveryId: 'no id' }), false)
    t.equal(await store.findInvitation(other.tokenSha256), undefined)
  },
  'of all who open a link at once one gets it, and the package tells': async (t, store, second) => {
    const { tokenSha256, deliveryId, agency } = await invite(store)
    const opened = await Promise.all([store, second, store].map(async each => await each.openInvitation(tokenSha256, { at: AT + 1 })))
    t.equal(opened.filter(each => each !== undefined).length, 1)
    t.equal((await store.findInvitation(tokenSha256))?.openedAt, AT + 1)
    const found = await store.findInbox(deliveryId, [agency])
    const events = await store.events(found?.package.id ?? '', { limit: 100 })
    t.match(events.filter(({ type }) => type === 'link.opened'), [{ deliveryId, actor: 'link:va***@xa.vn', at: AT + 1 }])
  },
  'a link opens in time and while the delivery is available': async (t, store) => {
    const [late, settled] = [await invite(store), await invite(store)]
    t.equal(await store.openInvitation(late.tokenSha256, { at: AT + DAY_MS }), undefined)
    await settle(store, settled.deliveryId, settled.agency)
    t.equal(await store.openInvitation(settled.tokenSha256, { at: AT }), undefined)
    t.equal((await store.findInvitation(settled.tokenSha256))?.state, 'delivered')
  },
  'a new link can be asked for, by one of several who press at once, not too often and not for ever': async (t, store, second) => {
    const first = await invite(store)
    t.equal(await store.askInvitation(first.tokenSha256, { ...ASK, at: ASK.at - 1 }), false, 'too soon after the last')
    t.same((await Promise.all([store, second].map(async each => await each.askInvitation(first.tokenSha256, ASK)))).sort(), [false, true])
    const [due] = (await store.takeReminders({ at: ASK.at, retryAt: ASK.at + 1000, limit: 100 })).filter(({ deliveryId }) => deliveryId === first.deliveryId)
    t.match(due, { tokenSha256: first.tokenSha256, endpoint: first.endpoint, agency: first.agency, askedAt: ASK.at, envelope: { kind: 'document' } })
    for (const n of [1, 2]) await invite(store, { deliveryId: first.deliveryId, endpoint: first.endpoint, at: AT + n })
    t.equal(await store.askInvitation(first.tokenSha256, { ...ASK, at: ASK.at + 600_000 }), false, 'three within a day')
    t.equal(await store.askInvitation(first.tokenSha256, { ...ASK, at: AT + DAY_MS + 3 }), true, 'the next day')
    await settle(store, first.deliveryId, first.agency)
    t.equal(await store.askInvitation(first.tokenSha256, { ...ASK, at: AT + 3 * DAY_MS }), false, 'nothing waits any more')
  },
  'a reminder is due once it is time, again until it was told, and not for who has come': async (t, store, second) => {
    const remindAt = AT + 1000
    const [waiting, opened, settled] = [await invite(store, { remindAt }), await invite(store, { remindAt }), await invite(store, { remindAt })]
    const own = [waiting, opened, settled].map(({ tokenSha256 }) => tokenSha256)
    const take = async (each: Store, at: number): Promise<string[]> => (await each.takeReminders({ at, retryAt: at + 500, limit: 100 })).map(({ tokenSha256 }) => tokenSha256).filter(hash => own.includes(hash))
    await store.openInvitation(opened.tokenSha256, { at: AT })
    await settle(store, settled.deliveryId, settled.agency)
    t.same(await take(store, remindAt - 1), [])
    t.same((await Promise.all([take(store, remindAt), take(second, remindAt)])).flat(), [waiting.tokenSha256])
    t.same(await take(store, remindAt + 500), [waiting.tokenSha256], 'it was not told')
    await store.remindedOf(waiting.tokenSha256)
    t.same(await take(store, remindAt + 5000), [])
  },
  'links that ended long ago are forgotten': async (t, store) => {
    const { tokenSha256 } = await invite(store)
    while (await store.forgetInvitations({ before: AT + DAY_MS, limit: 2 }) > 0);
    t.ok(await store.findInvitation(tokenSha256))
    while (await store.forgetInvitations({ before: AT + DAY_MS + 1, limit: 2 }) > 0);
    t.equal(await store.findInvitation(tokenSha256), undefined)
  }
}
