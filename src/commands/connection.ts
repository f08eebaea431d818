// How the commands of an agency reach the hub: the same options for each.
import type { Command } from 'commander'
import { createClient, type Client } from '../client/index.js'
import { loadConnection, type ConnectionOptions } from '../config.js'

/** Adds the options. */
export function withConnection (command: Command): Command {
  return command
    .option('--url <url>', 'address of the hub; default LIENTHONG_URL')
    .option('--key-file <file>', 'file that holds the API key; default LIENTHONG_KEY_FILE')
    .option('--key <key>', 'the API key itself; default LIENTHONG_KEY. Others on this machine can see it in the list of processes')
}

export async function connect (options: ConnectionOptions): Promise<Client> {
  return createClient(await loadConnection(options))
}
