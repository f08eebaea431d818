// The keys the hub signs with: a wrong one is told at start, a right one makes the same signature every time.
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { HubError } from '../../../src/errors.js'
import { bufferSource } from '../../../src/security/byte-source.js'
import { createEnvelopeSigning } from '../../../src/security/signing.js'
import { makePki, NOW } from '../../support/pki.js'

const pki = makePki(t.testdir())
const key = pki.agency.key.export({ type: 'pkcs8', format: 'pem' }).toString()
const certificate = pki.agency.pem + pki.issuer.pem
const message = Buffer.from('<edXML><edXMLEnvelope><edXMLHeader></edXMLHeader></edXMLEnvelope></edXML>')

function faultsOf (...configs: Array<{ key: string, certificate: string }>): string[] {
  try {
    createEnvelopeSigning(configs.map((config, index) => ({ name: `k${index}`, ...config })), () => NOW)
    return []
  } catch (error) {
    return error instanceof HubError && error.code === 'CONFIG_INVALID' ? error.errors.map(({ pointer }) => pointer) : ['another error']
  }
}

t.test('a key that is none, a certificate that is none, and two that do not belong together are all told at once', async t => {
  const { privateKey: elliptic } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  t.same(faultsOf({ key, certificate }), [])
  t.same(faultsOf({ key: 'x', certificate }, { key, certificate: 'y' }, { key, certificate: pki.person.pem }, { key: elliptic.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate: '' }),
    ['/signatures/signing/0/key', '/signatures/signing/1/certificate', '/signatures/signing/2/certificate', '/signatures/signing/3/key', '/signatures/signing/3/certificate'])
  t.same(faultsOf({ key, certificate: pki.issuer.pem + pki.agency.pem }), ['/signatures/signing/0/certificate'], 'the certificate of the key comes first')
})

t.test('the same message gets the same signature; a message without a header, or signed already, is told', async t => {
  const signing = createEnvelopeSigning([{ name: 'truc', key, certificate }], () => NOW)
  const first = await signing.sign('truc', bufferSource(message))
  t.same(await signing.sign('truc', bufferSource(message)), first)
  const signed = Buffer.concat([message.subarray(0, first.insertAt), Buffer.from(first.xml), message.subarray(first.insertAt)])
  await t.rejects(signing.sign('truc', bufferSource(signed)), { code: 'TRANSFORM_FAILED' })
  await t.rejects(signing.sign('truc', bufferSource(Buffer.from('<edXML/>'))), { code: 'TRANSFORM_FAILED' })
  await t.rejects(signing.sign('khac', bufferSource(message)), { code: 'CONFIG_INVALID' })
})
