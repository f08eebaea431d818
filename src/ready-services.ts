// Services of the configuration tied to the operations of their adapters, checked before the hub starts.
import { fault, HubError } from './errors.js'
import type { HubConfig } from './model/generated.js'
import type { Fault } from './model/problem.js'
import { text } from './model/text.js'
import { compileRequestCheck } from './pipeline/service-request.js'
import type { ReadyService } from './pipeline/services.js'
import type { Directory } from './ports/directory.js'
import type { LoadedEndpoint } from './resources.js'

/** Agencies are answered by their main codes, as of the instant `at`. Throws `CONFIG_INVALID` with every fault of every service. */
export function readyServices ({ services }: Pick<HubConfig, 'services'>, { endpoints, directory, at }: { endpoints: readonly LoadedEndpoint[], directory: Pick<Directory, 'find'>, at: number }): ReadyService[] {
  const faults: Fault[] = []
  const ready = services.flatMap((service, index): ReadyService[] => {
    const agencies = service.agencies.flatMap((code, position) => {
      const agency = directory.find(code, at)
      if (agency === undefined) faults.push(fault('FIELD_INVALID', `/services/${index}/agencies/${position}`, text(`Danh mục không có cơ quan ${code}.`, `The directory has no agency ${code}.`), { found: code }))
      return agency?.code ?? []
    })
    const operations = endpoints.find(({ endpoint }) => endpoint.id === service.endpoint)?.adapter.manifest.operations ?? []
    const definition = operations.find(({ name }) => name === service.operation)
    if (definition === undefined) {
      const detail = text('Bộ kết nối của điểm kết nối này không có thao tác như vậy.', 'The adapter of this endpoint has no such operation.')
      faults.push(fault('FIELD_INVALID', `/services/${index}/operation`, detail, { expected: operations.map(({ name }) => name).join(' | '), found: service.operation }))
      return []
    }
    const unusable = uncompiled(definition)
    if (unusable !== undefined) faults.push(fault('FIELD_INVALID', `/services/${index}/operation`, text(`Lược đồ câu hỏi không dùng được: ${unusable}`, `The schema of its question cannot be used: ${unusable}`)))
    return [{ ...service, agencies, definition }]
  })
  if (faults.length > 0) throw new HubError('CONFIG_INVALID', text('Cấu hình dịch vụ có lỗi.', 'The services are not configured rightly.'), { errors: faults })
  return ready
}

function uncompiled (definition: ReadyService['definition']): string | undefined {
  try {
    compileRequestCheck(definition)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
