#!/usr/bin/env node
// The command line: parse, call, print. Every command's work is elsewhere.
import { createRequire } from 'node:module'
import { Command, Option } from 'commander'
import { loadConfig, maskedConfig } from './config.js'
import { hostNow } from './clock.js'
import { decodeFile } from './decode-file.js'
import { encodeFile, transformFile } from './encode-file.js'
import { openMappings } from './mapping/index.js'
import { runDemo } from './demo/index.js'
import { runHub } from './main.js'
import { printError } from './print.js'
import { checkConfig, settingsSchemas } from './resources.js'
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
  .action(async (options: { config?: string }) => {
    process.exitCode = await runHub(options.config === undefined ? {} : { configFile: options.config })
  })

program.command('demo')
  .description('starts the hub with the sample province and fake agency systems, and sends real packages across all axes')
  .option('-c, --config <file>', 'store and broker to use instead of the embedded ones')
  .option('--exit', 'stop by itself; exit code 0 only when every delivery and every refusal was right')
  .option('--json', 'print one JSON object on the last line')
  .action(async (options: { config?: string, exit?: true, json?: true }) => {
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
      const given = await loadConfig({ file })
      await checkConfig(given)
      await (await openMappings(given.mappings)).close()
      process.stdout.write('OK\n')
    })
  })
config.command('print [file]')
  .description('prints the effective configuration, secrets masked')
  .action(async (file?: string) => {
    await printing(async () => {
      const effective = await loadConfig({ file })
      process.stdout.write(`${JSON.stringify(maskedConfig(effective, await settingsSchemas(effective)), null, 2)}\n`)
    })
  })

program.command('decode <file>')
  .description('reads a message or dossier and prints what the hub makes of it; exit code 1 with faults')
  .option('--inbound', 'judge it as coming from an axis, not from a connected system')
  .action(async (file: string, options: { inbound?: true }) => {
    await printing(async () => {
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
    await printing(async () => { process.stdout.write(`${await transformFile(path, options.mapping, await loadConfig({ file: options.config }))}\n`) })
  })

program.command('key')
  .description('makes API keys')
  .command('new <client>')
  .description('prints a new key and the hash that goes into the configuration')
  .action((client: string) => {
    const { key, keySha256 } = createKey(client)
    process.stdout.write(`key:       ${key}\nkeySha256: ${keySha256}\n`)
  })

await program.parseAsync()

async function printing (work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    printError(error)
    process.exitCode = 2
  }
}
