// /health: for load balancers and supervisors. No key needed, so no internals are told.
import type { FastifyInstance } from 'fastify'
import type { HealthDependencies } from '../dependencies.js'
import { factsOf } from '../facts.js'

/** Probes are frequent: they are logged at debug level unless they fail. */
export function healthRoutes ({ health }: Pick<HealthDependencies, 'health'>) {
  return async function registerHealth (app: FastifyInstance): Promise<void> {
    app.get('/health/live', { schema: { operationId: 'checkLive' } }, async (_request, reply) => {
      const { ok } = health.live()
      return await reply.code(ok ? 200 : 503).send({ ok })
    })

    app.get('/health/ready', { schema: { operationId: 'checkReady' } }, async (request, reply) => {
      const { ok, checks } = await health.ready()
      factsOf(request).failing = checks.filter(check => !check.ok).map(({ name, detail }) => ({ name, ...(detail === undefined ? {} : { detail }) }))
      return await reply.code(ok ? 200 : 503).send({ ok, roles: health.roles, checks: checks.map(check => ({ name: check.name, ok: check.ok })) })
    })
  }
}
