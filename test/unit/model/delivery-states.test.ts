// The table of a delivery's life: every row, what every waiting state owes, and histories that it allows and does not.
import t from 'tap'
import { FINAL_STATES } from '../../../src/model/delivery.js'
import { DELIVERY_STEPS, statesAfter, type RecordedEvent } from '../../../src/model/delivery-states.js'
import type { DeliveryState } from '../../../src/model/generated.js'
import { BATCH_OPERATIONS, RULES } from '../../../src/model/operation.js'

const STATES = Object.keys(DELIVERY_STEPS) as DeliveryState[]
const isFinal = (state: DeliveryState): boolean => (FINAL_STATES as readonly DeliveryState[]).includes(state)

t.test('every waiting state ends: it expires, and an operator can cancel it', async t => {
  for (const state of STATES.filter(each => !isFinal(each))) {
    t.equal(DELIVERY_STEPS[state].expire, 'expired', state)
    if (state !== 'active') t.equal(DELIVERY_STEPS[state].cancel, 'cancelled', state)
  }
})

t.test('a final state is left only by an operator', async t => {
  for (const state of STATES.filter(isFinal)) t.same(Object.keys(DELIVERY_STEPS[state]).filter(step => !['retry', 'redirect', 'cancel'].includes(step)), [], state)
})

t.test('what an operator may do is a step of the table, and no step of an operator is missing from what he may do', async t => {
  const steps = { retry: 'retry', cancel: 'cancel', hold: 'hold', release: 'free', redirect: 'redirect' } as const
  for (const operation of BATCH_OPERATIONS) {
    const { from } = RULES[operation]
    for (const state of STATES) {
      const can = DELIVERY_STEPS[state][steps[operation]] !== undefined
      // The hub holds and cancels, too.
      if (operation === 'hold' || operation === 'cancel') t.ok(can || !from.includes(state), `${operation} from ${state}`)
      else t.equal(can, from.includes(state), `${operation} from ${state}`)
    }
  }
})

t.test('every state but the first can be reached from queued', async t => {
  const reached = new Set<DeliveryState>(['queued'])
  for (const state of reached) for (const next of Object.values(DELIVERY_STEPS[state])) reached.add(next)
  t.same([...reached].sort(), [...STATES].sort())
})

const attempted = (state: string): RecordedEvent => ({ type: 'delivery.attempted', data: { state } })
const told = (state: string): RecordedEvent => ({ type: `delivery.${state}`, data: {} })

const ALLOWED: Array<[string, RecordedEvent[], DeliveryState]> = [
  ['delivered at once', [attempted('delivered'), told('delivered')], 'delivered'],
  ['delivered at the third try', [attempted('deferred'), attempted('deferred'), attempted('delivered'), told('delivered')], 'delivered'],
  ['fetched', [attempted('available'), told('delivered')], 'delivered'],
  ['rejected in the inbox', [attempted('available'), told('refused')], 'refused'],
  ['refused before anything was tried', [told('refused')], 'refused'],
  ['never tried', [told('expired')], 'expired'],
  ['waited for another', [told('blocked'), told('unblocked'), attempted('delivered'), told('delivered')], 'delivered'],
  ['held and sent anyway', [told('blocked'), told('held'), { type: 'delivery.resumed', data: { state: 'queued' } }, attempted('dead'), told('dead')], 'dead'],
  ['recalled', [told('cancelled')], 'cancelled'],
  ['not known whether it arrived', [attempted('held'), told('held')], 'held'],
  ['its process died after bytes had gone out', [told('held')], 'held'],
  ['retried after its death', [attempted('dead'), told('dead'), told('retried'), told('unblocked'), attempted('delivered'), told('delivered')], 'delivered'],
  ['retried before it was due', [attempted('deferred'), told('retried'), attempted('delivered'), told('delivered')], 'delivered'],
  ['retried behind another', [attempted('dead'), told('dead'), told('retried'), told('blocked'), told('unblocked')], 'queued'],
  ['retried behind one that is dead', [attempted('dead'), told('dead'), told('retried')], 'held'],
  ['redirected while it could be fetched', [attempted('available'), told('redirected'), told('unblocked')], 'queued'],
  ['held by an operator and let go', [told('held'), { type: 'delivery.resumed', data: { from: 'held' } }, told('unblocked')], 'queued'],
  ['sent again', [attempted('delivered'), told('delivered'), { type: 'delivery.resent', data: { from: 'delivered', as: 'x' } }], 'delivered'],
  ['the one that was sent again', [{ type: 'delivery.resumed', data: { state: 'queued' } }, attempted('delivered'), told('delivered')], 'delivered'],
  ['overdue, then delivered', [attempted('deferred'), { type: 'deadline.missed', data: {} }, attempted('delivered'), told('delivered')], 'delivered']
]

for (const [name, events, state] of ALLOWED) t.test(`allowed: ${name}`, async t => { t.ok(statesAfter(events).includes(state)) })

const FORBIDDEN: Array<[string, RecordedEvent[]]> = [
  ['an attempt after the delivery', [attempted('delivered'), told('delivered'), attempted('delivered')]],
  ['a refusal after the delivery', [attempted('delivered'), told('delivered'), told('refused')]],
  ['an attempt while it is held', [told('held'), attempted('delivered')]],
  ['an attempt that leads nowhere', [attempted('blocked')]],
  ['retried after it was delivered', [attempted('delivered'), told('delivered'), told('retried')]],
  ['retried after it was cancelled', [told('cancelled'), told('retried')]],
  ['let go though nobody held it', [attempted('deferred'), { type: 'delivery.resumed', data: {} }]],
  ['attempted after a redirection that found no place', [attempted('dead'), told('dead'), told('redirected'), attempted('delivered')]],
  ['fetched while it waited for another', [told('blocked'), told('delivered')]]
]

for (const [name, events] of FORBIDDEN) t.test(`not allowed: ${name}`, async t => { t.same(statesAfter(events), []) })
