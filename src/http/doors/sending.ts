// A file that comes through a door, on its way into the pipeline: for which of its recipients, and as whom.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../model/caller.js'
import type { DoorDependencies } from '../dependencies.js'
import { ownAgency } from './agencies.js'
import { openFile } from './file-body.js'
import { invalid } from './queue.js'

const MOST_RECIPIENTS = 2000

export interface SendWish {
  caller: Caller
  /** Code that the call names as its sender; the file names it anyhow. */
  from?: string | undefined
  /** Codes of the recipients that alone get it. */
  only?: string[] | undefined
  /** SHA-256 of the file, as announced. */
  sha256?: string | undefined
}

/** Accepts the file of a request, streamed. Answers the id of the package, the same for the same file. Throws as the intake does. */
export async function acceptFile ({ request, reply }: { request: FastifyRequest, reply: FastifyReply }, { intake, settings, directory, clock }: DoorDependencies, { caller, from, only, sha256 }: SendWish): Promise<string> {
  if (from !== undefined) ownAgency(from, { caller, directory, at: clock.now() })
  const parts = openFile(request, reply, { maxBodyBytes: settings.maxBodyBytes, sha256 })
  const { packageId } = await intake.accept({ caller, parts, traceId: request.id, ...(only === undefined ? {} : { only }) })
  return packageId
}

/** The codes of a JSON array, or of one code; undefined when nothing is chosen. */
export function choiceOf (to: string | undefined): string[] | undefined {
  const written = to?.trim() ?? ''
  if (written === '') return undefined
  let value: unknown = [written]
  try {
    if (written.startsWith('[')) value = JSON.parse(written)
  } catch {
    throw invalid('to', '["H36.11", …]', written)
  }
  if (!Array.isArray(value) || value.length > MOST_RECIPIENTS || !value.every(code => typeof code === 'string')) throw invalid('to', '["H36.11", …]', written)
  const codes = [...new Set(value.map(code => String(code).trim()).filter(code => code !== ''))]
  return codes.length === 0 ? undefined : codes
}
