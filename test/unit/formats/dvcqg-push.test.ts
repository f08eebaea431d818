// A push with several dossiers is cut between them: nothing of one gets into another, nothing is written anew, and what cannot be
// cut stays whole for the codec to refuse.
import t from 'tap'
import { splitPush } from '../../../src/formats/dossier/dvcqg-push.js'
import fc from '../../support/property.js'

const cut = (push: string): Array<[string, readonly number[]]> => splitPush(Buffer.from(push), 1000).map(({ bytes, places }) => [bytes().toString(), places])

t.test('each dossier keeps the bytes that it came in, and those around the list', async t => {
  const push = '{ "madonvi":"000.00.00.G22", "service" : "DongBoHoSoMC",\n "data" : [ {"MaHoSo":"Ế,]}\\"[{","TaiLieuNop":[{"data":[1,2]}]} ,\n  {"MaHoSo":"b","So":1.50} ] , "isUpdating":"False"}'
  const [head, tail] = ['{ "madonvi":"000.00.00.G22", "service" : "DongBoHoSoMC",\n "data" : [', '] , "isUpdating":"False"}']
  t.same(cut(push), [
    [`${head} {"MaHoSo":"Ế,]}\\"[{","TaiLieuNop":[{"data":[1,2]}]} ${tail}`, [0]],
    [`${head}\n  {"MaHoSo":"b","So":1.50} ${tail}`, [1]]
  ])
})

t.test('steps of one dossier stay together, in their order', async t => {
  const step = (MaHoSo: string, n: number): string => `{"MaHoSo":"${MaHoSo}","NoiDungXuLy":"${n}"}`
  const push = (...steps: string[]): string => `{"service":"CapNhatTienDoHoSoMC","data":[${steps.join(',')}]}`
  t.same(cut(push(step('a', 1), step('b', 2), step('a', 3), '{}')), [[push(step('a', 1), step('a', 3)), [0, 2]], [push(step('b', 2)), [1]], [push('{}'), [3]]])
  t.same(cut(push(step('a', 1), step('a', 2))), [[push(step('a', 1), step('a', 2)), []]])
})

t.test('what holds one dossier, is no push, or hides its list stays whole', async t => {
  const two = '[{"MaHoSo":"a"},{"MaHoSo":"b"}]'
  for (const push of [
    '', '{', '[]', 'null', '{}', '{"data":', `{"service":"DongBoHoSoMC","data":${two}`, '{"service":"DongBoHoSoMC","data":[]}', '{"service":"DongBoHoSoMC","data":[{"MaHoSo":"a"}]}',
    `{"service":"DongBoHoSoMC","data":{"data":${two}}}`, `{"service":"DongBoHoSoMC","d\\u0061ta":${two}}`, `{"service":"TraCuuHoSo","data":${two}}`, `{"service":"DongBoHoSoMC","data":"x","more":${two}}`,
    `[{"service":"DongBoHoSoMC","data":${two}}]`, `{"service":"DongBoHoSoMC","data":${two},"data":[1,2,3]`
  ]) t.same(cut(push), [[push, []]], push)
})

t.test('whatever stands in a push, its parts hold the same, and nothing but one entry differs', async t => {
  fc.assert(fc.property(fc.array(fc.jsonValue(), { minLength: 2, maxLength: 5 }), fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1, 2), (data, more, indent) => {
    const { data: _own, service: _other, ['__proto__']: _harmful, ...rest } = more
    const request = { ...rest, service: 'DongBoHoSoMC', data, after: 'x' }
    const parts = splitPush(Buffer.from(JSON.stringify(request, null, indent)), 1000)
    t.same(parts.map(({ bytes, places }) => [JSON.parse(bytes().toString()), places]), JSON.parse(JSON.stringify(data.map((entry, place) => [{ ...request, data: [entry] }, [place]]))))
  }))
  fc.assert(fc.property(fc.string(), hostile => { t.ok(splitPush(Buffer.from(`{"service":"DongBoHoSoMC","data":[1,2${hostile}`), 1000).length > 0) }))
})
