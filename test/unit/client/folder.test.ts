// An inbox as folders: a folder is whole or not there, whoever else fills the same place.
import { mkdir, readdir, readFile, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import type { Client, InboxItem } from '../../../src/client/index.js'
import { openFolder } from '../../../src/commands/folder.js'

const ID = '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e'
const ITEM = { deliveryId: ID, contentType: 'application/xml', attachments: [{ n: 1, name: 'a.pdf' }], package: { id: 'p', envelope: { kind: 'document' } } } as unknown as InboxItem
const client = { attachment: () => Readable.from(['%PDF']) } as unknown as Client
const content = (): Readable => Readable.from(['<a/>'])

t.test('of two runs that are given the same item one fills the folder, and neither spoils it', async t => {
  const root = t.testdir()
  const [slow, quick] = [await openFolder(client, root, { files: 'all', at: Date.now() }), await openFolder(client, root, { files: 'all', at: Date.now() })]
  let goOn = (): void => {}
  const meanwhile = new Promise<void>(resolve => { goOn = resolve })
  const late = slow.save(ITEM, (async function * () {
    yield Buffer.from('<a')
    await meanwhile
    yield Buffer.from('/>')
  })())
  t.equal(await quick.save(ITEM, content()), 'saved')
  goOn()
  t.equal(await late, 'known')
  t.same(await readdir(root), [ID])
  t.same((await readdir(join(root, ID))).sort(), ['content.xml', 'files', 'item.json'])
  t.equal(await readFile(join(root, ID, 'content.xml'), 'utf8'), '<a/>')
  t.equal(await readFile(join(root, ID, 'files', '1-a.pdf'), 'utf8'), '%PDF')
  t.equal(await quick.save(ITEM, content()), 'known')
})

t.test('what a run leaves in the middle is gone a day later, and what is none of that stays', async t => {
  const root = t.testdir({ 'keep.part': '' })
  const folder = await openFolder(client, root, { files: 'all', at: Date.now() })
  await t.rejects(folder.save(ITEM, (async function * () { throw new Error('cut off') })()), /cut off/)
  t.same(await readdir(root), ['keep.part'], 'a failure is cleaned up at once')
  const [old, fresh] = [join(root, `.${ID}.old.part`), join(root, `.${ID}.fresh.part`)]
  for (const each of [old, fresh]) await mkdir(each)
  await utimes(old, 0, 0)
  await utimes(join(root, 'keep.part'), 0, 0)
  await openFolder(client, root, { files: 'all', at: Date.now() })
  t.same((await readdir(root)).sort(), [`.${ID}.fresh.part`, 'keep.part'])
})
