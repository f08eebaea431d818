// Finds everything that contradicts itself in the directory before the hub starts, so that routing need not doubt it.
import { fault } from '../errors.js'
import { normalizeCode } from '../model/agency-code.js'
import type { AgencyCode, EndpointConfig } from '../model/generated.js'
import { shareKinds } from '../model/kinds.js'
import type { Fault } from '../model/problem.js'
import { type Text, text } from '../model/text.js'
import type { DirectorySource } from './files.js'

interface Place { pointer: string, code: string }
interface ListedPlace extends Place { owner: string, period: Pick<AgencyCode, 'validFrom' | 'validTo'> }

/** All contradictions of the files among themselves and with the endpoints of the configuration. */
export function checkDirectory (sources: readonly DirectorySource[], endpoints: readonly EndpointConfig[]): Fault[] {
  const faults: Fault[] = []
  const main = collectMain(sources, faults)
  const listed = checkListed(sources, main, faults)
  checkParents(sources, main, faults)
  checkSuccessions(sources, main, faults)
  checkServing({ sources, endpoints, main, listed, faults })
  return faults
}

function collectMain (sources: readonly DirectorySource[], faults: Fault[]): Map<string, Place> {
  const main = new Map<string, Place>()
  for (const { path, content } of sources) {
    content.agencies.forEach((agency, index) => {
      const pointer = `${path}#/agencies/${index}`
      const code = normalizeCode(agency.code)
      const first = main.get(code)
      if (first === undefined) main.set(code, { pointer, code })
      else faults.push(wrong(`${pointer}/code`, agency.code, text(`Mã ${agency.code} đã khai báo ở ${first.pointer}.`,
        `Code ${agency.code} is already declared at ${first.pointer}.`)))
      if (agency.closedFrom !== undefined && agency.validFrom !== undefined && agency.closedFrom <= agency.validFrom) {
        faults.push(wrong(`${pointer}/closedFrom`, agency.closedFrom, text(`Ngày đóng phải sau ngày bắt đầu ${agency.validFrom}.`,
          `The closing day must come after the first day ${agency.validFrom}.`)))
      }
    })
  }
  return main
}

/** Two agencies may have had the same code only one after the other. */
function checkListed (sources: readonly DirectorySource[], main: ReadonlyMap<string, Place>, faults: Fault[]): Map<string, ListedPlace[]> {
  const listed = new Map<string, ListedPlace[]>()
  for (const { path, content } of sources) {
    content.agencies.forEach((agency, index) => {
      agency.codes?.forEach((period, position) => {
        const pointer = `${path}#/agencies/${index}/codes/${position}`
        const place: ListedPlace = { pointer, code: normalizeCode(period.code), owner: normalizeCode(agency.code), period }
        const others = listed.get(place.code) ?? []
        const asMain = place.code === place.owner ? undefined : main.get(place.code)
        const taken = asMain ?? others.find(other => overlap(other, place))
        if (taken !== undefined) faults.push(wrong(`${place.pointer}/code`, period.code, text(`Mã ${period.code} đã thuộc về ${taken.pointer}.`,
          `Code ${period.code} already belongs to ${taken.pointer}.`)))
        if (period.validTo !== undefined && period.validFrom !== undefined && period.validTo <= period.validFrom) {
          faults.push(wrong(`${place.pointer}/validTo`, period.validTo, text(`Ngày hết hiệu lực phải sau ngày bắt đầu ${period.validFrom}.`,
            `The last day must come after the first day ${period.validFrom}.`)))
        }
        listed.set(place.code, [...others, place])
      })
    })
  }
  return listed
}

function overlap (one: ListedPlace, other: ListedPlace): boolean {
  const endsBefore = ({ period: { validTo } }: ListedPlace, { period: { validFrom } }: ListedPlace): boolean =>
    validTo !== undefined && validFrom !== undefined && validTo <= validFrom
  return one.owner !== other.owner && !endsBefore(one, other) && !endsBefore(other, one)
}

function checkParents (sources: readonly DirectorySource[], main: ReadonlyMap<string, Place>, faults: Fault[]): void {
  const edges = new Map<string, string[]>()
  for (const { path, content } of sources) {
    content.agencies.forEach((agency, index) => {
      if (agency.parent === undefined) return
      const parent = normalizeCode(agency.parent)
      if (main.has(parent)) edges.set(normalizeCode(agency.code), [parent])
      else faults.push(unknown(`${path}#/agencies/${index}/parent`, agency.parent))
    })
  }
  for (const circle of circles(edges)) {
    faults.push(wrong(`${main.get(circle[0] ?? '')?.pointer ?? ''}/parent`, circle.join(' → '), text(`Quan hệ cấp trên tạo thành vòng: ${circle.join(' → ')}.`,
      `The superiors form a circle: ${circle.join(' → ')}.`)))
  }
}

function checkSuccessions (sources: readonly DirectorySource[], main: ReadonlyMap<string, Place>, faults: Fault[]): void {
  const edges = new Map<string, string[]>()
  for (const { path, content } of sources) {
    content.successions?.forEach((succession, index) => {
      const [from, to] = [normalizeCode(succession.from), normalizeCode(succession.to)]
      if (!main.has(from)) faults.push(unknown(`${path}#/successions/${index}/from`, succession.from))
      if (!main.has(to)) faults.push(unknown(`${path}#/successions/${index}/to`, succession.to))
      edges.set(from, [...edges.get(from) ?? [], to])
    })
  }
  for (const circle of circles(edges)) {
    faults.push(wrong(`${main.get(circle[0] ?? '')?.pointer ?? ''}`, circle.join(' → '), text(`Quan hệ kế thừa tạo thành vòng: ${circle.join(' → ')}.`,
      `The successions form a circle: ${circle.join(' → ')}.`)))
  }
}

function checkServing ({ sources, endpoints, main, listed, faults }: {
  sources: readonly DirectorySource[]
  endpoints: readonly EndpointConfig[]
  main: ReadonlyMap<string, Place>
  listed: ReadonlyMap<string, ListedPlace[]>
  faults: Fault[]
}): void {
  const served = new Map<string, EndpointConfig[]>()
  const serve = (agency: string, endpoint: EndpointConfig, pointer: string): void => {
    const others = served.get(agency) ?? []
    const other = others.find(each => each.id !== endpoint.id && shareKinds(each, endpoint))
    if (other !== undefined) faults.push(wrong(pointer, agency, text(`${agency} đã do điểm kết nối ${other.id} phục vụ.`,
      `${agency} is already served by endpoint ${other.id}.`)))
    served.set(agency, [...others, endpoint])
  }
  endpoints.forEach((endpoint, index) => {
    const { serves } = endpoint
    serves.forEach((written, position) => {
      const pointer = `/endpoints/${index}/serves/${position}`
      const code = normalizeCode(written)
      const agency = main.get(code)?.code ?? listed.get(code)?.[0]?.owner
      if (agency === undefined) faults.push(unknown(pointer, written))
      else serve(agency, endpoint, pointer)
    })
  })
  const known = new Map(endpoints.map(endpoint => [endpoint.id, endpoint]))
  for (const { path, content } of sources) {
    content.agencies.forEach(({ code, endpoint }, index) => {
      if (endpoint === undefined) return
      const pointer = `${path}#/agencies/${index}/endpoint`
      const named = known.get(endpoint)
      if (named !== undefined) serve(normalizeCode(code), named, pointer)
      else faults.push(wrong(pointer, endpoint, text(`Không có điểm kết nối ${endpoint} trong cấu hình.`, `The configuration has no endpoint ${endpoint}.`)))
    })
  }
}

/** One list of nodes per circle, its first node repeated at the end. Iterative: a chain may be as long as the directory. */
function circles (edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = []
  const done = new Set<string>()
  for (const start of edges.keys()) {
    const path: string[] = []
    const onPath = new Map<string, number>()
    const stack: Array<{ node: string, next: number }> = []
    const enter = (node: string): void => { onPath.set(node, path.length); path.push(node); stack.push({ node, next: 0 }) }
    if (!done.has(start)) enter(start)
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const target = edges.get(top.node)?.[top.next++]
      if (target === undefined) {
        done.add(top.node)
        onPath.delete(top.node)
        path.pop()
        stack.pop()
      } else if (onPath.has(target)) {
        found.push([...path.slice(onPath.get(target)), target])
      } else if (!done.has(target)) enter(target)
    }
  }
  return found
}

function unknown (pointer: string, code: string): Fault {
  return wrong(pointer, code, text(`Danh mục không có cơ quan ${code}.`, `The directory has no agency ${code}.`))
}

function wrong (pointer: string, found: string, detail: Text): Fault {
  return fault('FIELD_INVALID', pointer, detail, { found })
}
