// What the agencies have to tell each other: documents that are issued, changed, answered, replaced and revoked, and dossiers
// that go from desk to desk. A story is told step by step; every step stands in the order of what came before it.
import { createHash } from 'node:crypto'
import { type DemoChange, documentIdOf, documentMessage, statusMessage, toDate } from '../../src/demo/edxml.js'
import { dossierBody } from '../../src/demo/scenario.js'
import type { Random } from '../random.js'
import type { Agency } from './agencies.js'
import type { Outgoing } from './book.js'

/** Each `next` makes the next package of the story. */
export type Story = Generator<Outgoing, void>

export interface Storyteller {
  /** A new story, drawn. */
  begin (): Story
  /** A single document from somebody to this agency. */
  letterTo (agency: string): Outgoing
}

/** 20 November 2026, 09:00 in Hà Nội. Times inside packages are made up and always the same. */
const AT = Date.UTC(2026, 10, 20, 2)
const XML = 'application/xml'
const REASONS = { revocation: 'Phát hành nhầm, đề nghị thu hồi', update: 'Điều chỉnh hạn trả lời', replacement: 'Thay thế văn bản trước' } as const

interface Issue { from: Agency, to: readonly Agency[], number: string }

export function createStoryteller (agencies: readonly Agency[], random: Random): Storyteller {
  let last = 0
  const issue = (): Issue => {
    const [from, ...others] = random.shuffle(agencies)
    if (from === undefined) throw new RangeError('no agencies')
    return { from, to: others.slice(0, 1 + random.below(3)), number: String(++last) }
  }

  function * documentStory (): Story {
    const first = issue()
    const streams = [streamOf(first)]
    let step = 0
    const at = (): number => AT + ++step * 1000
    // A recipient on another way may answer a document before the hub has got it.
    const early = random.next() < 0.05 ? first.to.slice(0, 1) : []
    for (const from of early) yield { ...statusPackage(first, { from, statusCode: '01', at: at() }), owes: true }
    yield documentPackage(first, { streams, random })
    if (random.next() < 0.15) {
      yield documentPackage(first, { streams, random, change: { kind: 'revocation', reason: REASONS.revocation, at: at() } })
      return
    }
    for (let updates = random.below(3); updates > 0; updates--) yield documentPackage(first, { streams, random, change: { kind: 'update', reason: REASONS.update, at: at() } })
    for (const code of ['01', '03', '06'].slice(0, random.below(4))) {
      // A status said twice counts once: the hub answers the second with the package of the first.
      for (const from of first.to.filter(each => code !== '01' || !early.includes(each))) yield statusPackage(first, { from, statusCode: code, at: at() })
    }
    const ending = random.next()
    if (ending < 0.15) yield documentPackage(first, { streams, random, change: { kind: 'revocation', reason: REASONS.revocation, at: at() } })
    if (ending < 0.85) return
    const second = { ...first, number: String(++last) }
    const both = [...streams, streamOf(second)]
    yield documentPackage(second, { streams: both, random, change: { kind: 'replacement', reason: REASONS.replacement, at: at(), replaces: [idOf(first)] } })
    yield documentPackage(second, { streams: [streamOf(second)], random, change: { kind: 'update', reason: REASONS.update, at: at() } })
  }

  function * dossierStory (): Story {
    const [desk, office, beyond] = random.shuffle(agencies.filter(({ adapter }) => adapter !== 'vxp'))
    if (desk === undefined || office === undefined || beyond === undefined) throw new RangeError('too few agencies')
    const code = `000.00.11.H36-261120-${String(++last).padStart(6, '0')}`
    let step = 0
    const tell = (kind: string, way: { from: Agency, to: Agency }): Outgoing => dossierPackage(code, { kind, ...way, step: ++step })
    yield tell('submit', { from: desk, to: office })
    for (let steps = 1 + random.below(3); steps > 0; steps--) yield tell('progress', { from: office, to: desk })
    if (random.next() < 0.4) yield tell('transfer', { from: office, to: beyond })
    if (random.next() < 0.3) yield tell('withdraw', { from: desk, to: office })
  }

  return {
    begin: () => random.next() < 0.65 ? documentStory() : dossierStory(),
    letterTo (code) {
      const to = agencies.filter(agency => agency.code === code)
      const from = agencies.find(agency => agency.code !== code)
      if (from === undefined) throw new RangeError('too few agencies')
      const letter = { from, to, number: String(++last) }
      return documentPackage(letter, { streams: [streamOf(letter)], random })
    }
  }
}

function factsOf ({ from, number }: Issue): { from: Agency, at: number, number: string, notation: string } {
  return { from, at: AT, number, notation: 'UBND-VX' }
}

function idOf (issue: Issue): string {
  return documentIdOf(factsOf(issue))
}

/** As the hub calls it. */
function streamOf (issue: Issue): string {
  return `document:${issue.from.code}:${idOf(issue)}`
}

function documentPackage (issue: Issue, { streams, random, change }: { streams: string[], random: Random, change?: DemoChange }): Outgoing {
  const { from, to, number } = issue
  const draw = random.next()
  const priority = draw > 0.9 ? 1 + random.below(3) : 0
  // Few are larger than what is kept in the row of the database.
  const size = draw < 0.03 ? 100_000 + random.below(200_000) : random.below(3000)
  const file = { name: 'van-ban.pdf', contentType: 'application/pdf', bytes: Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(size, number)]) }
  const body = documentMessage({
    ...factsOf(issue), to: [...to], subject: `V/v thử sự cố ${number}`, priority, files: change?.kind === 'revocation' ? [] : [file], ...(change === undefined ? {} : { change })
  })
  const kind = change?.kind ?? 'new'
  return outgoing(body, { kind: 'document', title: `document ${kind} ${idOf(issue)}`, from: from.code, to, streams, contentType: XML, revokes: kind === 'revocation', opens: kind === 'new' || kind === 'replacement' })
}

/** The answers of one recipient stay in their order; those of several recipients are no order of anybody. */
function statusPackage (issue: Issue, { from, statusCode, at }: { from: Agency, statusCode: string, at: number }): Outgoing {
  const { number, notation } = factsOf(issue)
  const body = statusMessage({ from, issuer: issue.from.code, documentId: idOf(issue), code: `${number}/${notation}`, promulgationDate: toDate(AT), statusCode, description: 'Đã nhận', at })
  return outgoing(body, { kind: 'status', title: `status ${statusCode} of ${idOf(issue)}`, from: from.code, to: [issue.from], streams: [`${streamOf(issue)} answered by ${from.code}`], contentType: XML })
}

function dossierPackage (code: string, { kind, from, to, step }: { kind: string, from: Agency, to: Agency, step: number }): Outgoing {
  const header = { packageId: `${code}-${step}`, from: from.code, to: [to.code], MaHoSo: code }
  const body = kind === 'submit' || kind === 'transfer'
    ? dossierBody({ ...header, kind })
    : Buffer.from(JSON.stringify({ ...header, kind, MaTTHC: '1.000656', ...(kind === 'withdraw' ? { reason: 'Công dân yêu cầu rút hồ sơ' } : { TienDo: [progress(step)] }) }))
  return outgoing(body, { kind: 'dossier', title: `dossier ${kind} ${code}`, from: from.code, to: [to], streams: [`dossier:${code}`], contentType: 'application/json', opens: kind === 'submit' })
}

function progress (step: number): object {
  return {
    NguoiXuLy: 'Lê Thị Cúc', ChucDanh: 'Công chức một cửa', ThoiDiemXuLy: `202611200930${String(step).padStart(2, '0')}`, PhongBanXuLy: 'Bộ phận một cửa', NoiDungXuLy: 'Xử lý hồ sơ', TrangThai: '4'
  }
}

function outgoing (body: Buffer, more: Omit<Outgoing, 'body' | 'sha256' | 'to' | 'revokes' | 'opens'> & { to: readonly Agency[], revokes?: boolean, opens?: boolean }): Outgoing {
  return { revokes: false, opens: false, ...more, body, sha256: createHash('sha256').update(body).digest('hex'), to: more.to.map(({ code }) => code) }
}
