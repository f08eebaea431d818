// The body of a service call: what every call has to say, and the question that the operation defines. All faults at once, and
// none of them repeats a value: it may be about a person.
import { fault } from '../errors.js'
import { parseDossierCode } from '../formats/dossier/code.js'
import type { ServiceOperation } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import type { Officer, Purpose } from '../model/service-call.js'
import { text } from '../model/text.js'
import { compileSettings } from '../schema.js'

const line = (maxLength: number, description: string): object =>
  ({ type: 'string', description, minLength: 1, maxLength, pattern: '^[^\\p{Cc}]*\\S[^\\p{Cc}]*$' })

/** JSON Schema of every call; the question is left open. */
export const SERVICE_REQUEST = {
  type: 'object',
  additionalProperties: false,
  required: ['officer', 'purpose', 'dossier', 'query'],
  properties: {
    agency: line(50, 'Agency for which is asked, in any of its codes; may be left out by a client that has one agency.'),
    officer: {
      type: 'object',
      description: 'Who asks.',
      additionalProperties: false,
      required: ['id', 'unit'],
      properties: { id: line(100, 'Mã cán bộ.'), name: line(200, 'Name.'), unit: line(100, 'Mã đơn vị.') }
    },
    purpose: {
      type: 'object',
      description: 'Why it is asked.',
      additionalProperties: false,
      required: ['code', 'text'],
      properties: { code: line(50, 'One of the purposes that the service is configured for.'), text: line(500, 'In words. No personal data.') }
    },
    dossier: line(100, 'Mã hồ sơ: the dossier for which the answer is needed.'),
    query: { type: 'object', description: 'The question, as the operation defines it.' }
  }
} as const

export interface ServiceRequest { agency?: string, officer: Officer, purpose: Purpose, dossier: string, query: Record<string, unknown> }

/** A check for bodies of calls of this operation: all faults, none of them with the value that was found. */
export function compileRequestCheck ({ query }: Pick<ServiceOperation, 'query'>): (body: unknown) => Fault[] {
  const checkFrame = compileSettings(SERVICE_REQUEST)
  const checkQuery = compileSettings(query)
  return body => {
    const faults = checkFrame(body)
    const { dossier, query: asked } = (typeof body === 'object' && body !== null ? body : {}) as Partial<Record<keyof ServiceRequest, unknown>>
    if (typeof dossier === 'string' && parseDossierCode(dossier) === undefined) {
      faults.push(fault('FIELD_INVALID', '/dossier', text('Không phải mã hồ sơ.', 'This is no dossier code.'), { expected: 'AGENCY-YYMMDD-NNNN' }))
    }
    if (typeof asked === 'object' && asked !== null) faults.push(...checkQuery(asked).map(each => ({ ...each, pointer: `/query${each.pointer}` })))
    return faults.map(({ found: _found, ...rest }) => rest)
  }
}
