// The portal's dictionaries (procedures, agencies, fields): fetched now and then, kept in the endpoint's memory, and used to
// fill in what a dossier leaves open. A dossier never waits for a dictionary that does not come.
import { createHash } from 'node:crypto'
import { type AdapterKit, type Dossier, plain } from 'lienthong/adapter'
import type { Portal } from './portal.js'

/** What is known of a procedure; empty texts: not known. */
export interface Procedure { name: string, field: string, fieldName: string }

export interface Dictionaries {
  /** A copy with the names that its codes stand for: of the procedure, and of its field. Never rejects. */
  complete (dossier: Dossier, signal: AbortSignal): Promise<Dossier>
  /** Fetches everything again when it is due, beside whatever else goes on. */
  tend (): void
  /** Fetches everything now. Rejects when a dictionary does not come. */
  pull (signal: AbortSignal): Promise<Pulled>
  close (): Promise<void>
}

/** When it was fetched (epoch ms), and how much. */
export interface Pulled { at: number, procedures: number, agencies: number, fields: number }

const HOUR_MS = 3_600_000
const RETRY_MS = 600_000
const PULL_LIMIT_MS = 300_000
const SHARDS = 64
const MOST_ROWS = 20_000
/** Longest text kept of a dictionary, characters. */
const MOST_TEXT = 1000
const MARK = 'dictionaries'

type Row = Record<string, unknown>

interface Options { portal: Portal, kit: AdapterKit, unit: string, refreshHours: number }

export function createDictionaries ({ portal, kit, unit, refreshHours }: Options): Dictionaries {
  const closing = new AbortController()
  let checkAt = 0
  let running: Promise<void> | undefined

  async function ask (service: string, more: object, signal: AbortSignal): Promise<Row[]> {
    const reply = await portal.share({ madonvi: unit, service, ...more }, { signal })
    if (reply.kind === 'ok') return reply.result.slice(0, MOST_ROWS).filter((row): row is Row => typeof row === 'object' && row !== null)
    const reason = reply.kind === 'failed' ? ('problem' in reply.outcome ? reply.outcome.problem.detail.en : '') : reply.message
    throw new Error(`${service}: ${reason}`)
  }

  async function keep (name: string, rows: ReadonlyArray<readonly [string, object]>): Promise<number> {
    const shards = Array.from({ length: SHARDS }, (): Record<string, object> => ({}))
    for (const [code, row] of rows) Object.assign(shards[shardOf(code)] ?? {}, { [code]: row })
    for (const [index, shard] of shards.entries()) await kit.memory.write(`${name}:${index}`, shard)
    return rows.length
  }

  async function pull (signal: AbortSignal): Promise<Pulled> {
    const fields = (await ask('LayDanhMucLinhVuc', {}, signal)).flatMap(row => keyed(row, 'MALINHVUC', { name: textOf(row, 'TENLINHVUC') }))
    const agencies = (await ask('LayDanhMucCoQuan', {}, signal)).flatMap(row => keyed(row, 'MADONVI', { name: textOf(row, 'TENDONVI'), level: textOf(row, 'CAPDONVI') }))
    const procedures = (await ask('LayDanhSachTTHC', {}, signal)).flatMap(row => keyed(row, 'MATTHC', procedureOf(row)))
    const pulled = {
      at: kit.now(), fields: await keep('fields', fields), agencies: await keep('agencies', agencies), procedures: await keep('procedures', procedures)
    }
    await kit.memory.write(MARK, pulled)
    kit.log.info(pulled, 'dictionaries.pulled')
    return pulled
  }

  async function refresh (): Promise<void> {
    try {
      const mark = await kit.memory.read(MARK) as Pulled | undefined
      if (mark !== undefined && kit.now() < mark.at + refreshHours * HOUR_MS) checkAt = mark.at + refreshHours * HOUR_MS
      else await pull(AbortSignal.any([closing.signal, AbortSignal.timeout(PULL_LIMIT_MS)]))
    } catch (error) {
      if (!closing.signal.aborted) kit.log.warn({ reason: plain(error instanceof Error ? error.message : '', { redact: portal.secrets() }) }, 'dictionaries.unpulled')
    }
  }

  /** A code with the agency behind it is the local form of a national procedure: 1.000494.000.00.00.H29. */
  async function find (written: string, signal: AbortSignal): Promise<Procedure | undefined> {
    for (const code of new Set([written, written.split('.').slice(0, 2).join('.')])) {
      const key = `procedures:${shardOf(code)}`
      const shard = await kit.memory.read(key) as Record<string, Procedure> | undefined
      const known = shard !== undefined && Object.hasOwn(shard, code) ? shard[code] : undefined
      if (known?.field !== undefined && known.field !== '') return known
      if (shard === undefined || (known === undefined && code !== written)) continue
      const [row] = await ask('LayThuTuc', { maTTHC: code }, signal).catch(() => [])
      const found = row === undefined ? known : { ...procedureOf(row), ...(known?.name === undefined || known.name === '' ? {} : { name: known.name }) }
      if (found === undefined || found.name === '') continue
      await kit.memory.write(key, { ...shard, [code]: found })
      return found
    }
    return undefined
  }

  async function fieldName (code: string): Promise<string> {
    const shard = await kit.memory.read(`fields:${shardOf(code)}`) as Record<string, { name: string }> | undefined
    return shard !== undefined && Object.hasOwn(shard, code) ? shard[code]?.name ?? '' : ''
  }

  return {
    async complete (dossier, signal) {
      const { HoSo } = dossier
      if (HoSo === undefined || refreshHours === 0 || !lacksNames(HoSo)) return dossier
      try {
        const found = await find(HoSo.MaTTHC, signal)
        const MaLinhVuc = HoSo.MaLinhVuc || found?.field || ''
        const TenLinhVuc = HoSo.TenLinhVuc || (MaLinhVuc === found?.field ? found.fieldName : '') || (MaLinhVuc === '' ? '' : await fieldName(MaLinhVuc))
        const TenTTHC = isNameless(HoSo) ? found?.name || HoSo.TenTTHC : HoSo.TenTTHC
        return { ...dossier, HoSo: { ...HoSo, TenTTHC, ...(MaLinhVuc === '' ? {} : { MaLinhVuc }), ...(TenLinhVuc === '' ? {} : { TenLinhVuc }) } }
      } catch {
        return dossier
      }
    },
    tend () {
      if (refreshHours === 0 || kit.now() < checkAt || running !== undefined) return
      checkAt = kit.now() + RETRY_MS
      running = refresh().finally(() => { running = undefined })
    },
    pull,
    async close () {
      closing.abort()
      await running
    }
  }
}

type HoSo = NonNullable<Dossier['HoSo']>

function isNameless ({ TenTTHC, MaTTHC }: HoSo): boolean {
  return TenTTHC.trim() === '' || TenTTHC === MaTTHC
}

function lacksNames (HoSo: HoSo): boolean {
  return isNameless(HoSo) || !HoSo.MaLinhVuc || !HoSo.TenLinhVuc
}

function shardOf (code: string): number {
  return createHash('sha256').update(code).digest().readUInt16BE() % SHARDS
}

function keyed<T extends object> (row: Row, name: string, value: T): Array<[string, T]> {
  const code = textOf(row, name)
  return code === '' || code.length > 200 ? [] : [[code, value]]
}

function procedureOf (row: Row): Procedure {
  const fields = row['LINHVUCTHUCHIEN']
  const first: unknown = Array.isArray(fields) ? fields[0] : row
  const field = typeof first === 'object' && first !== null ? first as Row : {}
  return { name: textOf(row, 'TENTTHC'), field: textOf(field, 'MALINHVUC'), fieldName: textOf(field, 'TENLINHVUC') }
}

function textOf (row: Row, name: string): string {
  const value = row[name]
  return typeof value === 'string' || typeof value === 'number' ? plain(String(value), { maxLength: MOST_TEXT }) : ''
}
