// Promise: trying a package out tells everything that is wrong with it: what, where, what was expected, and in the reader's language.
import { readdirSync } from 'node:fs'
import t, { type Test } from 'tap'
import { parseStringPromise, processors } from 'xml2js'
import type { CheckId } from '../../src/formats/check.js'
import { DOSSIER_CHECKS } from '../../src/formats/dossier/profile.js'
import { CHECKS } from '../../src/formats/edxml/profile.js'
import { codecFor } from '../../src/formats/index.js'
import { compileProfile } from '../../src/formats/profile.js'
import { openProvince, runHub } from '../support/hub.js'
import { chunksOf, createMemoryContext } from '../support/spool.js'
import { call, FORM, formBytes, JSON_BODY, XML } from '../support/wire.js'
import { documentMessage, fixture } from '../unit/formats/edxml-messages.js'
import { BROKEN, KNOWN, type Broken } from './broken-packages.js'

const ALL = [...Object.keys(CHECKS), ...Object.keys(DOSSIER_CHECKS)] as CheckId[]

const province = await openProvince(t, 'embedded', config => ({ ...config, validation: [{ check: 'recipient-name', kind: 'revocation', direction: 'both', consequence: 'warn' }] }))
const { url } = await runHub(t, province.config)
await call(`${url}/v1/packages`, { key: province.keys.get('ubnd-tinh'), headers: XML, body: documentMessage({ documentId: KNOWN }) })

interface Finding { code: string, pointer: string, detail: string, expected?: string, found?: string }

async function validate ({ body, headers = XML, as = 'ubnd-tinh' }: Pick<Broken, 'body' | 'headers' | 'as'>, language: 'vi' | 'en'): Promise<Finding[]> {
  const { status, json } = await call(`${url}/v1/packages/validate`, { key: province.keys.get(as), headers: { ...headers, 'accept-language': language }, body })
  const findings = (status === 200 ? json['warnings'] : json['errors'] ?? []) as Finding[]
  if (![200, 403, 422].includes(status)) throw new Error(`answered ${status}: ${JSON.stringify(json)}`)
  return findings
}

/** The message as another parser sees it: elements are lists under their local name. */
async function treeOf (body: string | Buffer): Promise<unknown> {
  const content = body.toString()
  if (/^\s*\{/.test(content)) return JSON.parse(content)
  const xml = content.slice(content.search(/<(?:\?xml|[A-Za-z])/), content.lastIndexOf('>') + 1)
  return await parseStringPromise(xml, { tagNameProcessors: [processors.stripPrefix], explicitRoot: true, strict: true, xmlns: false })
}

/** How many steps of a pointer lead to something in the message, and how many there are. */
function follow (tree: unknown, pointer: string): { found: number, steps: number } {
  const steps = pointer.split('/').slice(1)
  let node = tree
  for (const [index, step] of steps.entries()) {
    const [, name = '', position] = /^(.+?)(?:\[(\d+)\])?$/.exec(step) ?? []
    // Elements are lists of their like; the first is meant when there is no number. Lists of JSON are entered by number alone.
    const entered: unknown = Array.isArray(node) && !/^\d+$/.test(name) ? node[0] : node
    const next = (entered as Record<string, unknown> | undefined)?.[name]
    node = position === undefined ? next : (next as unknown[] | undefined)?.[Number(position) - 1]
    if (node === undefined) return { found: index, steps: steps.length }
  }
  return { found: steps.length, steps: steps.length }
}

/** Findings of a profile in which only one check says anything. */
async function onlyBy ({ check, body, headers = XML }: Broken): Promise<string[]> {
  const profile = compileProfile([...ALL.map(id => ({ check: id, consequence: 'off' as const })), { check, consequence: 'reject' }])
  const codec = codecFor({ contentType: headers['content-type'] ?? '' })
  const { faults } = await codec.decode(chunksOf(body), (async function * () {})(), { ...createMemoryContext(), profile, at: Date.now() })
  return faults.map(({ code, pointer }) => `${code} ${pointer}`)
}

await t.test('every check has a package that breaks it, and no check is dead', async t => {
  t.same(ALL.filter(id => !BROKEN.some(({ check }) => check === id)), [])
})

for (const broken of BROKEN) {
  const { check, code, pointer, body, headers, beside } = broken
  await t.test(`${check}: ${pointer}`, async t => {
    const [vi, en] = [await validate(broken, 'vi'), await validate(broken, 'en')]
    const all = en.map(finding => `${finding.code} ${finding.pointer}`)
    t.ok(all.includes(`${code} ${pointer}`), 'it is told', { all })
    if (beside === undefined) t.same(all, [`${code} ${pointer}`], 'and nothing else')
    if (check !== 'target-known' && headers !== FORM) t.same((await onlyBy(broken)).filter(one => one === `${code} ${pointer}`), [`${code} ${pointer}`], 'by this check')
    if (headers !== FORM) await explained(t, { vi, en, body })
  })
}

async function explained (t: Test, { vi, en, body }: { vi: Finding[], en: Finding[], body: string | Buffer }): Promise<void> {
  const tree = await treeOf(body)
  t.equal(vi.length, en.length)
  for (const [index, finding] of en.entries()) {
    const { code, pointer, detail, expected, found } = finding
    const other = vi[index]
    t.ok(detail.length > 10 && (other?.detail.length ?? 0) > 10 && other?.detail !== detail, `${code} speaks both languages`, { finding, other })
    t.ok(expected !== undefined || found !== undefined, `${code} says what was expected or found`, { finding })
    const way = follow(tree, pointer)
    // What is missing has no place of its own: the way to it must begin in the message.
    t.ok(code.endsWith('_MISSING') ? way.found >= Math.min(1, way.steps - 1) : way.found === way.steps, `${pointer} is in the message`, { way })
  }
}

await t.test('every fixture is explained', async t => {
  const names = [...readdirSync(new URL('../../../test/fixtures/edxml/', import.meta.url)), ...readdirSync(new URL('../../../test/fixtures/edxml/variants/', import.meta.url)).map(name => `variants/${name}`)]
    .filter(name => name.endsWith('.edxml')).map(name => `edxml/${name}`)
  const submit = formBytes([{ name: 'package', type: 'application/json', content: fixture('dossier/submit.json') }, { name: 'file', filename: 'a.pdf', content: fixture('dossier/giay-bao-tu.pdf') }])
  t.equal(names.length, 22)
  for (const body of names.map(fixture)) {
    const as = /<(?:\w+:)?From>\s*<(?:\w+:)?OrganId>H36\.11</.test(body.toString()) ? 'so-tu-phap' : 'ubnd-tinh'
    await explained(t, { body, vi: await validate({ body, as }, 'vi'), en: await validate({ body, as }, 'en') })
  }
  t.same(await validate({ body: submit, headers: FORM, as: 'xa-duc-trong' }, 'vi'), [])
  for (const name of ['progress', 'withdraw']) t.same(await validate({ body: fixture(`dossier/${name}.json`), headers: JSON_BODY, as: name === 'progress' ? 'so-tu-phap' : 'xa-duc-trong' }, 'vi'), [], name)
})
