// API keys open the hub only for the client they were made for, and the hub cannot tell anybody what they were.
import t from 'tap'
import { HubError } from '../../src/errors.js'
import { createAuthenticator, createKey, withMainCodes } from '../../src/security/credentials.js'

const first = createKey('so-tu-phap')
const second = createKey('van-hanh')
const authenticator = createAuthenticator([
  { id: 'so-tu-phap', keySha256: first.keySha256, agencies: ['H36.11'], role: 'agency' },
  { id: 'van-hanh', keySha256: second.keySha256, agencies: [], role: 'operator' }
])

t.test('a key has the form lt_<client>_<43 characters> and is kept as SHA-256 only', async t => {
  t.match(first.key, /^lt_so-tu-phap_[A-Za-z0-9_-]{43}$/)
  t.match(first.keySha256, /^[0-9a-f]{64}$/)
  t.not(createKey('so-tu-phap').key, first.key)
})

t.test('a valid key tells who calls and for whom', async t => {
  t.same(authenticator.authenticate(`Bearer ${first.key}`), { id: 'client:so-tu-phap', agencies: ['H36.11'], role: 'agency' })
  t.same(authenticator.authenticate(`bearer  ${second.key} `)?.role, 'operator')
  t.same(authenticator.authenticate(second.key)?.id, 'client:van-hanh', 'also as a bare key')
})

t.test('everything else is nobody', async t => {
  const refused = {
    absent: undefined,
    empty: '',
    'no key': 'Bearer ',
    'Basic credentials': 'Basic c28tdHUtcGhhcDp4',
    'a key of an unknown client': `Bearer ${createKey('nguoi-la').key}`,
    'another key of a known client': `Bearer ${createKey('so-tu-phap').key}`,
    'the key of one under the name of another': `Bearer ${first.key.replace('so-tu-phap', 'van-hanh')}`,
    'the hash in place of the key': `Bearer ${first.keySha256}`,
    'a shortened key': `Bearer ${first.key.slice(0, -1)}`,
    'a lengthened key': `Bearer ${first.key}A`
  }
  for (const [name, header] of Object.entries(refused)) t.equal(authenticator.authenticate(header), undefined, name)
})

t.test('clients speak for agencies, whatever code the configuration wrote; unknown codes are all reported', async t => {
  const directory = { find: (code: string) => code.endsWith('H36') ? { code: 'H36', name: 'UBND tỉnh Lâm Đồng', level: 'tinh' as const } : undefined }
  t.same(withMainCodes([{ id: 'a', agencies: ['000.00.00.H36', 'H36'] }], directory, 0), [{ id: 'a', agencies: ['H36'] }])
  try {
    withMainCodes([{ agencies: ['X1'] }, { agencies: ['H36', 'X2'] }], directory, 0)
    t.fail('must throw')
  } catch (error) {
    t.ok(error instanceof HubError && error.code === 'CONFIG_INVALID')
    t.same((error as HubError).errors.map(({ pointer }) => pointer), ['/clients/0/agencies/0', '/clients/1/agencies/1'])
  }
})
