// Promise: the programs in Java and C# beside the guide compile, make each of their calls against a hub, and know its webhooks.
// A machine without the compiler of a language leaves it out, and says so.
import { createHash } from 'node:crypto'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openProvince, runHub } from '../support/hub.js'
import { runShell } from '../support/shell.js'
import { eventually } from '../support/time.js'
import { call, XML } from '../support/wire.js'
import { documentMessage } from '../unit/formats/edxml-messages.js'

const EXAMPLES = fileURLToPath(new URL('../../../docs/examples/', import.meta.url))

interface Language { name: string, tools: string, file: string, verifier: string, compile: string, run: string, verify: string }

/** `verifier`: a program of four headers and settings and a file, which prints whether the example takes them for the hub's. */
const LANGUAGES: readonly Language[] = [
  {
    name: 'Java',
    tools: 'javac -version && java -version',
    file: 'Verify.java',
    verifier: `public class Verify {
  public static void main(String[] a) throws Exception {
    System.out.println(HubClient.isFromHub(a[0], a[1], a[2], java.nio.file.Files.readAllBytes(java.nio.file.Path.of(a[4])), a[3]));
  }
}`,
    compile: 'javac -Xlint:all -Werror HubClient.java Verify.java',
    run: 'java -cp . HubClient',
    verify: 'java -cp . Verify'
  },
  {
    name: 'C#',
    tools: 'mcs --version && mono --version',
    file: 'Verify.cs',
    verifier: `public static class Verify {
  public static void Main(string[] a) {
    System.Console.WriteLine(HubClient.IsFromHub(a[0], a[1], a[2], System.IO.File.ReadAllBytes(a[4]), a[3]) ? "true" : "false");
  }
}`,
    compile: 'mcs -warnaserror -r:System.Net.Http.dll HubClient.cs && mcs -warnaserror -r:System.Net.Http.dll -main:Verify -out:Verify.exe HubClient.cs Verify.cs',
    run: 'mono HubClient.exe',
    verify: 'mono Verify.exe'
  }
]

for (const language of LANGUAGES) {
  const { name, tools, file, verifier, compile, run, verify } = language
  if ((await runShell(tools)).code !== 0) {
    t.comment(`left out: there is no compiler of ${name} here`)
    continue
  }
  await t.test(`the program in ${name} compiles, makes its five calls, and may be run again`, async t => {
    const province = await openProvince(t, 'embedded')
    const hub = await runHub(t, province.config)
    const keyOf = (id: string): string => province.keys.get(id) ?? ''
    const cwd = t.testdir({ [file]: verifier })
    await cp(EXAMPLES, cwd, { recursive: true })
    const shell = async (script: string): Promise<string> => {
      const { code, output } = await runShell(script, { cwd, env: { HUB: hub.url, KEY: keyOf('so-tai-chinh'), HOME: cwd } })
      t.equal(code, 0, output)
      return output
    }
    await shell(compile)
    const message = documentMessage({ documentId: 'example-1', to: ['H36.03'] })
    await call(`${hub.url}/v1/packages`, { key: keyOf('ubnd-tinh'), headers: XML, body: message })
    await eventually(async () => (await call(`${hub.url}/v1/packages?to=H36.03&state=available`, { key: keyOf('van-hanh') })).json['items'].length === 1)

    const first = await shell(run)
    const sent = async (): Promise<Array<{ id: string, envelope: { kind: string } }>> => (await call(`${hub.url}/v1/packages?from=H36.03`, { key: keyOf('so-tai-chinh') })).json['items'].filter(({ envelope }: { envelope: { kind: string } }) => envelope.kind !== 'status')
    const packages = await sent()
    t.same(packages.map(({ envelope: { kind } }) => kind).sort(), ['document', 'dossier'])
    for (const { id } of packages) t.match(first, id, 'the answer was read')
    const dossier = packages.find(({ envelope: { kind } }) => kind === 'dossier')
    t.same((await call(`${hub.url}/v1/packages/${dossier?.id}`, { key: keyOf('so-tai-chinh') })).json['attachments'].map(({ name }: { name: string }) => name), ['don-de-nghi.pdf', 'so-do.png'])
    t.match(first, '"recipients"', 'what became of it')
    const [deliveryId] = /(?<=^acknowledged )\S+/m.exec(first) ?? []
    const fetched = await readFile(join(cwd, `${deliveryId}.bin`))
    t.equal(sha256(fetched), sha256(message), 'the bytes that were sent')
    t.equal((await call(`${hub.url}/v1/packages?to=H36.03&state=delivered`, { key: keyOf('van-hanh') })).json['items'].length, 1, 'acknowledged')
    t.notOk((await readdir(cwd)).some(each => each.endsWith('.part')))

    await shell(run)
    t.equal((await sent()).length, 2, 'the second run sends the same again: nothing is there twice')

    const received = await eventually(() => province.receivers.get('so-tu-phap')?.received().find(({ body }) => body !== undefined))
    await writeFile(join(cwd, 'body'), received.body ?? '')
    await writeFile(join(cwd, 'other'), 'other')
    const secret = String(province.config.endpoints.find(({ id }) => id === 'so-tu-phap')?.settings['secret'])
    const header = (key: string): string => String(received.headers[key])
    const judged = async (timestamp: string, key: string, body: string): Promise<string> => (await shell(`${verify} '${header('webhook-id')}' '${timestamp}' '${header('webhook-signature')}' '${key}' ${body}`)).trim()
    t.equal(await judged(header('webhook-timestamp'), secret, 'body'), 'true')
    t.equal(await judged(header('webhook-timestamp'), secret, 'other'), 'false')
    t.equal(await judged(header('webhook-timestamp'), 'whsec_AAAA', 'body'), 'false')
    t.equal(await judged('1', secret, 'body'), 'false')
  })
}

function sha256 (bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
