// The OpenAPI document is sound: complete, resolvable, its examples true. And the small pure functions of the HTTP layer.
import t from 'tap'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { idempotencyKeyOf } from '../../../src/http/idempotency.js'
import { chooseLanguage, localize } from '../../../src/http/language.js'
import { OPERATIONS } from '../../../src/http/operations.js'
import { contentDisposition } from '../../../src/http/payload.js'
import { fromCursor, toCursor } from '../../../src/http/queries.js'
import { traceIdOf } from '../../../src/http/trace.js'
import { createAjv } from '../../../src/schema.js'
import { createHttpDouble } from '../../support/http-doubles.js'
import fc from '../../support/property.js'

type Json = Record<string, any>

t.test('the OpenAPI document', async t => {
  const { app } = await createHttpDouble()
  const document = (await app.inject('/openapi.json')).json() as Json
  await app.close()
  const operations = Object.values(document['paths'] as Json).flatMap(path => Object.entries(path as Json))

  t.equal(document['openapi'], '3.1.0')
  t.match(document['components'].securitySchemes, { key: { type: 'http', scheme: 'bearer' } })
  t.strictSame(operations.map(([, operation]) => operation.operationId).sort(), Object.keys(OPERATIONS).sort(), 'routes and descriptions are the same set')
  t.ok(operations.every(([method]) => ['get', 'post'].includes(method)))

  t.test('has no reference that points nowhere', async t => {
    const references = new Set<string>()
    JSON.stringify(document, (key, value) => { if (key === '$ref') references.add(value as string); return value as unknown })
    t.ok(references.size > 20)
    for (const reference of references) {
      t.match(reference, /^#\/components\/schemas\/\w+$/)
      t.ok(document['components'].schemas[reference.split('/').at(-1) ?? ''], reference)
    }
  })

  t.test('names the path parameters of every path', async t => {
    for (const [path, methods] of Object.entries(document['paths'] as Json)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1])
      for (const operation of Object.values(methods as Json)) {
        t.strictSame((operation.parameters ?? []).filter((each: Json) => each['in'] === 'path').map((each: Json) => each['name']), named, path)
        t.ok(operation.summary && operation.tags.length === 1)
        for (const answer of Object.values(operation.responses as Json)) t.type(answer.description, 'string')
      }
    }
  })

  t.test('has examples that are valid by their own schemas', async t => {
    const ajv: Ajv2020 = createAjv()
    ajv.opts.strictSchema = false
    ajv.addSchema(document, 'openapi.json', false, false)
    let count = 0
    const check = (schema: Json, example: unknown, name: string): void => {
      if (schema['$ref'] === undefined) return
      count++
      t.ok(ajv.validate({ $ref: `openapi.json${schema['$ref']}` }, example), name, { errors: ajv.errors })
    }
    for (const [, operation] of operations) {
      const media = [operation.requestBody, ...Object.values(operation.responses as Json)].flatMap(each => Object.values((each?.content ?? {}) as Json))
      for (const each of media) {
        if ('example' in each) check(each.schema, each.example, operation.operationId)
        for (const [name, { value }] of Object.entries((each.examples ?? {}) as Json)) check(each.schema, value, `${operation.operationId} ${name}`)
      }
      if (operation.operationId.startsWith('check')) continue
      t.ok(operation.security.length === 1 && operation.responses[401], operation.operationId)
    }
    t.ok(count > 40)
  })
})

t.test('Vietnamese is spoken unless English is preferred', async t => {
  const cases: Array<[string | undefined, 'vi' | 'en']> = [
    [undefined, 'vi'], ['', 'vi'], ['*', 'vi'], ['fr', 'vi'], ['en', 'en'], ['EN-us', 'en'], ['vi,en', 'vi'], ['en,vi', 'vi'],
    ['en;q=0.9,vi;q=0.8', 'en'], ['en;q=0', 'vi'], ['vi;q=0,en;q=0.1', 'en'], ['en;q=x', 'en'], [','.repeat(9999), 'vi']
  ]
  for (const [header, language] of cases) t.equal(chooseLanguage(header), language, String(header).slice(0, 30))
  t.strictSame(localize({ a: [{ vi: 'một', en: 'one' }], b: { vi: 1, en: 2 }, c: null }, 'en'), { a: ['one'], b: { vi: 1, en: 2 }, c: null })
})

t.test('an Idempotency-Key is a visible token, quoted or not', async t => {
  const cases: Array<[string | undefined, string | undefined]> = [
    [undefined, undefined], ['abc', 'abc'], ['"abc"', 'abc'], ['"a\\"b\\\\c"', 'a"b\\c'], ['x'.repeat(255), 'x'.repeat(255)], ['"', '"']
  ]
  for (const [header, key] of cases) t.equal(idempotencyKeyOf(header), key)
  for (const header of ['', '""', 'a b', '"a b"', 'é', 'x'.repeat(256), ['a', 'b']]) t.throws(() => idempotencyKeyOf(header), { code: 'REQUEST_INVALID' })
})

t.test('a trace is taken over only from a valid traceparent', async t => {
  const id = '4bf92f3577b34da6a3ce929d0e0e4736'
  t.equal(traceIdOf(`00-${id}-00f067aa0ba902b7-01`), id)
  t.equal(traceIdOf(`01-${id}-00f067aa0ba902b7-01-later`), id)
  for (const wrong of [undefined, '', `ff-${id}-00f067aa0ba902b7-01`, `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `00-${id}-${'0'.repeat(16)}-01`, `00-${id.toUpperCase()}-00f067aa0ba902b7-01`]) {
    const made = traceIdOf(wrong)
    t.match(made, /^[0-9a-f]{32}$/)
    t.not(made, id)
  }
})

t.test('a download name is harmless and keeps its letters, whatever the sender wrote', async t => {
  t.equal(contentDisposition('../../etc/pass"wd'), 'attachment; filename="_.._etc_pass_wd"; filename*=UTF-8\'\'_.._etc_pass%22wd')
  t.equal(contentDisposition(' \u202e\r\n'), 'attachment; filename="file"; filename*=UTF-8\'\'file')
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), name => {
    const match = /^attachment; filename="([\x20\x21\x23\x24\x26-\x7e]+)"; filename\*=UTF-8''([\w.!#$&+^`|~%-]+)$/.exec(contentDisposition(name))
    return match !== null && !/[\\/\r\n\0]/.test(decodeURIComponent(match[2] ?? ''))
  }))
})

t.test('a cursor gives back the key it was made of', async t => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), key => fromCursor(toCursor(key), /^/) === key))
  t.throws(() => fromCursor('AAAA', /^\d+$/), { code: 'REQUEST_INVALID' })
})
