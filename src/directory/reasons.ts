// The sentences in which the directory explains itself: why mail for a code goes where it goes, or nowhere.
import type { Agency, Axis, RouteReason } from '../model/generated.js'
import type { Problem } from '../model/problem.js'
import { text } from '../model/text.js'
import type { CodeMatch } from './register.js'

/** As people read it: code and name. */
export function named ({ code, name }: Agency): string {
  return `${code} ${name}`
}

function allNamed (agencies: readonly Agency[]): string {
  return agencies.map(named).join('; ')
}

export function codeReason (written: string, match: CodeMatch, day: string): RouteReason {
  const { rule, agency } = match
  switch (match.rule) {
    case 'code.main':
      return { rule, detail: text(`${agency.code} là mã chính của ${agency.name}.`, `${agency.code} is the main code of ${agency.name}.`) }
    case 'code.old-order':
      return { rule, detail: text(`${written} viết theo thứ tự cũ (QCVN 102:2016), được hiểu là ${named(agency)}.`,
        `${written} is written in the old order (QCVN 102:2016) and is read as ${named(agency)}.`) }
    case 'code.listed': {
      const { validTo } = match.listed
      const former = validTo !== undefined && validTo <= day
      return {
        rule,
        detail: text(`${written} là mã khác của ${named(agency)}${former ? `, hết hiệu lực từ ${validTo}` : ''}.`,
          `${written} is another code of ${named(agency)}${former ? `, no longer valid since ${validTo}` : ''}.`)
      }
    }
  }
}

export function successionReason (closed: Agency, successor: Agency, chosen: 'only' | 'default'): RouteReason {
  const day = closed.closedFrom ?? ''
  return {
    rule: 'succession',
    detail: text(`${named(closed)} đã đóng từ ${day}; cơ quan kế thừa${chosen === 'default' ? ' mặc định' : ''} là ${named(successor)}.`,
      `${named(closed)} is closed since ${day}; its ${chosen === 'default' ? 'default ' : ''}successor is ${named(successor)}.`)
  }
}

const AXES: Record<Axis, { vi: string, en: string }> = {
  national: { vi: 'quốc gia', en: 'national' },
  province: { vi: 'cấp tỉnh', en: 'province' },
  district: { vi: 'khu vực', en: 'district' },
  commune: { vi: 'cấp xã', en: 'commune' }
}

export function ownReason (agency: Agency, endpoint: string): RouteReason {
  return { rule: 'endpoint.own', detail: text(`${named(agency)} nhận qua điểm kết nối ${endpoint} của mình.`,
    `${named(agency)} receives through its own endpoint ${endpoint}.`) }
}

export function superiorReason (agency: Agency, superior: Agency, endpoint: string): RouteReason {
  return {
    rule: 'endpoint.superior',
    detail: text(`${named(agency)} nhận qua điểm kết nối ${endpoint} của cơ quan cấp trên ${named(superior)}.`,
      `${named(agency)} receives through endpoint ${endpoint} of its superior ${named(superior)}.`)
  }
}

export function gatewayReason (agency: Agency, axis: Axis, endpoint: string): RouteReason {
  return {
    rule: 'endpoint.gateway',
    detail: text(`${named(agency)} không có điểm kết nối riêng; đi qua cổng ${endpoint} của trục ${AXES[axis].vi}.`,
      `${named(agency)} has no endpoint of its own; gateway ${endpoint} of the ${AXES[axis].en} axis is used.`)
  }
}

export function unknownProblem (written: string, similar: readonly Agency[]): Problem {
  const vi = similar.length === 0 ? '' : ` Có phải là: ${allNamed(similar)}?`
  const en = similar.length === 0 ? '' : ` Did you mean: ${allNamed(similar)}?`
  return { code: 'RECIPIENT_UNKNOWN', detail: text(`Mã ${written} không có trong danh mục cơ quan.${vi}`, `${written} is not in the agency directory.${en}`) }
}

export function notYetProblem (agency: Agency): Problem {
  return { code: 'RECIPIENT_UNKNOWN', detail: text(`${named(agency)} chỉ hoạt động từ ${agency.validFrom ?? ''}.`,
    `${named(agency)} exists only from ${agency.validFrom ?? ''}.`) }
}

export function closedProblem (agency: Agency): Problem {
  return {
    code: 'RECIPIENT_UNKNOWN',
    detail: text(`${named(agency)} đã đóng từ ${agency.closedFrom ?? ''} và không có cơ quan kế thừa cho loại gói tin này.`,
      `${named(agency)} is closed since ${agency.closedFrom ?? ''} and nobody follows it for this kind of package.`)
  }
}

export function ambiguousProblem (agency: Agency, successors: readonly Agency[]): Problem {
  return {
    code: 'SUCCESSOR_AMBIGUOUS',
    detail: text(`${named(agency)} đã đóng từ ${agency.closedFrom ?? ''} và có nhiều cơ quan kế thừa, hãy chọn một: ${allNamed(successors)}.`,
      `${named(agency)} is closed since ${agency.closedFrom ?? ''} and has several successors; choose one: ${allNamed(successors)}.`)
  }
}

export function unreachableProblem (agency: Agency, axis: Axis): Problem {
  return {
    code: 'RECIPIENT_UNREACHABLE',
    detail: text(`${named(agency)} chưa có điểm kết nối, và trục ${AXES[axis].vi} không có cổng.`,
      `No endpoint serves ${named(agency)}, and the ${AXES[axis].en} axis has no gateway.`)
  }
}
