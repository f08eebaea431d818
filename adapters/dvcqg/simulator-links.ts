// What the simulated portal does with the links of a dossier: it fetches each and says what it got, as the real one would
// find out later. Only hosts that it was told of are asked.
import { createHash } from 'node:crypto'

export interface LinkCheck {
  MaHoSo: string
  name: string
  /** The address without its token. */
  at: string
  /** HTTP status; 0 when nobody answered. */
  status: number
  bytes: number
  /** Lower-case hex of what was fetched. */
  sha256: string
  verdict: 'good' | 'bad' | 'not fetched'
  why?: string
}

export interface LinkChecker {
  readonly checks: readonly LinkCheck[]
  check (HoSo: Record<string, unknown>): void
  /** Resolves when nothing is being fetched. */
  idle (): Promise<void>
}

const LIMIT_MS = 10_000
const MOST_CHECKS = 1000
const PLACES = [['TaiLieuNop', 'DuongDanTaiTepTin', 'TenTepDinhKem'], ['DanhSachGiayToKetQua', 'DuongDanTepTinKetQua', 'TenGiayTo']] as const

export function createLinkChecker (hosts: readonly string[]): LinkChecker {
  const checks: LinkCheck[] = []
  const running = new Set<Promise<void>>()

  async function fetchOne (MaHoSo: string, name: string, url: string): Promise<LinkCheck> {
    const at = URL.canParse(url) ? `${new URL(url).origin}/…` : '(no address)'
    const nothing = { MaHoSo, name, at, status: 0, bytes: 0, sha256: '' }
    if (!URL.canParse(url)) return { ...nothing, verdict: 'bad', why: 'not a URL' }
    if (!hosts.includes(new URL(url).hostname)) return { ...nothing, verdict: 'not fetched', why: 'the host is none that may be asked' }
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), redirect: 'manual' })
      const hash = createHash('sha256')
      let bytes = 0
      for await (const chunk of answer.body ?? []) {
        hash.update(chunk as Uint8Array)
        bytes += (chunk as Uint8Array).length
      }
      const digest = hash.digest()
      const got = { ...nothing, status: answer.status, bytes, sha256: digest.toString('hex') }
      const said = answer.headers.get('content-digest')
      if (answer.status !== 200) return { ...got, verdict: 'bad', why: `status ${answer.status}` }
      if (said !== null && said !== `sha-256=:${digest.toString('base64')}:`) return { ...got, verdict: 'bad', why: 'other bytes than Content-Digest says' }
      return { ...got, verdict: 'good' }
    } catch (error) {
      return { ...nothing, verdict: 'bad', why: error instanceof Error ? error.name : 'no answer' }
    }
  }

  return {
    checks,
    check (HoSo) {
      for (const [list, link, name] of PLACES) {
        for (const paper of Array.isArray(HoSo[list]) ? HoSo[list] as Array<Record<string, unknown>> : []) {
          const url = paper[link]
          if (typeof url !== 'string' || url === '') continue
          const one = fetchOne(String(HoSo['MaHoSo']), String(paper[name] ?? ''), url).then(found => {
            if (checks.length < MOST_CHECKS) checks.push(found)
          }).finally(() => { running.delete(one) })
          running.add(one)
        }
      }
    },
    async idle () { while (running.size > 0) await Promise.all(running) }
  }
}
