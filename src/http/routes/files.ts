// /files/{token}: one file of a package for whoever holds the link, e.g. the national portal. No key, no list, no hint.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HubError } from '../../errors.js'
import { text } from '../../model/text.js'
import type { HttpDependencies } from '../dependencies.js'
import { factsOf } from '../facts.js'
import { replyPayload } from '../payload.js'

interface ByToken { Params: { token: string } }

type FileDependencies = Pick<HttpDependencies, 'links' | 'store' | 'payloads'>

/** Reading by link. */
export function fileRoutes (dependencies: FileDependencies) {
  return async function registerFiles (app: FastifyInstance): Promise<void> {
    // The second path is what the adapters of the national exchange forward file requests to.
    for (const path of ['/files/:token', '/downloadfile/:token']) app.get<ByToken>(path, { schema: { hide: true } }, fileReader(dependencies))
  }
}

/** Answers with the file that `token` names. A token that was not made here, or whose package is gone, is not found; the log names the package, never the token. */
export function fileReader ({ links, store, payloads }: FileDependencies) {
  return async function readFile (request: FastifyRequest<ByToken>, reply: FastifyReply): Promise<FastifyReply> {
    const linked = links.read(request.params.token)
    if (linked === undefined) throw notFound()
    const { packageId, attachment } = linked
    factsOf(request).file = { packageId, attachment }
    const found = await store.findPackage(packageId, 'all')
    const file = found?.attachments.find(({ n }) => n === attachment)
    if (found === undefined || file === undefined) throw notFound()
    const { sha256, size, contentType, name } = file
    return await replyPayload(request, reply, { payloads, package: found, ref: { sha256, size }, mediaType: contentType, filename: name })
  }
}

function notFound (): HubError {
  return new HubError('NOT_FOUND', text('Không có tệp nào ở liên kết này.', 'There is no file at this link.'))
}
