// Promise: every command and program of the guide for agency developers runs as printed, and its receiver's code tells real deliveries.
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import { openProvince, runHub } from '../support/hub.js'
import { runShell } from '../support/shell.js'
import { eventually } from '../support/time.js'
import { call, XML } from '../support/wire.js'
import { documentMessage } from '../unit/formats/edxml-messages.js'

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url))

const guide = await readFile(join(DOCS, 'agency-guide.md'), 'utf8')
const blocksOf = (language: string): string[] => [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(match => match[1] ?? '')

// --fail-with-body came with curl 7.76; on a machine without these tools there is nothing to run.
const hasTools = (await runShell('curl --help all | grep -q fail-with-body && sha256sum --version && stat -c %s .')).code === 0

await t.test('the guide', { skip: hasTools ? false : 'curl, sha256sum or GNU stat is missing' }, async t => {
  const province = await openProvince(t, 'embedded')
  const hub = await runHub(t, province.config)
  const keyOf = (id: string): string => province.keys.get(id) ?? ''
  for (const documentId of ['guide-1', 'guide-2']) {
    const { status } = await call(`${hub.url}/v1/packages`, { key: keyOf('ubnd-tinh'), headers: XML, body: documentMessage({ documentId, to: ['H36.03'] }) })
    t.equal(status, 202)
  }
  await eventually(async () => (await call(`${hub.url}/v1/packages?to=H36.03&state=available`, { key: keyOf('van-hanh') })).json['items'].length === 2)
  const cwd = t.testdir({ '.curlrc': 'silent\nshow-error\nfail-with-body\n' })
  await cp(join(DOCS, 'examples'), cwd, { recursive: true })
  const env = { HUB: hub.url, KEY: keyOf('so-tai-chinh'), CURL_HOME: cwd }

  await t.test('its commands run as printed', async t => {
    const blocks = blocksOf('sh').filter(block => !block.startsWith('HUB='))
    t.ok(blocks.length >= 8)
    const { code, output } = await runShell(`set -euo pipefail\n${blocks.map((block, n) => `echo; echo "@@${n}"\n${block}`).join('\n')}`, { cwd, env })
    t.equal(code, 0, output)
    const outputs = output.split(/^@@\d+$/m).slice(1)
    const outputOf = (part: string): string => outputs[blocks.findIndex(block => block.includes(part))] ?? ''
    t.match(outputOf('@cong-van-15.edxml'), /HTTP\/1\.1 202 [^]*"agency":"H36\.11"/)
    t.match(outputOf('@ho-so.json'), /HTTP\/1\.1 202 /)
    t.match(outputOf('@cong-van-16.json'), /HTTP\/1\.1 202 [^]*"agency":"H36\.11"/)
    t.match(outputOf('/validate'), '"valid":true')
    t.match(outputOf('query=so tu phap'), '"code":"H36.11"')
    t.match(outputOf('/timeline'), '"type":"package.accepted"')
  })

  await t.test('they did what the guide says', async t => {
    const { json } = await call(`${hub.url}/v1/packages?from=H36`, { key: keyOf('so-tai-chinh') })
    t.strictSame(json['items'].flatMap((each: { deliveries: Array<{ state: string }> }) => each.deliveries.map(({ state }) => state)).sort(), ['delivered', 'refused'])
    const own = (await call(`${hub.url}/v1/packages?from=H36.03`, { key: keyOf('so-tai-chinh') })).json['items']
    // Its refusal becomes a receipt in its name, sooner or later.
    t.strictSame(own.map((each: { envelope: { kind: string } }) => each.envelope.kind).filter((kind: string) => kind !== 'status').sort(), ['document', 'document', 'dossier'], 'nothing was stored by trying out')
    const dossier = own.find((each: { envelope: { kind: string } }) => each.envelope.kind === 'dossier')
    t.strictSame((await call(`${hub.url}/v1/packages/${dossier.id}`, { key: keyOf('so-tai-chinh') })).json['attachments'].map(({ contentType }: { contentType: string }) => contentType), ['application/pdf', 'image/png'])
    const form = await runShell('curl -i "$HUB/v1/packages" -H "Authorization: Bearer $KEY" -F file_doc=@cong-van-15.edxml', { cwd, env })
    t.match(form.output, /Idempotent-Replayed: true/i, 'the form is the same package')
  })

  await t.test('its TypeScript runs as printed, and its receiver knows real deliveries', async t => {
    const { status } = await call(`${hub.url}/v1/packages`, { key: keyOf('ubnd-tinh'), headers: XML, body: documentMessage({ documentId: 'guide-3', to: ['H36.03'] }) })
    t.equal(status, 202)
    await eventually(async () => (await call(`${hub.url}/v1/packages?to=H36.03&state=available`, { key: keyOf('van-hanh') })).json['items'].length >= 1)
    const blocks = blocksOf('ts')
    t.equal(blocks.length, 6)
    const path = join(cwd, 'guide.mjs')
    await writeFile(path, blocks.join('\n'))
    const { code, output } = await runShell(`node ${path}`, { cwd, env })
    t.equal(code, 0, output)
    t.match(output, /^000\.00\.11\.H36 delivered/m)
    const own = (await call(`${hub.url}/v1/packages?from=H36.03&kind=dossier`, { key: keyOf('so-tai-chinh') })).json['items']
    t.equal(own.length, 2, 'the dossier of the shell and that of the program')
    t.ok((await readdir(cwd)).some(name => /^[0-9a-f-]{36}\.bin$/.test(name)), 'the inbox was fetched')
    const received = await eventually(() => province.receivers.get('so-tu-phap')?.received().find(({ body }) => body !== undefined))
    const secret = String(province.config.endpoints.find(({ id }) => id === 'so-tu-phap')?.settings['secret'])
    const receiver = join(cwd, 'receiver.mjs')
    await writeFile(receiver, blocks.at(-1) ?? '')
    const { isFromHub } = await import(pathToFileURL(receiver).href) as { isFromHub: (headers: object, body: Buffer | undefined, secrets: string | string[]) => string | undefined }
    t.equal(isFromHub(received.headers, received.body, secret), received.headers['idempotency-key'])
    t.notOk(isFromHub(received.headers, Buffer.from('other'), secret))
    t.notOk(isFromHub(received.headers, received.body, 'whsec_AAAA'))
    t.notOk(isFromHub({ ...received.headers, 'webhook-timestamp': '1' }, received.body, secret))
  })
})
