import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { rotateKeys } from '../src/identity/tokens/server-keys.js'
import { foreignHash } from '../src/identity/users/foreign-hash.js'
import { sealImportedHash } from '../src/identity/users/imported-hash.js'
import { hashPassword } from '../src/identity/users/password.js'
import { User } from '../src/identity/users/user.js'
import { settings } from '../src/platform/config.js'
import { write } from '../src/platform/database/write-queue.js'
import { loadKeys, recordFirstKey } from '../src/platform/keys.js'
import { command } from './command.js'
import { holdHashes, waitingHashes } from './hash-slots.js'
import { makeImported, takeImported, takeNoImported } from './imported.js'
import { accountOf, clientWithValue, makeUser, PASSWORD, raw, superuserClient, TESTER } from './support.js'

interface Vector {
  note: string
  password: string
  hash: string
}

/** Made by the hashers of Django 3.2, and scrypt by Python's hashlib. */
const VECTORS = JSON.parse(readFileSync('test/fixtures/foreign-hashes.json', 'utf8')) as Vector[]

/** Its cost is a millisecond. */
const SHA256 = VECTORS[0]!

/** A tenth of a second, twenty times what a hash of ours costs in tests. */
const DEAR = `pbkdf2_sha256$600000$abc$${'A'.repeat(43)}=`

const NEW = 'coffee-4-two'

let host = 0

/** Each from an address of its own: failures of an address are counted for a day. */
function signIn(username: string, password: string, path = '/gettoken/') {
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const body = JSON.stringify({ username, password })
  return raw('POST', path, { headers, body, from: `127.0.6.${++host}` })
}

async function statusOf(username: string, password: string) {
  return (await signIn(username, password)).status
}

describe('an imported password', () => {
  before(takeImported)
  after(takeNoImported)

  for (const { note, password, hash } of VECTORS)
    it(`signs in: ${note}`, async () => {
      await makeImported(hash, { username: 'ravi' })
      expect(await statusOf('ravi', password)).to.equal(200)
    })

  for (const { note, password, hash } of VECTORS)
    it(`is not taken for another one: ${note}`, async () => {
      await makeImported(hash, { username: 'ravi' })
      expect(await statusOf('ravi', `x${password}`)).to.equal(400)
    })

  it('is made one of ours by the first sign-in', async () => {
    const user = await makeImported(SHA256.hash, { username: 'ravi' })
    await signIn('ravi', SHA256.password)
    const { passwordHash, importedHash, importedKey } = await user.reload()
    expect(passwordHash).to.match(/^\$2b\$/)
    expect([importedHash, importedKey]).to.deep.equal([null, null])
  })

  it('counts in any normal form from then on', async () => {
    const { hash, password } = VECTORS.find(({ note }) => note.includes('NFD'))!
    await makeImported(hash, { username: 'ravi' })
    const statuses = []
    for (const form of ['NFC', 'NFD', 'NFC'] as const) statuses.push(await statusOf('ravi', password.normalize(form)))
    expect(statuses).to.deep.equal([400, 200, 200])
  })

  it('stays when it was a wrong one', async () => {
    const user = await makeImported(SHA256.hash, { username: 'ravi' })
    await signIn('ravi', 'wrong')
    expect((await user.reload()).passwordHash).to.equal(null)
    expect(await statusOf('ravi', SHA256.password)).to.equal(200)
  })

  it('signs nobody in who is inactive', async () => {
    await makeImported(SHA256.hash, { username: 'ravi', isActive: false })
    expect(await statusOf('ravi', SHA256.password)).to.equal(400)
  })

  it('signs in nobody else, whatever its time is borrowed for', async () => {
    await makeImported(SHA256.hash, { username: 'ravi' })
    await makeUser({ username: 'sita' })
    await makeUser({ username: 'gone', isActive: false })
    const statuses = []
    for (const name of ['sita', 'gone', 'nobody']) statuses.push(await statusOf(name, SHA256.password))
    expect(statuses).to.deep.equal([400, 400, 400])
  })

  it('opens the admin site', async () => {
    await makeImported(SHA256.hash, { username: 'ravi', isStaff: true })
    expect((await signIn('ravi', SHA256.password, '/api/sessions/current')).status).to.equal(200)
  })

  it('is the current one where a new one is set, and ends with it', async () => {
    const user = await makeImported(SHA256.hash, { username: 'ravi' })
    const client = clientWithValue(await accountOf(user))
    const set = (current_password: string) =>
      client.put(`/api/users/${user.id}/password`).send({ password: NEW, current_password })
    expect((await set('wrong')).status).to.equal(400)
    expect((await set(SHA256.password)).status).to.equal(204)
    expect(await statusOf('ravi', SHA256.password)).to.equal(400)
    expect(await statusOf('ravi', NEW)).to.equal(200)
  })

  it('ends where a superuser sets one', async () => {
    const { id } = await makeImported(SHA256.hash, { username: 'ravi' })
    const root = await superuserClient()
    expect((await root.put(`/api/users/${id}/password`).send({ password: NEW })).status).to.equal(204)
    expect(await statusOf('ravi', SHA256.password)).to.equal(400)
  })

  it('ends where an operator sets one', async () => {
    await makeImported(SHA256.hash, { username: 'ravi' })
    expect((await command('user password ravi', `${NEW}\n`)).code).to.equal(0)
    expect(await statusOf('ravi', SHA256.password)).to.equal(400)
  })

  it('does not come back when a new one is set during a sign-in', async () => {
    const user = await makeImported(SHA256.hash, { username: 'ravi' })
    const set = await hashPassword(NEW, 'test')
    const release = holdHashes()
    const signingIn = statusOf('ravi', SHA256.password)
    await waitingHashes(1)
    await write((transaction) => user.update(set, { transaction }))
    release()
    expect(await signingIn).to.equal(400)
    expect(await statusOf('ravi', NEW)).to.equal(200)
  })

  it('does not come back when the next import brings another one during a sign-in', async () => {
    const user = await makeImported(SHA256.hash, { username: 'ravi' })
    const release = holdHashes()
    const signingIn = statusOf('ravi', SHA256.password)
    await waitingHashes(1)
    const changed = sealImportedHash(DEAR, user.id)
    await write((transaction) => user.update(changed, { transaction }))
    release()
    expect(await signingIn).to.equal(400)
    expect((await user.reload()).passwordHash).to.equal(null)
  })

  it('lets two right sign-ins at the same moment in', async () => {
    await makeImported(SHA256.hash, { username: 'ravi' })
    const release = holdHashes()
    const both = [1, 2].map(() => statusOf('ravi', SHA256.password))
    await waitingHashes(2)
    release()
    expect(await Promise.all(both)).to.deep.equal([200, 200])
  })

  it('signs in while it is sealed anew', async () => {
    const user = await makeImported(SHA256.hash, { username: 'ravi' })
    const release = holdHashes()
    const signingIn = statusOf('ravi', SHA256.password)
    await waitingHashes(1)
    const anew = sealImportedHash(SHA256.hash, user.id)
    await write((transaction) => user.update(anew, { transaction }))
    release()
    expect(await signingIn).to.equal(200)
  })

  it('of another user’s row is 503, not a wrong password', async () => {
    const { importedHash, importedKey } = await makeImported(SHA256.hash)
    const user = await makeImported(SHA256.hash, { username: 'ravi' })
    await write((transaction) => user.update({ importedHash, importedKey }, { transaction }))
    expect(await statusOf('ravi', SHA256.password)).to.equal(503)
  })

  it('is not shown by the API', async () => {
    const { id, importedHash } = await makeImported(SHA256.hash)
    const root = await superuserClient()
    for (const path of [`/api/users/${id}`, '/api/users']) {
      const { text } = await root.get(path).expect(200)
      expect(text).not.to.contain(importedHash)
      expect(text).not.to.match(/hash|imported/)
    }
  })

  it('is not to be read in the database', async () => {
    const user = await makeImported(SHA256.hash)
    const row = JSON.stringify(await User.findByPk(user.id, { raw: true }))
    for (const part of SHA256.hash.split('$')) if (part.length > 4) expect(row).not.to.contain(part)
  })

  it('is sealed anew under a new first key, and needs the old one no more', async () => {
    const { secretKeys, database } = settings()
    const use = async (...keys: Buffer[]) => {
      await loadKeys({ secretKeys: keys, database }, { mayCreateFile: false })
      await recordFirstKey()
    }
    const fresh = randomBytes(32)
    const user = await makeImported(SHA256.hash, { username: 'ravi' })
    try {
      await use(fresh, ...secretKeys)
      expect((await rotateKeys(TESTER)).passwords).to.equal(1)
      await use(fresh)
      expect(await statusOf('ravi', SHA256.password)).to.equal(200)
    } finally {
      await use(...secretKeys, fresh)
      await write((transaction) => user.destroy({ transaction }))
      await rotateKeys(TESTER)
      await use(...secretKeys)
    }
  })

  it('is counted as a use of its server key', async () => {
    await makeImported(SHA256.hash)
    const [row] = JSON.parse((await command('keys status --json')).stdout)
    expect(row).to.include({ password_hashes: 0, imported_passwords: 1 })
  })
})

describe('a wrong password', () => {
  /** Milliseconds of work, the least of a few: what runs beside it takes none of them away. */
  async function cost(username: string, password = 'wrong') {
    const costs = []
    for (let round = 0; round < 2; round++) {
      const before = process.cpuUsage()
      expect(await statusOf(username, password)).to.equal(400)
      const { user, system } = process.cpuUsage(before)
      costs.push((user + system) / 1000)
    }
    return Math.min(...costs)
  }

  before(takeImported)
  after(takeNoImported)

  beforeEach(async () => {
    await makeImported(DEAR, { username: 'imported' })
  })

  const others: Record<string, (username: string) => Promise<unknown>> = {
    nobody: async () => undefined,
    'who has a password of ours': (username) => makeUser({ username }),
    'who has none': async (username) => {
      const user = await makeUser({ username })
      await write((transaction) => user.update({ passwordHash: null, passwordKey: null }, { transaction }))
    },
    'who is inactive': (username) => makeUser({ username, isActive: false }),
    'who is inactive and was imported': (username) => makeImported(DEAR, { username, isActive: false }),
  }
  for (const [who, make] of Object.entries(others))
    it(`costs for ${who} what it costs for who was imported`, async () => {
      await make('other')
      expect((await cost('other')) / (await cost('imported'))).to.be.within(0.5, 2)
    })

  it('costs what a right one of an inactive user costs', async () => {
    await makeUser({ username: 'other', isActive: false })
    expect((await cost('other', PASSWORD)) / (await cost('other'))).to.be.within(0.5, 2)
  })

  it('costs no more than before where nobody is left whose password was imported', async () => {
    const dear = await cost('nobody')
    const none = { importedHash: null, importedKey: null }
    await write((transaction) => User.update(none, { where: { username: 'imported' }, transaction }))
    expect(await cost('nobody')).to.be.below(dear / 2)
  })
})

describe('a hash of another system', () => {
  const reasonOf = (text: string) => {
    const found = foreignHash(text)
    return 'reason' in found ? found.reason : `can be checked: ${found.algorithm}`
  }
  const [pbkdf2, md5, argon2, scrypt, bcrypt] = ['pbkdf2_sha256', 'md5', 'argon2id', 'scrypt', 'bcrypt $2b$'].map(
    (wanted) => VECTORS.find(({ note }) => note === wanted)!.hash,
  ) as [string, string, string, string, string]
  const bare = VECTORS.find(({ note }) => note === 'unsalted_md5')!.hash

  const refused: [what: string, text: string, reason: string][] = [
    ['none', '', 'no usable password'],
    ['an exclamation mark', '!', 'no usable password'],
    ['an exclamation mark and more', `!${'x'.repeat(40)}`, 'no usable password'],
    ['crypt', 'crypt$$abr5TrDTbcrUY', 'crypt, which Node.js does not have'],
    ['an algorithm of the project’s own', 'sha512_custom$1000$salt$hash', 'an unknown algorithm'],
    ['a name that every object has', 'constructor$1000$salt$hash', 'an unknown algorithm'],
    ['a password in the clear', 'hunter2', 'an unknown algorithm'],
    ['a password in the clear with a sign in it', 'hunt$r2', 'an unknown algorithm'],
    ['more than any hash', `pbkdf2_sha256$1$${'s'.repeat(600)}$x`, 'malformed'],
    ['SHA-1 by itself, which Django never took', 'a'.repeat(40), 'an unknown algorithm'],
    ['MD5 in capitals, which Django never took', bare.toUpperCase(), 'an unknown algorithm'],
    ['MD5 behind the name of its hasher', `unsalted_md5$$${bare}`, 'an unknown algorithm'],
    ['md5 that was cut', md5.slice(0, -1), 'malformed md5'],
    ['sha1 without a salt that was cut', `sha1$$${'a'.repeat(39)}`, 'malformed unsalted_sha1'],
    ['pbkdf2 that was cut', pbkdf2.slice(0, -4), 'malformed pbkdf2_sha256'],
    ['pbkdf2 without its padding', pbkdf2.replace('=', ''), 'malformed pbkdf2_sha256'],
    [
      'pbkdf2 without a salt',
      'pbkdf2_sha256$1000$$JGhO8vwgShxC60v7Oz4V4iRW0W9s680wrbHTFvbsSXM=',
      'malformed pbkdf2_sha256',
    ],
    ['pbkdf2 and a line end', `${pbkdf2}\n`, 'malformed pbkdf2_sha256'],
    ['pbkdf2 of iterations with a zero in front', pbkdf2.replace('$1', '$01'), 'malformed pbkdf2_sha256'],
    ['pbkdf2 of ten million iterations', pbkdf2.replace('$1000$', '$10000000$'), 'too costly pbkdf2_sha256'],
    ['scrypt of no power of two', scrypt.replace('$1024$', '$1000$'), 'malformed scrypt'],
    ['scrypt over a gigabyte', scrypt.replace('$1024$', '$1048576$'), 'too costly scrypt'],
    ['scrypt in ever so many lanes', scrypt.replace('$8$1$', '$8$999999$'), 'too costly scrypt'],
    ['bcrypt of cost 31', bcrypt.replace('$04$', '$31$'), 'too costly bcrypt'],
    ['bcrypt of cost 3', bcrypt.replace('$04$', '$03$'), 'malformed bcrypt'],
    ['bcrypt that was cut', bcrypt.slice(0, -1), 'malformed bcrypt'],
    ['argon2 over four gigabytes', argon2.replace('m=512', 'm=4194304'), 'too costly argon2'],
    ['argon2 of a million passes', argon2.replace('t=2', 't=1000000'), 'too costly argon2'],
    ['argon2 of less memory than lanes', argon2.replace('m=512', 'm=8'), 'malformed argon2'],
    ['argon2 of a version that is none', argon2.replace('v=19', 'v=18'), 'malformed argon2'],
    ['argon2 without its hash', argon2.slice(0, argon2.lastIndexOf('$')), 'malformed argon2'],
  ]
  for (const [what, text, reason] of refused)
    it(`is not taken, and its reason has nothing of it: ${what}`, () => {
      expect(reasonOf(text)).to.equal(reason)
    })
})
