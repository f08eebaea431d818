// The process: load the configuration, start the hub, stop gracefully. Exit codes: 0 stopped on request, 1 defect,
// 2 configuration not valid, 3 surroundings (port in use, data directory locked, store cannot be opened).
import { embeddedDefaults } from './config-rules.js'
import { loadConfig } from './config.js'
import { HubError } from './errors.js'
import { startHub } from './hub.js'
import { createLog, type Logger } from './log.js'
import { printError } from './print.js'
import { watchProcess } from './watch-process.js'

/** Runs a hub until SIGTERM or SIGINT. Resolves with the exit code. */
export async function runHub (options: { configFile?: string, roles?: readonly string[] }): Promise<number> {
  let log: Logger | undefined
  const starting = new AbortController()
  const stopped = nextSignal().then(signal => { starting.abort(); return signal })
  try {
    const config = await loadConfig({ file: options.configFile, over: options.roles === undefined ? {} : { roles: options.roles } })
    log = createLog(config.log)
    watchProcess(log)
    for (const { name, pointer, detail } of embeddedDefaults(config)) log.warn({ default: name, pointer, detail: detail.en }, 'default.used')
    const hub = await startHub({ config, log, signal: starting.signal })
    log.info({ signal: await stopped }, 'hub.stopping')
    await hub.stop()
    log.info({}, 'hub.stopped')
    return 0
  } catch (error) {
    // Asked to stop while waiting for the store: that is no failure.
    if (starting.signal.aborted) return 0
    printError(error)
    return exitCodeOf(error)
  }
}

function exitCodeOf (error: unknown): number {
  if (error instanceof HubError) return error.code === 'CONFIG_INVALID' ? 2 : 3
  return ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOSPC', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '') ? 3 : 1
}

async function nextSignal (): Promise<NodeJS.Signals> {
  return await new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve)
  })
}
