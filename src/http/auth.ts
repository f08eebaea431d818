// Who calls: a bearer key on every route of /v1, and what that caller may see.
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { Caller } from '../model/caller.js'
import type { Scope } from '../ports/store.js'
import type { HttpDependencies } from './dependencies.js'
import { factsOf } from './facts.js'

/** A hook that lets only known callers pass; runs before a byte of the body is read. */
export function requireCaller (authenticate: HttpDependencies['authenticate']): onRequestHookHandler {
  return function checkCaller (request, _reply, done) {
    const caller = authenticate(request.headers.authorization)
    if (caller === undefined) {
      const detail = text('Cần tiêu đề Authorization: Bearer với khóa hợp lệ.', 'An Authorization: Bearer header with a valid key is needed.')
      done(new HubError('UNAUTHENTICATED', detail))
      return
    }
    factsOf(request).caller = caller
    done()
  }
}

/** The caller of a request that passed {@link requireCaller}. */
export function callerOf (request: FastifyRequest): Caller {
  const { caller } = factsOf(request)
  if (caller === undefined) throw new Error('a route without authentication asked for its caller')
  return caller
}

/** Whose traffic the caller may read. */
export function scopeOf (caller: Caller): Scope {
  return caller.role === 'operator' ? 'all' : caller.agencies
}

/** The agencies whose inbox the caller empties. Operators look, but do not speak for a recipient. */
export function inboxAgenciesOf (caller: Caller): readonly string[] {
  if (caller.role === 'operator') {
    throw new HubError('FORBIDDEN', text('Hộp nhận chỉ dành cho hệ thống của cơ quan nhận.', 'The inbox is for the systems of the receiving agency.'))
  }
  return caller.agencies
}

/** The operator who calls; anybody else is refused. */
export function operatorOf (request: FastifyRequest): Caller {
  const caller = callerOf(request)
  if (caller.role === 'operator') return caller
  throw new HubError('FORBIDDEN', text('Chỉ dành cho quản trị viên.', 'This is for operators.'))
}
