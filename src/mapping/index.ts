// The mappings of the configuration: opened, and proved on their examples, before the hub takes its first package.
import { HubError, toProblem } from '../errors.js'
import type { MappingConfig } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import { text } from '../model/text.js'
import type { InboundMapping } from '../formats/translated/mapping.js'
import { mappingFailure } from './failure.js'
import { createJsonataSandbox } from './jsonata.js'
import { type Mapping, openMapping } from './mapping.js'

export interface OpenMappings {
  find (name: string): Mapping | undefined
  /** The inbound mapping of that name. */
  inbound (name: string): InboundMapping | undefined
  inboundNames (): string[]
  /** Rejects with TRANSFORM_FAILED. */
  run (name: string, input: unknown): Promise<{ bytes: Buffer, mediaType: string, version: string }>
  close (): Promise<void>
}

/** Rejects with CONFIG_INVALID and every fault of every mapping and example. */
export async function openMappings (configs: readonly MappingConfig[]): Promise<OpenMappings> {
  const sandbox = createJsonataSandbox()
  const mappings = new Map<string, Mapping>()
  const faults: Fault[] = []
  for (const [index, config] of configs.entries()) {
    const at = `/mappings/${index}`
    try {
      const mapping = await openMapping(config, sandbox)
      mappings.set(config.name, mapping)
      faults.push(...(await mapping.check()).map(each => ({ ...each, pointer: at + each.pointer })))
    } catch (error) {
      const { code, detail, errors = [] } = toProblem(error)
      faults.push({ code, pointer: `${at}/file`, detail }, ...errors.filter(({ pointer }) => pointer !== '').map(each => ({ ...each, pointer: `${config.file}#${each.pointer}` })))
    }
  }
  if (faults.length > 0) {
    await sandbox.close()
    throw new HubError('CONFIG_INVALID', text('Ánh xạ có lỗi.', 'The mappings have faults.'), { errors: faults })
  }
  return {
    find: name => mappings.get(name),
    inbound (name) {
      const mapping = mappings.get(name)
      if (mapping?.settings.direction !== 'inbound') return undefined
      const { version, input = 'json', files = [] } = mapping.settings
      return { name, version, input, files: new Set(files), run: mapping.run }
    },
    inboundNames: () => [...mappings].filter(([, { settings }]) => settings.direction === 'inbound').map(([name]) => name),
    async run (name, input) {
      const mapping = mappings.get(name)
      if (mapping === undefined) throw mappingFailure(`Không có ánh xạ "${name}" trong cấu hình.`, `There is no mapping "${name}" in the configuration.`)
      return { bytes: Buffer.from(await mapping.run(input)), mediaType: mapping.mediaType, version: mapping.settings.version }
    },
    close: async () => { await sandbox.close() }
  }
}
