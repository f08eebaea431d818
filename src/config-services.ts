// Rules of the settings for services: names used once, endpoints and clients that exist, a key for the log.
import { fault } from './errors.js'
import type { HubConfig } from './model/generated.js'
import type { Fault } from './model/problem.js'
import { text } from './model/text.js'

type ServiceRules = Pick<HubConfig, 'services' | 'serviceLog' | 'endpoints' | 'clients'>

/** Faults of `services` and `serviceLog`, each of the right shape already. What needs the adapters is checked when they are loaded. */
export function serviceFaults ({ services, serviceLog, endpoints, clients }: ServiceRules): Fault[] {
  const ids = endpoints.map(({ id }) => id)
  const askers = clients.filter(({ role }) => role === 'agency').map(({ id }) => id)
  const faults = services.flatMap((service, index) => [
    ...(ids.includes(service.endpoint)
      ? []
      : [fault('FIELD_INVALID', `/services/${index}/endpoint`, text('Không có điểm kết nối nào mang tên này.', 'There is no endpoint of this name.'), { expected: ids.join(' | '), found: service.endpoint })]),
    ...service.clients.flatMap((client, position) => askers.includes(client)
      ? []
      : [fault('FIELD_INVALID', `/services/${index}/clients/${position}`, text('Không có tài khoản cơ quan nào mang tên này.', 'There is no client of an agency of this name.'), { expected: askers.join(' | '), found: client })])
  ])
  return services.length > 0 && serviceLog.subject === 'hash' && serviceLog.secret === null
    ? [...faults, fault('FIELD_MISSING', '/serviceLog/secret', text('Cần khóa để băm số của công dân trong nhật ký gọi dịch vụ.', 'A key is needed to hash the numbers of citizens in the log of service calls.'), { expected: 'serviceLog.secret | serviceLog.subject "masked"' })]
    : faults
}
