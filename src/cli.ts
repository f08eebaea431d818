#!/usr/bin/env node
// The command line: parse, call, print. Every command's work is elsewhere, and loaded when it is asked for: the whole hub takes a second.
import { rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Command, Option } from 'commander'
import { hostNow } from './clock.js'
import { registerInbox } from './commands/inbox.js'
import { registerSend } from './commands/send.js'
import { registerStatus } from './commands/status.js'
import { printError } from './print.js'
import { createKey } from './security/credentials.js'

// Required, not imported: tsc would write an imported package.json to dist/, and adapters there could no longer resolve lienthong/adapter.
const manifest = createRequire(import.meta.url)('lienthong/package.json') as { version: string }

const program = new Command('lienthong')
  .description('Trục liên thông văn bản và hồ sơ của tỉnh · exchange hub for documents and dossiers')
  .version(manifest.version)
  .showHelpAfterError()

program.command('start')
  .description('runs the hub until SIGTERM or SIGINT')
  .option('-c, --config <file>', 'configuration file on top of config/default.json')
  .option('-r, --roles <roles>', 'what this process does: api, delivery, pollers; separated by commas')
  .action(async ({ config: configFile, roles }: { config?: string, roles?: string }) => {
    const { runHub } = await import('./main.js')
    process.exitCode = await runHub({ ...(configFile === undefined ? {} : { configFile }), ...(roles === undefined ? {} : { roles: roles.split(',') }) })
  })

program.command('demo')
  .description('starts the hub with the sample province and fake agency systems, and sends real packages across all axes')
  .option('-c, --config <file>', 'store and broker to use instead of the embedded ones')
  .option('--exit', 'stop by itself; exit code 0 only when every delivery and every refusal was right')
  .option('--json', 'print one JSON object on the last line')
  .action(async (options: { config?: string, exit?: true, json?: true }) => {
    const { runDemo } = await import('./demo/index.js')
    process.exitCode = await runDemo({
      ...(options.config === undefined ? {} : { configFile: options.config }),
      until: options.exit === true ? 'settled' : 'stopped',
      output: options.json === true ? 'json' : 'table'
    })
  })

const config = program.command('config').description('looks at the configuration')
config.command('check [file]')
  .description('reads a configuration and reports every fault')
  .action(async (file?: string) => {
    await printing(async () => {
      const { loadConfig } = await import('./config.js')
      const { openMappings } = await import('./mapping/index.js')
      const { checkConfig } = await import('./resources.js')
      const given = await loadConfig({ file })
      const warnings = await checkConfig(given)
      await (await openMappings(given.mappings)).close()
      for (const { pointer, detail } of warnings) process.stderr.write(`${pointer}: ${detail.vi} · ${detail.en}\n`)
      process.stdout.write('OK\n')
    })
  })
config.command('print [file]')
  .description('prints the effective configuration, secrets masked')
  .action(async (file?: string) => {
    await printing(async () => {
      const { loadConfig, maskedConfig } = await import('./config.js')
      const { settingsSchemas } = await import('./resources.js')
      const effective = await loadConfig({ file })
      process.stdout.write(`${JSON.stringify(maskedConfig(effective, await settingsSchemas(effective)), null, 2)}\n`)
    })
  })

program.command('decode <file>')
  .description('reads a message or dossier and prints what the hub makes of it as JSON; exit code 1 with faults')
  .option('--inbound', 'judge it as coming from an axis, not from a connected system')
  .action(async (file: string, options: { inbound?: true }) => {
    await printing(async () => {
      const { decodeFile } = await import('./decode-file.js')
      const { exitCode, printed } = await decodeFile(file, { at: hostNow(), direction: options.inbound === true ? 'inbound' : 'outbound' })
      process.stdout.write(`${JSON.stringify(printed, null, 2)}\n`)
      process.exitCode = exitCode
    })
  })

program.command('encode <file>')
  .description('writes the message of a package in canonical JSON, as decode prints it')
  .addOption(new Option('--format <format>', 'what to write').choices(['edxml', 'json']).default('edxml'))
  .addOption(new Option('--codes <order>', 'order of agency codes, by --directory').choices(['as-written', 'qd20', 'qcvn102']).default('as-written'))
  .addOption(new Option('--zip <how>', 'how files are packed').choices(['vendor', 'raw']).default('vendor'))
  .option('--directory <file...>', 'files of the agency directory')
  .action(async (path: string, options: { format: 'edxml' | 'json', codes: 'as-written' | 'qd20' | 'qcvn102', zip: 'vendor' | 'raw', directory?: string[] }) => {
    await printing(async () => {
      const { encodeFile } = await import('./encode-file.js')
      const { message, notes } = await encodeFile(path, { ...options, directoryFiles: options.directory ?? [], at: hostNow() })
      for await (const chunk of message) process.stdout.write(chunk)
      for (const note of notes) process.stderr.write(`${note}\n`)
    })
  })

program.command('transform <file>')
  .description('tries a mapping on a file and prints the result')
  .requiredOption('-m, --mapping <mapping>', 'name of a mapping of the configuration, or the file of one')
  .option('-c, --config <file>', 'configuration file that names the mapping')
  .action(async (path: string, options: { mapping: string, config?: string }) => {
    await printing(async () => {
      const { loadConfig } = await import('./config.js')
      const { transformFile } = await import('./encode-file.js')
      process.stdout.write(`${await transformFile(path, options.mapping, await loadConfig({ file: options.config }))}\n`)
    })
  })

const adapter = program.command('adapter').description('makes and examines adapters')
adapter.command('new <name>')
  .description('makes the folder of a new adapter, which passes its checks at once')
  .option('--dir <folder>', 'where the folder is made', '.')
  .option('--directions <directions>', 'outbound, inbound or both', 'outbound,inbound')
  .action(async (name: string, { dir, directions }: { dir: string, directions: string }) => {
    await printing(async () => {
      const { createAdapter } = await import('./commands/adapter-new.js')
      const folder = await createAdapter({ name, directory: dir, directions })
      process.stdout.write(`Đã tạo · made: ${folder}\nnpx lienthong adapter check ${folder}\n`)
    })
  })
adapter.command('check <adapter>')
  .description('examines an adapter (a folder, a module or an npm package); exit code 1 when it breaks a promise of the contract')
  .option('--json <file>', 'where the report is written')
  .option('--sign <key>', 'private key (key new-signing); the signature is written beside the report')
  .action(async (target: string, options: { json?: string, sign?: string }) => {
    await printing(async () => {
      const { checkAdapterAt } = await import('./commands/adapter-check.js')
      const print = (lines: string): void => { process.stdout.write(lines) }
      // An adapter that leaves something open must not keep the command from ending.
      process.exit(await checkAdapterAt(target, { ...options, hub: manifest.version, now: hostNow, print }) ? 0 : 1)
    })
  })
adapter.command('verify <report> [adapter]')
  .description('tells what a signed report (REPORT, REPORT.sig) says, and whether it speaks of this adapter as it is now; exit code 1 unless the signature is the key\'s and every promise is kept')
  .requiredOption('--key <file>', 'public key')
  .action(async (report: string, target: string | undefined, { key }: { key: string }) => {
    await printing(async () => {
      const { verifyCheck } = await import('./commands/adapter-check.js')
      process.exitCode = await verifyCheck(report, { key, target, print: lines => { process.stdout.write(lines) } }) ? 0 : 1
    })
  })

program.command('directory')
  .description('looks at agency directories')
  .command('pull')
  .description('reads the agency directory that the system behind an endpoint keeps, and compares it with the hub\'s own')
  .requiredOption('-e, --endpoint <id>', 'endpoint of the configuration')
  .option('-c, --config <file>', 'configuration file on top of config/default.json')
  .option('-o, --out <file>', 'directory file to write; standard output otherwise')
  .action(async (options: { endpoint: string, config?: string, out?: string }) => {
    await printing(async () => {
      const { loadConfig } = await import('./config.js')
      const { describeChanges, pullDirectory } = await import('./pull-directory.js')
      const { file, changes, notes } = await pullDirectory(options.endpoint, { config: await loadConfig({ file: options.config }), at: hostNow() })
      const json = `${JSON.stringify(file, null, 2)}\n`
      const said = [...describeChanges(changes), ...notes, `${file.agencies.length} agencies`].map(line => `${line}\n`).join('')
      if (options.out === undefined) {
        process.stdout.write(json)
        process.stderr.write(said)
        return
      }
      await writeFile(`${options.out}.tmp`, json)
      await rename(`${options.out}.tmp`, options.out)
      process.stdout.write(said)
    })
  })

program.command('simulate <name>')
  .description('starts the simulated counterpart of an adapter, until SIGTERM or SIGINT')
  .option('-p, --port <port>', 'port to listen on; 0 takes a free one', '0')
  .option('--host <host>', 'address to listen on', '127.0.0.1')
  .option('--fault <fault...>', 'accidents from the start: NAME or NAME=VALUE')
  .action(async (name: string, options: { port: string, host: string, fault?: string[] }) => {
    await printing(async () => {
      const { openSimulator } = await import('./simulate.js')
      const simulator = await openSimulator(name, { port: Number(options.port), host: options.host, faults: options.fault ?? [] })
      process.stdout.write(simulator.describe().map(line => `${line}\n`).join(''))
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => { void simulator.stop() })
    })
  })

const key = program.command('key').description('makes keys')
key.command('new-signing <file>')
  .description('writes a new Ed25519 key for signing reports to the file, and its public half to FILE.pub')
  .action(async (file: string) => {
    await printing(async () => {
      const { writeSigningKey } = await import('./commands/sign-report.js')
      await writeSigningKey(file)
    })
  })
key.command('new <client>')
  .description('prints a new key and the hash that goes into the configuration')
  .action((client: string) => {
    const { key, keySha256 } = createKey(client)
    process.stdout.write(`key:       ${key}\nkeySha256: ${keySha256}\n`)
  })

registerSend(program)
registerInbox(program, hostNow)
registerStatus(program)

await program.parseAsync()

async function printing (work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    printError(error)
    process.exitCode = 2
  }
}
