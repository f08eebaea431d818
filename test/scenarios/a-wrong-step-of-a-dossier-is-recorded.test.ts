// Promise: a dossier whose status does not follow the one before goes on all the same; the step is recorded with the package.
import t from 'tap'
import { openProvince, runHub } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { call, JSON_BODY, type Answer } from '../support/wire.js'

const province = await openProvince(t, 'embedded')
const { url } = await runHub(t, province.config)
const key = province.keys.get('so-tu-phap')
const MaHoSo = '000.00.11.H36-260316-0042'

const progress = async (packageId: string, statuses: string[], path = '/v1/packages'): Promise<Answer> => await call(`${url}${path}`, {
  key,
  headers: { ...JSON_BODY, 'accept-language': 'en' },
  body: JSON.stringify({ packageId, kind: 'progress', from: 'H36.11', to: ['H36.101'], MaHoSo, TienDo: statuses.map((TrangThai, n) => ({ NguoiXuLy: 'Vũ Văn Giang', ThoiDiemXuLy: `2026031609300${n}`, NoiDungXuLy: 'Xử lý', TrangThai })) })
})

await t.test('steps in order say nothing', async t => {
  for (const [id, statuses] of [['s-1', ['2', '4']], ['s-2', ['5']], ['s-3', ['4', '9']]] as const) {
    t.match(await progress(id, [...statuses]), { status: 202, json: { warnings: [] } }, id)
  }
})

await t.test('a step back is told when tried out, taken when sent, kept with the package and delivered', async t => {
  const warning = { code: 'STATUS_TRANSITION', pointer: '/TienDo/0/TrangThai', expected: 'a status that follows 9', found: '2' }
  t.match(await progress('s-4', ['2'], '/v1/packages/validate'), { status: 200, json: { warnings: [warning] } })
  const { status, json } = await progress('s-4', ['2'])
  t.match({ status, json }, { status: 202, json: { warnings: [warning] } })
  t.match((await call(`${url}/v1/packages/${json['id']}`, { key })).json, { warnings: [{ code: 'STATUS_TRANSITION' }] })
  await eventually(() => province.receivers.get('xa-duc-trong')?.received().some(({ packageId }) => packageId === json['id']))
})

await t.test('the next step is compared with the one that was recorded', async t => {
  t.match(await progress('s-5', ['4']), { status: 202, json: { warnings: [] } })
})

await t.test('a wrong step inside one package is recorded too', async t => {
  t.match(await progress('s-6', ['9', '10', '4']), { status: 202, json: { warnings: [{ code: 'STATUS_TRANSITION', pointer: '/TienDo/2/TrangThai' }] } })
})
