// The schemas of service calls and of their log.
import { SERVICE_CALL_STATES } from '../model/service-call.js'
import { SERVICE_REQUEST } from '../pipeline/service-request.js'
import { ref } from './components.js'
import { frame, INSTANT, page, UUID, type Json } from './frames.js'

/** All of them by name. */
export function serviceSchemas (): Record<string, Json> {
  const text = { type: 'string' }
  const { officer, purpose } = SERVICE_REQUEST.properties
  return {
    Service: frame({
      service: { ...text, description: 'Its name, in the path of a call.' }, operation: text, title: ref('LocalizedText'),
      agencies: { type: 'array', items: text, description: 'Main codes of those agencies of the caller for which it may ask.' },
      purposes: { type: 'array', items: text, description: 'Codes that purpose.code may have.' },
      dossier: { type: 'string', description: 'What dossier must be: of the right form, known to the hub, or one that the agency takes part in.', enum: ['well-formed', 'known', 'participant'] },
      mandatory: { type: 'array', items: text, description: 'JSON Pointers of the fields that every call must have. The schema of the question may ask for more, such as one of several.' },
      query: { type: 'object', description: 'JSON Schema of the question.' }
    }),
    Services: frame({ items: { type: 'array', items: ref('Service') } }),
    ServiceRequest: SERVICE_REQUEST as unknown as Json,
    ServiceAnswer: frame({
      requestId: { ...UUID, description: 'MaYeuCau of this call; it names the call in the log.' }, service: text, operation: text, answeredAt: INSTANT,
      result: { type: 'object', description: 'As the operation defines it.' }
    }),
    ServiceCall: frame({
      requestId: UUID, service: text, operation: text, endpoint: text,
      client: { ...text, description: 'client:ID.' },
      agency: { ...text, description: 'Main code of the agency that asked.' },
      officer, purpose, dossier: text,
      subject: { ...text, description: 'Whom it was about: a keyed hash of the number, or the number covered.' },
      state: {
        type: 'string',
        description: 'requested: it goes out now; one that stays so was cut off and may have gone out. denied: the hub did not let it out. answered, refused, unavailable: as the outside system did.',
        enum: [...SERVICE_CALL_STATES]
      },
      code: { ...text, description: 'Code of the reason.' },
      cached: { const: true, description: 'Answered from the memory of the hub; nothing went out.' },
      requestedAt: INSTANT, settledAt: INSTANT, durationMs: { type: 'integer', minimum: 0 }, traceId: text
    }, ['subject', 'code', 'cached', 'settledAt', 'durationMs']),
    ServiceCallPage: page('ServiceCall')
  }
}
