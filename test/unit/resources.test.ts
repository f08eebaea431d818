// Endpoints fit their adapters: what an adapter cannot carry or write is a fault of the configuration, each told with its place.
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config.js'
import { HubError } from '../../src/errors.js'
import { checkConfig, loadEndpoints, openDirectory } from '../../src/resources.js'
import { ROOT } from '../architecture/generate.js'

/** Faults of one endpoint, the second of the configuration. */
async function faultsOf (endpoint: object): Promise<Array<{ code: string, pointer: string, expected?: string, found?: string }>> {
  const files = [join(ROOT, 'config/lam-dong/agencies.json')]
  const config = await loadConfig({ environment: {}, over: { directory: { files }, endpoints: [{ id: 'first', axis: 'commune', adapter: 'inbox' }, { id: 'e', axis: 'province', ...endpoint }] } })
  return await loadEndpoints(config, await openDirectory(config)).then(() => [], (error: unknown) => {
    if (error instanceof HubError && error.code === 'CONFIG_INVALID') return error.errors.map(({ code, pointer, expected, found }) => ({ code, pointer, ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) }))
    throw error
  })
}

const VXP = { adapter: 'vxp', settings: { url: 'https://truc.example.vn/vxp', default: { systemId: 'S', secret: 's'.repeat(16) } } }
const POPULATION = { adapter: 'csdldc', settings: { url: 'https://ss.example.vn/dancu', authorization: { user: 'u', secret: 's'.repeat(16) } } }

t.test('an endpoint takes the kinds that its adapter carries', async t => {
  const wrong = (index: number, found: string, expected: string): object => ({ code: 'FIELD_INVALID', pointer: `/endpoints/1/kinds/${index}`, expected, found })
  const table: Array<[object, object[]]> = [
    [{ adapter: 'inbox' }, []],
    [{ adapter: 'inbox', kinds: ['document', 'dossier', 'status'] }, []],
    [{ ...VXP, kinds: ['status', 'document'] }, []],
    [{ ...VXP, kinds: ['document', 'dossier'] }, [wrong(1, 'dossier', 'document | status')]],
    [{ ...VXP, kinds: ['dossier'] }, [wrong(0, 'dossier', 'document | status')]]
  ]
  for (const [endpoint, faults] of table) t.same(await faultsOf(endpoint), faults, JSON.stringify(endpoint))
})

t.test('nothing is sent in a format that the adapter does not take, or to one that only answers questions', async t => {
  const table: Array<[object, string[]]> = [
    [{ ...VXP, format: 'edxml' }, []],
    [{ ...VXP, format: 'json' }, ['/endpoints/1/format']],
    [{ ...VXP, format: 'json', kinds: ['dossier'] }, ['/endpoints/1/format', '/endpoints/1/kinds/0']],
    [POPULATION, []],
    [{ ...POPULATION, serves: ['H36.02'], gateway: 'province', kinds: ['document'] }, ['/endpoints/1/gateway', '/endpoints/1/kinds/0', '/endpoints/1/serves']],
    [{ adapter: 'khong-co' }, ['/endpoints/1/adapter']]
  ]
  for (const [endpoint, pointers] of table) t.same((await faultsOf(endpoint)).map(({ pointer }) => pointer).sort(), pointers, JSON.stringify(endpoint))
})

t.test('an agency behind a door whose endpoint gives it what it cannot read is worth a warning, and no other is', async t => {
  const inbox = (more: object = {}): object => ({ id: 'e', axis: 'province', adapter: 'inbox', serves: ['H36.02'], ...more })
  const client = (id: string, agencies: string[], more: object = {}): object => ({ id, keySha256: (id.codePointAt(0) ?? 0).toString(16).padStart(64, '0'), agencies, ...more })
  const systems = [{ systemId: 'S', secret: 'secret-of-S' }]
  const behind = client('so-noi-vu', ['H36.02'], { systems })
  const open = { facade: { enabled: true } }
  const warned = [{ endpoint: 'e', pointer: '/endpoints/0/format', agencies: ['H36.02'] }]
  const table: Array<[string, object, Array<Record<string, unknown>>]> = [
    ['as it came', { doors: open, endpoints: [inbox()], clients: [behind] }, warned],
    ['JSON, through the axis', { doors: { axis: { enabled: true } }, endpoints: [inbox({ format: 'json' })], clients: [behind] }, warned],
    ['as the gateway of its axis', { doors: open, endpoints: [inbox({ serves: [], gateway: 'province' })], clients: [behind] }, warned],
    ['edXML', { doors: open, endpoints: [inbox({ format: 'edxml' })], clients: [behind] }, []],
    ['every door is closed', { endpoints: [inbox()], clients: [behind] }, []],
    ['the X-Road paths give nothing out', { doors: { xroad: { enabled: true } }, endpoints: [inbox()], clients: [behind] }, []],
    ['it comes through the API', { doors: open, endpoints: [inbox()], clients: [client('so-noi-vu', ['H36.02'])] }, []],
    ['another agency has the systems', { doors: open, endpoints: [inbox()], clients: [client('so-noi-vu', ['H36.02']), client('uy-ban', ['H36.03'], { systems })] }, []],
    ['dossiers do not appear there', { doors: open, endpoints: [inbox({ kinds: ['dossier'] })], clients: [behind] }, []]
  ]
  for (const [name, over, warnings] of table) {
    const config = await loadConfig({ environment: {}, over: { directory: { files: [join(ROOT, 'config/lam-dong/agencies.json')] }, ...over } })
    t.same((await checkConfig(config)).map(({ detail: _detail, ...facts }) => facts), warnings, name)
  }
})
