// One process per data directory, whatever happened to the one before.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test, type Test } from 'tap'
import { lockDirectory } from '../../../src/store/directory-lock.js'
import { openPgliteStore } from '../../../src/store/pglite.js'
import { makePackage } from '../../support/packages.js'
import { pgliteTemplate } from '../../support/stores.js'

/** Starts a process that takes the directory; answers its first word. */
async function hold (t: Test, directory: string): Promise<{ child: ChildProcess, word: string }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('hold-directory.js', import.meta.url)), directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => { child.kill('SIGKILL') })
  const [chunk] = await once(child.stdout as NonNullable<typeof child.stdout>, 'data') as [Buffer]
  return { child, word: chunk.toString().trim() }
}

async function kill (child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

for (const [kind, under] of [['a short path', 'data'], ['a path longer than a socket address', 'd'.repeat(120)]] as const) {
  test(`with ${kind}`, async t => {
    const directory = join(t.testdir(), under)

    await t.test('a directory in use is refused, by name, within a process and between processes', async t => {
      const lock = await lockDirectory(directory)
      await t.rejects(lockDirectory(directory), { code: 'DATA_DIRECTORY_LOCKED', detail: { en: new RegExp(under) } })
      t.equal((await hold(t, directory)).word, 'DATA_DIRECTORY_LOCKED')
      await lock.release()
      await lock.release()
    })

    await t.test('a directory is free the moment its process is killed', async t => {
      const { child, word } = await hold(t, directory)
      t.equal(word, 'held')
      await t.rejects(lockDirectory(directory), { code: 'DATA_DIRECTORY_LOCKED' })
      await kill(child)
      const lock = await lockDirectory(directory)
      await t.rejects(lockDirectory(directory), { code: 'DATA_DIRECTORY_LOCKED' })
      await lock.release()
    })

    await t.test('of starters at the same moment after a crash one gets the directory', async t => {
      for (let round = 0; round < 3; round++) {
        await kill((await hold(t, directory)).child)
        const results = await Promise.allSettled(Array.from({ length: 8 }, async () => await lockDirectory(directory)))
        const locks = results.flatMap(result => result.status === 'fulfilled' ? [result.value] : [])
        t.equal(locks.length, 1)
        await Promise.all(locks.map(async lock => { await lock.release() }))
      }
    })

    await t.test('nothing is left behind', async t => { t.same(readdirSync(directory), []) })
  })
}

test('an embedded store keeps what it accepted, and its directory to itself', async t => {
  const dataDirectory = t.testdir()
  mkdirSync(dataDirectory, { recursive: true })
  const store = await openPgliteStore({ dataDirectory, template: await pgliteTemplate() })
  const entry = makePackage()
  await store.accept([entry])
  await t.rejects(openPgliteStore({ dataDirectory }), { code: 'DATA_DIRECTORY_LOCKED' })
  await store.close()
  const again = await openPgliteStore({ dataDirectory })
  t.equal((await again.findPackage(entry.id, 'all'))?.id, entry.id)
  await again.close()
  await again.close()
})
