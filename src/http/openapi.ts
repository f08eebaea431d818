// /openapi.json and /docs: OpenAPI 3.1 built from the routes (paths and parameters) and from operations.ts (the rest).
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { CATALOGUE, type ErrorCode, HubError } from '../errors.js'
import { componentSchemas } from './answers.js'
import { ref } from './components.js'
import { EXAMPLES } from './examples.js'
import { type Operation, OPERATIONS } from './operations.js'
import { renderProblem } from './problem.js'

type Json = Record<string, unknown>

/** Problems that any route of /v1 may answer. */
const COMMON_PROBLEMS: ErrorCode[] = ['UNAUTHENTICATED', 'INTERNAL', 'STORE_UNAVAILABLE']

/** Registers the documentation; must come before the routes it documents. */
export async function registerDocumentation (app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'lienthong',
        version: '1.0.0',
        description: 'Exchange of administrative documents (edXML) and dossiers (hồ sơ) between agencies. ' +
          'Texts are Vietnamese unless Accept-Language prefers English. Every answer names its trace in Lienthong-Trace-Id.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
      },
      servers: [{ url: '/', description: 'This hub' }],
      tags: [
        { name: 'packages', description: 'Hand in and follow documents, dossiers and status messages.' },
        { name: 'inbox', description: 'Fetch what was sent to an agency.' },
        { name: 'agencies', description: 'The directory.' },
        { name: 'services', description: 'Ask outside systems, e.g. about citizens. Every call is written down.' },
        { name: 'operating', description: 'For operators: what went wrong, and what to do about it. Every action needs a reason and is recorded.' },
        { name: 'health', description: 'For load balancers.' }
      ],
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'The key of an agency system or of an operator.' } } }
    },
    transformObject: document => 'openapiObject' in document ? complete(document.openapiObject) : {}
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  app.get('/', { schema: { hide: true } }, async (_request, reply) => await reply.redirect('/docs'))
}

function complete (document: object): Json {
  const { paths, components, ...rest } = document as { paths: Record<string, Record<string, Json>>, components: Json }
  for (const operations of Object.values(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      // Rebuilt and not patched: the plug-in shares one object between GET and HEAD.
      if (method === 'head') delete operations['head']
      else operations[method] = describe(operation)
    }
  }
  return { ...rest, paths, components: { ...components, schemas: componentSchemas() } }
}

function describe (route: Json): Json {
  const { operationId, parameters = [] } = route as { operationId: string, parameters?: Json[] }
  const operation = OPERATIONS[operationId]
  if (operation === undefined) throw new Error(`operations.ts does not describe ${operationId}`)
  const headers = (operation.headers ?? []).map(header => ({ ...header, in: 'header', required: false }))
  const all = [...parameters, ...headers]
  return {
    operationId,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    ...(operation.open === true ? {} : { security: [{ key: [] }] }),
    ...(all.length === 0 ? {} : { parameters: all }),
    ...(operation.requestBody === undefined ? {} : { requestBody: operation.requestBody }),
    responses: { ...answersOf(operation), ...problemsOf(operation) }
  }
}

function answersOf (operation: Operation): Json {
  return Object.fromEntries(Object.entries(operation.answers).map(([status, { description, json, bytes, headers }]) => [status, {
    description,
    ...(headers === undefined ? {} : { headers: headersOf(headers) }),
    ...(json === undefined ? {} : { content: { 'application/json': { schema: ref(json), example: EXAMPLES[json] } } }),
    ...(bytes === undefined ? {} : { content: { '*/*': { schema: { type: 'string', format: 'binary' } } } })
  }]))
}

function headersOf (headers: Record<string, string>): Json {
  return Object.fromEntries(Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]))
}

/** One answer per status, one example per code. */
function problemsOf (operation: Operation): Json {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of operation.open === true ? [] : [...operation.problems, ...COMMON_PROBLEMS]) {
    const { status } = CATALOGUE[code]
    byStatus.set(status, [...byStatus.get(status) ?? [], code])
  }
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, {
    description: codes.map(code => `${code}: ${CATALOGUE[code].title.en}.`).join(' '),
    content: { 'application/problem+json': { schema: ref('Problem'), examples: Object.fromEntries(codes.map(code => [code, { value: exampleOf(code) }])) } }
  }]))
}

function exampleOf (code: ErrorCode): object {
  return renderProblem(new HubError(code, CATALOGUE[code].title), { language: 'vi', traceId: '4bf92f3577b34da6a3ce929d0e0e4736', instance: '/v1/packages' })
}
