import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ConfigError, loadConfig } from '../src/platform/config.js'
import { FIRST, latchkey, refusedStart, ServerProcess, unprivileged } from './process.js'

const KEY = randomBytes(32)
const PLANTED = 'planted-secret-1'

let folder: string

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-secrets-'))
})

after(() => rmSync(folder, { recursive: true }))

function fileWith(text: string | Buffer): string {
  const path = join(folder, randomBytes(6).toString('hex'))
  writeFileSync(path, text)
  return path
}

/** @returns the message of the refusal */
function refusal(env: Record<string, string>): string {
  try {
    loadConfig(env)
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('was not refused')
}

describe('a secret in a file', () => {
  for (const [what, ending] of Object.entries({
    'as it stands': '',
    'with a line end': '\n',
    "with Windows's": '\r\n',
    'with several': '\n\n',
  })) {
    it(`is taken ${what}: the key`, () => {
      const path = fileWith(KEY.toString('base64') + ending)
      expect(loadConfig({ LATCHKEY_SECRET_KEY_FILE: path }).secretKeys).to.deep.equal([KEY])
    })

    it(`is taken ${what}: the URL of the database`, () => {
      const path = fileWith(`postgres://me:p%40ss@db.example/tokens${ending}`)
      expect(loadConfig({ DATABASE_URL_FILE: path }).database).to.deep.include({ password: 'p@ss', name: 'tokens' })
    })

    it(`is taken ${what}: the first superuser's password, whose spaces count`, () => {
      const path = fileWith(` tea for 2 ${ending}`)
      const env = { LATCHKEY_SUPERUSER_USERNAME: 'ravi', LATCHKEY_SUPERUSER_PASSWORD_FILE: path }
      expect(loadConfig(env).superuser).to.deep.equal({ username: 'ravi', password: ' tea for 2 ' })
    })

    it(`is taken ${what}: the URL of an import`, () => {
      const path = fileWith(`postgres://me:p@h/d${ending}`)
      expect(loadConfig({ LATCHKEY_IMPORT_URL_FILE: path }).importUrl).to.equal('postgres://me:p@h/d')
    })
  }

  it('is read through a link, as Kubernetes makes them, and without the byte order mark of an editor', () => {
    const link = join(folder, 'link')
    symlinkSync(fileWith(`\ufeff${KEY.toString('base64')}\n`), link)
    expect(loadConfig({ LATCHKEY_SECRET_KEY_FILE: link }).secretKeys).to.deep.equal([KEY])
  })

  it('is ignored if the variable is empty', () => {
    expect(loadConfig({ LATCHKEY_SECRET_KEY_FILE: '', DATABASE_URL_FILE: '' })).to.deep.equal(loadConfig({}))
  })

  it('is refused together with the same secret in a variable', () => {
    for (const name of ['DATABASE_URL', 'LATCHKEY_SECRET_KEY', 'LATCHKEY_SUPERUSER_PASSWORD', 'LATCHKEY_IMPORT_URL'])
      expect(refusal({ [name]: PLANTED, [`${name}_FILE`]: fileWith(PLANTED) })).to.match(
        new RegExp(`^${name} and ${name}_FILE are both given`),
      )
  })

  const wrong: Record<string, string | Buffer> = {
    'is empty': '',
    'has line ends alone': '\r\n\n',
    'has more than one line': `${PLANTED}\n${PLANTED}\n`,
    'is no text': Buffer.concat([Buffer.from(PLANTED), Buffer.from([0xff, 0xfe])]),
    'has a NUL': `${PLANTED}\0`,
    'is far too large': PLANTED.repeat(5000),
  }
  for (const [what, text] of Object.entries(wrong))
    it(`is refused by a line with the variable and the file, and nothing of what is in it, where it ${what}`, () => {
      const path = fileWith(text)
      for (const name of ['DATABASE_URL_FILE', 'LATCHKEY_SECRET_KEY_FILE', 'LATCHKEY_SUPERUSER_PASSWORD_FILE'])
        expect(refusal({ [name]: path }))
          .to.match(new RegExp(`^${name}: ${path} [^\\n]+$`))
          .and.not.contain('planted')
    })

  it('is refused where it is not there, or is a folder', () => {
    expect(refusal({ DATABASE_URL_FILE: join(folder, 'missing') })).to.equal(
      `DATABASE_URL_FILE: ${folder}/missing is not there`,
    )
    expect(refusal({ DATABASE_URL_FILE: folder })).to.equal(`DATABASE_URL_FILE: ${folder} is not a file`)
  })

  it('is not repeated where it stands in the place of its file', () => {
    const given: Record<string, string> = {
      DATABASE_URL_FILE: 'postgres://me:planted@db.example/tokens',
      LATCHKEY_SECRET_KEY_FILE: `/${KEY.toString('base64').slice(1)}`,
      LATCHKEY_SUPERUSER_PASSWORD_FILE: PLANTED,
    }
    for (const [name, value] of Object.entries(given))
      expect(refusal({ [name]: value }))
        .to.match(new RegExp(`^${name} names a file that does not exist`))
        .and.not.contain(value.slice(1))
  })

  it('is taken by a start and by a command', async () => {
    const database = `sqlite:${join(folder, 'db.sqlite3')}`
    const env = {
      DATABASE_URL_FILE: fileWith(`${database}\n`),
      LATCHKEY_SECRET_KEY_FILE: fileWith(`${KEY.toString('base64')}\n`),
    }
    const server = await ServerProcess.start({
      ...env,
      LATCHKEY_SUPERUSER_USERNAME: FIRST.LATCHKEY_SUPERUSER_USERNAME,
      LATCHKEY_SUPERUSER_PASSWORD_FILE: fileWith(`${FIRST.LATCHKEY_SUPERUSER_PASSWORD}\n`),
    })
    try {
      expect((await server.fetch('/api/', { token: await server.signIn() })).status).to.equal(200)
      const { code, stdout } = await latchkey(['user', 'list'], env)
      expect(code).to.equal(0)
      expect(stdout).to.contain(FIRST.LATCHKEY_SUPERUSER_USERNAME)
      const withAnother = await latchkey(['user', 'list'], { ...env, LATCHKEY_SECRET_KEY_FILE: fileWith(otherKey()) })
      expect(withAnother.stderr).to.match(/^latchkey: LATCHKEY_SECRET_KEY lacks a key[^\n]*\n$/)
    } finally {
      await server.stop()
    }
  }).timeout(30_000)

  it('that its user may not read stops a start and a command, with the user', async () => {
    const closed = join(folder, 'closed')
    mkdirSync(closed)
    const path = join(closed, 'key')
    writeFileSync(path, `${KEY.toString('base64')}\n`)
    chmodSync(path, 0)
    const env = { LATCHKEY_SECRET_KEY_FILE: path, DATABASE_URL: `sqlite:${join(folder, 'other.sqlite3')}` }
    const line = new RegExp(`^latchkey: LATCHKEY_SECRET_KEY_FILE: ${path} cannot be read by .* \\(EACCES\\)\n$`)
    for (const args of [['serve'], ['user', 'list']]) {
      const { code, stderr } = await unprivileged(args, env)
      expect(code).to.equal(1)
      expect(stderr).to.match(line)
    }
  }).timeout(30_000)

  it('that is given twice stops a start', async () => {
    const { code, stderr } = await refusedStart({
      LATCHKEY_SECRET_KEY: KEY.toString('base64'),
      LATCHKEY_SECRET_KEY_FILE: fileWith(PLANTED),
    })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: LATCHKEY_SECRET_KEY and LATCHKEY_SECRET_KEY_FILE are both given[^\n]*\n$/)
  }).timeout(30_000)
})

function otherKey(): string {
  return randomBytes(32).toString('base64')
}
