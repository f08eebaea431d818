// Makes `lienthong/adapter` mean this hub for every adapter that it loads: a folder that lies anywhere needs no node_modules, and a
// package that brings a hub of its own still throws the HttpFailure that this one knows.
import module from 'node:module'

const LENT: Readonly<Record<string, string>> = {
  'lienthong/adapter': new URL('./index.js', import.meta.url).href,
  'lienthong/adapter/conformance': new URL('./conformance.js', import.meta.url).href
}

type Resolve = (specifier: string, context: unknown, next: (specifier: string, context: unknown) => unknown) => unknown

let isLent = false

/** Once for the process; from then on it holds for every import. */
export function lendModules (): void {
  if (isLent) return
  isLent = true
  // In the thread itself where Node.js can do that (22.15 and later); Node.js 20 asks a thread of its own.
  const { registerHooks } = module as { registerHooks?: (hooks: { resolve: Resolve }) => void }
  if (registerHooks === undefined) module.register(`data:text/javascript,${encodeURIComponent(HOOKS)}`)
  else registerHooks({ resolve: (specifier, context, next) => LENT[specifier] === undefined ? next(specifier, context) : { url: LENT[specifier], shortCircuit: true } })
}

const HOOKS = `const lent = ${JSON.stringify(LENT)}
export async function resolve (specifier, context, next) {
  return lent[specifier] === undefined ? await next(specifier, context) : { url: lent[specifier], shortCircuit: true }
}`
