// /v1/packages, writing: hand a package in, or try it out. The only routes whose bodies are left unread for the pipeline.
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Arrival } from '../../pipeline/types.js'
import { callerOf } from '../auth.js'
import { checkBodyHeaders, MAX_FORM_PARTS, openParts, PLAIN_TYPES } from '../body.js'
import type { HttpDependencies } from '../dependencies.js'
import { idempotencyKeyOf } from '../idempotency.js'
import { languageOf } from '../language.js'
import { deadlinesAsked, INTAKE_QUERY, type IntakeQuery, translationOf } from '../queries.js'
import { viewAccepted, viewPlan } from '../views.js'

/** Everything about the content, the caller's right to send it included, is judged by the pipeline. */
export function intakeRoutes ({ intake, settings }: HttpDependencies) {
  return async function registerIntake (app: FastifyInstance): Promise<void> {
    // The bytes are sacred: nothing may read them before the pipeline does.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser([...PLAIN_TYPES], (_request, _payload, done) => { done(null) })
    await app.register(multipart, { limits: { fileSize: Infinity, parts: MAX_FORM_PARTS } })
    const onRequest = checkBodyHeaders(settings.maxBodyBytes)

    function arrivalOf (request: FastifyRequest<{ Querystring: IntakeQuery }>, reply: FastifyReply): Arrival {
      const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key'])
      const parts = openParts(request, reply, settings.maxBodyBytes)
      const caller = callerOf(request)
      const translation = translationOf(request.query, caller)
      return { caller, parts, traceId: request.id, ...deadlinesAsked(request.query), ...(translation === undefined ? {} : { translation }), ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }
    }

    app.post<{ Querystring: IntakeQuery }>('/packages', { onRequest, schema: { operationId: 'acceptPackage', querystring: INTAKE_QUERY } }, async (request, reply) => {
      const accepted = await intake.accept(arrivalOf(request, reply))
      void reply.code(202).header('location', `/v1/packages/${accepted.packageId}`)
      if (accepted.repeated) void reply.header('idempotent-replayed', 'true')
      return viewAccepted(accepted, languageOf(request))
    })

    app.post<{ Querystring: IntakeQuery }>('/packages/validate', { onRequest, schema: { operationId: 'validatePackage', querystring: INTAKE_QUERY } }, async (request, reply) =>
      viewPlan(await intake.plan(arrivalOf(request, reply)), languageOf(request)))
  }
}
