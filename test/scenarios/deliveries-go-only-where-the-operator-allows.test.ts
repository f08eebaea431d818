// Promise 5, for connections: where the operator's egress policy forbids an address, nothing goes there, the delivery is dead at its first
// attempt with the reason, and it is sent once the policy was mended.
import t from 'tap'
import { openProvince, runHub } from '../support/hub.js'
import { briskly, deliveryIn, makeLetter, PUSHED, receiverOf, send } from '../support/traffic.js'
import { JSON_BODY } from '../support/wire.js'

t.test('a forbidden address is not tried again and again', async t => {
  const province = await openProvince(t, 'embedded', config => briskly(config))
  const receiver = receiverOf(province, 'so-tu-phap')
  const closed = await runHub(t, { ...province.config, egress: { allow: ['*'], forbid: ['127.0.0.0/8', '::1'] } })
  const sender = province.client(closed.url, 'ubnd-tinh')
  const { id } = await send(sender, makeLetter({ to: [PUSHED.justice] }))
  const dead = await deliveryIn(sender, id, ['dead'])
  t.match(dead, { attempts: 1, problem: { code: 'EGRESS_FORBIDDEN', detail: /egress/ } })
  t.equal(receiver.received().length, 0)
  await closed.stop()

  const open = await runHub(t, province.config)
  t.match(await province.client(open.url, 'van-hanh').post(`/v1/deliveries/${dead.id}/retry`, JSON.stringify({ reason: 'Đã mở egress.' }), JSON_BODY), { status: 200 })
  await deliveryIn(province.client(open.url, 'ubnd-tinh'), id, ['delivered'])
  t.equal(receiver.has(dead.id), true)
})
