// A push with several dossiers: all or none, in one answer, and safe to repeat when the hub failed in between.
import { text as readText } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import t from 'tap'
import { fault, HubError } from '../../../src/errors.js'
import { acceptPush } from '../../../src/http/doors/push.js'
import { text } from '../../../src/model/text.js'
import type { Accepted, Arrival, Intake, Plan } from '../../../src/pipeline/types.js'
import { CALLERS } from '../../support/http-doubles.js'

interface Double { stored: string[], planned: string[], push (...codes: string[]): Promise<void>, pushBody (body: string): Promise<void> }

/** An intake that refuses dossiers named `bad…`; `fails`: how often storing one fails before it works. */
function createDouble (fails: Record<string, number> = {}): Double {
  const stored: string[] = []
  const planned: string[] = []
  const codeOf = async ({ parts }: Arrival): Promise<string> => {
    for await (const { body } of parts) return (JSON.parse(await readText(Readable.from(body))) as { data: Array<{ MaHoSo: string }> }).data.map(({ MaHoSo }) => MaHoSo).join()
    throw new Error('no part')
  }
  const no = text('Sai mã.', 'A wrong code.')
  const intake: Intake = {
    async plan (arrival) {
      const code = await codeOf(arrival)
      planned.push(code)
      if (code.startsWith('bad')) throw new HubError('PACKAGE_INVALID', no, { errors: [fault('FIELD_INVALID', '/data/0/MaHoSo', no), fault('RECIPIENT_UNKNOWN', '/to/0', no)] })
      if (code === 'bare') throw new HubError('RECIPIENT_FORMAT', no)
      return {} as Plan
    },
    async accept (arrival) {
      const code = await codeOf(arrival)
      if ((fails[code] ?? 0) > 0) {
        fails[code] = (fails[code] ?? 0) - 1
        throw new HubError('STORE_UNAVAILABLE', no)
      }
      if (!stored.includes(code)) stored.push(code)
      return {} as Accepted
    }
  }
  return {
    stored,
    planned,
    push: async (...codes) => { await pushBody(JSON.stringify({ service: 'DongBoHoSoMC', data: codes.map(MaHoSo => ({ MaHoSo })) })) },
    pushBody
  }

  async function pushBody (body: string): Promise<void> {
    const parts = (async function * () { yield { contentType: 'application/json', body: Readable.from([Buffer.from(body)]) } })()
    await acceptPush(parts, { intake, arrive: part => ({ caller: CALLERS['sender'] as Arrival['caller'], traceId: 't', parts: (async function * () { yield part })() }) })
  }
}

t.test('every dossier is tried out before the first is stored; one by itself is stored at once', async t => {
  const { stored, planned, push } = createDouble()
  await push('a', 'b', 'c')
  t.same([planned, stored], [['a', 'b', 'c'], ['a', 'b', 'c']])
  await push('d')
  t.same([planned.length, stored.length], [3, 4])
})

t.test('a fault of one refuses all, and every fault is told at its place in the push', async t => {
  const { stored, push } = createDouble()
  const error = await push('a', 'bad-1', 'bare', 'bad-2').then(() => undefined, (thrown: unknown) => thrown as HubError)
  t.match(error, { code: 'PACKAGE_INVALID', detail: { en: '3 of 4 dossiers have faults; none was taken.' } })
  t.same(error?.errors.map(({ code, pointer }) => `${code} ${pointer}`), [
    'FIELD_INVALID /data/1/MaHoSo', 'RECIPIENT_UNKNOWN /to/0', 'RECIPIENT_FORMAT /data/2', 'FIELD_INVALID /data/3/MaHoSo', 'RECIPIENT_UNKNOWN /to/0'
  ])
  t.same(stored, [])
})

t.test('a hub that fails in between says so; the same push again completes it', async t => {
  const { stored, push } = createDouble({ b: 1 })
  await t.rejects(push('a', 'b', 'c'), { code: 'STORE_UNAVAILABLE' })
  t.same(stored, ['a'])
  await push('a', 'b', 'c')
  t.same(stored, ['a', 'b', 'c'])
})

t.test('a push without end is refused before anything is stored', async t => {
  const { stored, planned, push } = createDouble()
  await t.rejects(push(...Array.from({ length: 201 }, (_, n) => String(n))), { code: 'PACKAGE_INVALID', errors: [{ pointer: '/data', found: '201' }] })
  await t.rejects(push('x'.repeat(17 * 2 ** 20)), { code: 'BODY_TOO_LARGE' })
  t.same([planned, stored], [[], []])
})

t.test('what a push could be made into is counted before anything is worked at', async t => {
  const { stored, planned, pushBody } = createDouble()
  for (const [service, data] of [['DongBoHoSoMC', '{},'.repeat(200)], ['CapNhatTienDoHoSoMC', '{},'.repeat(2_000_000)], ['DongBoHoSoMC', '1,'.repeat(4_000_000)]]) {
    await t.rejects(pushBody(`{"service":"${service}","data":[${data}{}]}`), { code: 'PACKAGE_INVALID', errors: [{ pointer: '/data' }] }, `${service} ${data?.length}`)
  }
  await t.rejects(pushBody(JSON.stringify({ service: 'DongBoHoSoMC', data: Array.from({ length: 100 }, () => ({})), more: 'x'.repeat(200_000) })), { code: 'BODY_TOO_LARGE' }, 'what is in each of them')
  t.same([stored, planned], [[], []])
})
