// The doors for systems that exist: each speaks another product's protocol and translates it onto the same pipeline.
// Nothing is stored for a door: packages, deliveries and their states are those of the hub.
import type { FastifyInstance } from 'fastify'
import type { DoorDependencies } from '../dependencies.js'
import { axisDoor } from './axis.js'
import { facadeDoor } from './facade.js'
import { createGuesses } from './guesses.js'
import { xroadDoor } from './xroad.js'

/** Opens the doors that the configuration opens. */
export async function registerDoors (app: FastifyInstance, given: Omit<DoorDependencies, 'guesses'>): Promise<void> {
  const { axis, facade, xroad } = given.doors.settings
  const dependencies = { ...given, guesses: createGuesses(() => given.clock.now()) }
  await app.register(async doors => {
    // They are other people's protocols: docs/doors.md tells of them, not the OpenAPI of the hub's own.
    doors.addHook('onRoute', route => { route.schema = { ...route.schema, hide: true } })
    if (axis.enabled) await doors.register(axisDoor(dependencies), { prefix: axis.path })
    if (facade.enabled) await doors.register(facadeDoor(dependencies), { prefix: facade.path })
    if (xroad.enabled) await doors.register(xroadDoor(dependencies), { prefix: xroad.path })
  })
}
