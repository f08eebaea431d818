// The commands of agencies as a program of their own: starts in a tenth of the time of the whole command line.
import { Command } from 'commander'
import { hostNow } from '../../src/clock.js'
import { registerInbox } from '../../src/commands/inbox.js'
import { registerSend } from '../../src/commands/send.js'
import { registerStatus } from '../../src/commands/status.js'

const program = new Command('lienthong')
registerSend(program)
registerInbox(program, hostNow)
registerStatus(program)
await program.parseAsync()
