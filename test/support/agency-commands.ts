// The commands of agencies as a program of their own: starts in a tenth of the time of the whole command line.
import { Command } from 'commander'
import { registerInbox } from '../../src/commands/inbox.js'
import { registerSend } from '../../src/commands/send.js'
import { registerStatus } from '../../src/commands/status.js'

const program = new Command('lienthong')
for (const register of [registerSend, registerInbox, registerStatus]) register(program)
await program.parseAsync()
