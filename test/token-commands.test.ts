import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Token } from '../src/identity/tokens/token.js'
import { hintOf, newValue } from '../src/identity/tokens/value.js'
import { User } from '../src/identity/users/user.js'
import { isSqlite } from '../src/platform/database/connection.js'
import { write } from '../src/platform/database/write-queue.js'
import { command } from './command.js'
import { clientWithValue, makeMany, makeUser } from './support.js'

describe('latchkey token', () => {
  const json = async (args: string) => JSON.parse((await command(args)).stdout)

  beforeEach(async () => {
    await makeUser({ username: 'ravi' })
  })

  it('makes tokens, prints their values once, lists and revokes them', async () => {
    const account = (await command('token create ravi')).stdout.trim()
    expect(account).to.match(/^lk_[0-9A-Za-z]{49}$/)
    expect((await command('token create ravi')).stderr).to.equal(
      'latchkey: user: Token with this User already exists.\n',
    )
    const made = await json(
      'token create ravi --name ci --scope employees:read tokens:read --expires-at 2036-01-31 --network 127.0.0.1 --json',
    )
    expect(made).to.deep.include({
      kind: 'personal',
      name: 'ci',
      scopes: ['employees:read', 'tokens:read'],
      state: 'active',
    })
    const listed = await command('token list --user ravi --json')
    expect(JSON.parse(listed.stdout)).to.have.lengthOf(2)
    expect(listed.stdout).not.to.contain(account).and.not.to.contain(made.token)
    expect((await clientWithValue(made.token).get('/api/')).status).to.equal(200)
    expect((await command(`token revoke ${made.id}`)).stdout).to.equal(`revoked token ${made.id}\n`)
    expect((await clientWithValue(made.token).get('/api/')).status).to.equal(401)
    expect((await command('token list')).stdout).to.contain('revoked')
  })

  it('limits a token, and changes it, whose value stays', async () => {
    const make = 'token create ravi --name ci --scope employees:read --rate-limit 100/1m --json'
    const { token: value, ...made } = await json(make)
    expect(made.rate_limit).to.deep.equal({ requests: 100, seconds: 60 })
    const change = `token change ${made.id} --name ci2 --network 127.0.0.1 --no-rate-limit --json`
    const changed = { ...made, name: 'ci2', networks: ['127.0.0.1'], rate_limit: null }
    expect(await json(change)).to.deep.equal(changed)
    expect((await command(`token change ${made.id} --no-network --expires-at 30d`)).stdout).to.equal(
      `changed token ${made.id}\n`,
    )
    const shown = await json(`token show ${made.id} --json`)
    expect(shown).to.deep.equal({ ...changed, networks: [], expires_at: shown.expires_at })
    expect(Date.parse(shown.expires_at)).to.be.closeTo(Date.now() + 30 * 86_400_000, 300_000)
    expect((await clientWithValue(value).get('/api/')).status).to.equal(200)
  })

  it('names the user, not the id', async () => {
    const { id } = await json('token create ravi --json')
    expect((await command(`token show ${id}`)).stdout).to.match(/^user: ravi$/m)
    expect((await command('token list')).stdout).to.match(new RegExp(`^${id} +account +ravi `, 'm'))
  })

  it('shows and rotates a token', async () => {
    const made = await json('token create ravi --name ci --scope employees:read --json')
    const value = (await command(`token rotate ${made.id} --overlap 1h`)).stdout.trim()
    expect(value).to.match(/^lk_/).and.not.equal(made.token)
    const shown = await command(`token show ${made.id}`)
    expect(shown.stdout)
      .to.match(/^state: rotating$/m)
      .and.match(/^granted: employees:read$/m)
      .and.match(/^used: none$/m)
    expect((await json(`token show ${made.id} --json`)).use_count).to.equal(0)
  })

  it('shows a name from before the rules without what a terminal obeys', async () => {
    const { id } = await json('token create ravi --name ci --scope employees:read --json')
    await write((transaction) => Token.update({ name: 'a\u001b[2J\nstate: revoked' }, { where: { id }, transaction }))
    const { stdout } = await command(`token show ${id}`)
    expect(stdout).to.contain('name: a\ufffd[2J\ufffdstate: revoked\n')
    expect(stdout.match(/^state: .*$/gm)).to.deep.equal(['state: active'])
  })

  it('warns of the end of a token', async () => {
    const end = new Date(Date.now() + 3 * 86_400_000).toISOString()
    await command(`token create ravi --name ci --scope employees:read --expires-at ${end}`)
    expect((await command('token list --expiring-within 2d')).code).to.equal(0)
    const soon = await command('token list --expiring-within 7d')
    expect(soon.code).to.equal(1)
    expect(soon.stdout).to.contain(' ci ')
  })

  it('explains what a token may do', async () => {
    const { id } = await json('token create ravi --name ci --scope employees:read --json')
    const allowed = await command(`token explain ${id} GET /api/emp_viewset/7`)
    expect(allowed.code).to.equal(0)
    expect(allowed.stdout)
      .to.match(/^getEmployee needs employees:read\nok {3}not revoked\n/)
      .and.match(/\nallow\n$/)
    const denied = await command(`token explain ${id} DELETE /api/emp_viewset/7`)
    expect(denied.code).to.equal(1)
    expect(denied.stdout).to.match(/\nFAIL token has the scopes: 403 This needs the scope employees:write\.\ndeny\n$/)
    expect((await command(`token explain ${id} GET /nosuch`)).stderr).to.match(/no such operation/)
    await command(`token rotate ${id} --overlap 1h`)
    const old = await command(`token explain ${id} POST /api/tokens --old-value`)
    expect(old.stdout).to.match(/\nFAIL value not replaced, where rights are handed out: 403 .*\n/)
  })

  it('plans the fewest scopes', async () => {
    expect((await command('token plan listEmployees getEmployee createToken getApiRoot')).stdout).to.equal(
      'employees:read tokens:write\n',
    )
    expect((await command('token plan nosuch')).code).to.equal(1)
  })

  it('finds our tokens in a file of several pieces, wherever they stand, each once and on its line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-scan-'))
    try {
      const file = join(folder, 'large.log')
      // Around the ends of the pieces, which are of 1 MiB.
      const places = [0, 2 ** 20 - 60, 2 ** 20 + 1000, 2 ** 21 - 30, 2 ** 21 + 60, 3 * 2 ** 20 - 1, 3 * 2 ** 20 + 80]
      const text = Buffer.alloc(4 * 2 ** 20, 'some text\n')
      const values = places.map(() => newValue('lk'))
      for (const [index, at] of places.entries()) text.write(`"${values[index]}"`, at, 'latin1')
      writeFileSync(file, Buffer.concat([text, Buffer.from(`\n${newValue('lk')}`)]))
      const found = JSON.parse((await command(`token scan ${file} --json`)).stdout)
      const lineAt = (at: number) => text.subarray(0, at).toString('latin1').split('\n').length
      expect(found.map(({ line }: { line: number }) => line)).to.deep.equal([
        ...places.map(lineAt),
        lineAt(text.length) + 1,
      ])
      expect(found.map(({ hint }: { hint: string }) => hint).slice(0, -1)).to.deep.equal(values.map(hintOf))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('finds our tokens in files and says which are live', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-scan-'))
    try {
      mkdirSync(join(folder, 'deep'))
      const stranger = newValue('lk')
      const live = (await command('token create ravi')).stdout.trim()
      const other = live.slice(0, -1) + (live.endsWith('x') ? 'y' : 'x')
      writeFileSync(join(folder, 'deep', 'a.env'), `# nothing\nTOKEN=${stranger}\n`)
      expect((await command(`token scan ${folder}`)).code).to.equal(0)
      writeFileSync(join(folder, 'b.log'), `{"auth":"Token ${live}"} ${other}\n`)
      const { code, stdout } = await command(`token scan ${folder} --json`)
      expect(code).to.equal(1)
      expect(JSON.parse(stdout)).to.have.deep.members([
        { file: join(folder, 'deep', 'a.env'), line: 2, hint: `lk_…${stranger.slice(-4)}`, state: 'unknown here' },
        { file: join(folder, 'b.log'), line: 1, hint: `lk_…${live.slice(-4)}`, state: 'active' },
      ])
      expect(stdout).not.to.contain(live)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  const endOf = async (text: string) => {
    const made = await json(`token create ravi --name ci --scope employees:read --json --expires-at ${text}`)
    return new Date(made.expires_at).getTime()
  }

  const ends: [text: string, end: number][] = [
    ['2036-02-29', Date.UTC(2036, 1, 29)],
    ['2036-01-31T12:00', Date.UTC(2036, 0, 31, 12)],
    ['2036-01-31T12:00:00+05:30', Date.UTC(2036, 0, 31, 6, 30)],
    ['2036-01-31t12:00:00.5z', Date.UTC(2036, 0, 31, 12, 0, 0, 500)],
  ]
  for (const [text, end] of ends)
    it(`takes an end as ${text}`, async () => {
      expect(await endOf(text)).to.equal(end)
    })

  it('takes an end as so many days from now', async () => {
    const began = Date.now()
    const end = await endOf('30d')
    expect(end).to.be.within(began + 30 * 86_400_000, Date.now() + 30 * 86_400_000)
  })

  it('lists page by page what one page would list', async () => {
    const { id } = (await User.findOne())!
    const made = 1201
    await makeMany('tokens', made, {
      kind: "'personal'",
      user_id: String(id),
      name: "'n' || n",
      scopes: "'employees:read'",
      digest: isSqlite ? 'lower(hex(randomblob(32)))' : "encode(sha256(n::text::bytea), 'hex')",
      hint: "'lk_…0000'",
      created_at: isSqlite ? "'2026-01-01 00:00:00.000 +00:00'" : "timestamptz '2026-01-01'",
      revoked_at: `CASE WHEN n % 2 = 0 THEN ${isSqlite ? "'2026-01-02 00:00:00.000 +00:00'" : "timestamptz '2026-01-02'"} END`,
    })
    const all = await json('token list --json')
    expect(all.map(({ name }: { name: string }) => name)).to.deep.equal(
      Array.from({ length: made }, (_, n) => `n${n + 1}`),
    )
    const [heading, ...rows] = (await command('token list')).stdout.trimEnd().split('\n')
    expect(heading).to.match(/^id +kind +user +name /)
    expect(rows).to.have.lengthOf(made)
    expect(await json('token list --json --limit 700')).to.deep.equal(all.slice(0, 700))
    const revoked = await json('token list --json --state revoked --user ravi --limit 600')
    expect(revoked).to.deep.equal(all.filter(({ state }: { state: string }) => state === 'revoked'))
    expect(await json('token list --json --state rotating')).to.deep.equal([])
  })

  const refused: [args: string, sentence: RegExp][] = [
    ['token create ravi --name ci', /needs --scope/],
    ['token create ravi --scope employees:read', /needs --name/],
    ['token create ravi --name ci --scope users:read', /scopes: The user does not have users:read/],
    ['token create ravi --name ci --scope nonsense', /scopes: A scope must be one of/],
    ['token create ravi --rate-limit 100/60s', /needs --name/],
    ['token revoke 999', /Not found/],
    ['token change 999 --name x', /Not found/],
  ]
  for (const [args, sentence] of refused)
    it(`answers 1 and one line to: ${args}`, async () => {
      const { code, stdout, stderr } = await command(args)
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr)
        .to.match(sentence)
        .and.match(/^[^\n]+\n$/)
    })
})
