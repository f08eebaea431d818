// noteStatus as a table: which step of a dossier is worth a warning, given what the hub saw last.
import t from 'tap'
import type { Dossier } from '../../../src/model/generated.js'
import { noteStatus } from '../../../src/pipeline/dossier-status.js'
import type { Routed } from '../../../src/pipeline/types.js'
import { makePackage } from '../../support/packages.js'

const step = (TrangThai: string): object => ({ NguoiXuLy: 'x', ThoiDiemXuLy: '20260316093000', NoiDungXuLy: 'x', TrangThai })

interface Case { name: string, kind?: Dossier['kind'], content: object, before?: string, warned?: string, asked?: number }

const CASES: Case[] = [
  { name: 'the next status', content: { TienDo: [step('4')] }, before: '2' },
  { name: 'the same status again', content: { TienDo: [step('4')] }, before: '4' },
  { name: 'a step that skips', content: { TienDo: [step('9')] }, before: '2' },
  { name: 'a step back', content: { TienDo: [step('2')] }, before: '4', warned: '/TienDo/0/TrangThai' },
  { name: 'a step after the end', content: { TienDo: [step('4')] }, before: '10', warned: '/TienDo/0/TrangThai' },
  { name: 'a correction of what was processed', content: { TienDo: [step('4')] }, before: '9' },
  { name: 'only the first step follows what was before', content: { TienDo: [step('4'), step('1')] }, before: '2' },
  { name: 'the status of the dossier itself', content: { HoSo: { TrangThaiHoSo: '1' } }, before: '4', warned: '/HoSo/TrangThaiHoSo' },
  { name: 'steps count before the dossier', content: { HoSo: { TrangThaiHoSo: '1' }, TienDo: [step('5')] }, before: '4' },
  { name: 'nothing known before', content: { TienDo: [step('10')] } },
  { name: 'a status before that the table does not know', content: { TienDo: [step('10')] }, before: '11' },
  { name: 'a status that the table does not know', content: { TienDo: [step('toString')] }, before: '2', asked: 0 },
  { name: 'no status at all', kind: 'ack', content: {}, before: '2', asked: 0 },
  { name: 'a first submission', kind: 'submit', content: { HoSo: { TrangThaiHoSo: '1' } }, before: '10', asked: 0 },
  { name: 'a transfer is no first submission', kind: 'transfer', content: { HoSo: { TrangThaiHoSo: '2' } }, before: '10', warned: '/HoSo/TrangThaiHoSo' }
]

for (const { name, kind = 'progress', content, before, warned, asked = 1 } of CASES) {
  await t.test(name, async t => {
    const entry = makePackage({ from: 'H36.11', envelope: { kind: 'dossier', action: kind, correlationId: 'dossier:X' } })
    const dossier = { packageId: 'p', kind, from: 'H36.11', to: ['H36.101'], MaHoSo: 'X', ...content } as Dossier
    const routed = { received: {}, package: { ...entry, content: { kind: 'dossier', dossier } } } as unknown as Routed
    const questions: string[][] = []
    await noteStatus(routed, async (...question) => { questions.push(question); return before })
    t.same(routed.package.warnings.map(({ code, pointer }) => `${code} ${pointer}`), warned === undefined ? [] : [`STATUS_TRANSITION ${warned}`])
    t.same(questions, Array(asked).fill(['dossier:X', 'H36.11']))
  })
}

await t.test('documents and statuses are none of its business', async t => {
  const routed = { received: {}, package: makePackage() } as unknown as Routed
  await noteStatus(routed, async () => t.fail('asked') as never)
  t.same(routed.package.warnings, [])
})
