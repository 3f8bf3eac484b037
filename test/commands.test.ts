import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { sequelize } from '../src/platform/database/connection.js'
import { write } from '../src/platform/database/write-queue.js'
import { command } from './command.js'
import { anonymous, makeUser } from './support.js'

describe('latchkey migrate', () => {
  it('has nothing to apply to a database that is as it should be', async () => {
    expect(await command('migrate up')).to.deep.equal({ code: 0, stdout: 'nothing to apply\n', stderr: '' })
  })

  it('tells what is applied, also as JSON', async () => {
    const { code, stdout } = await command('migrate status')
    expect(code).to.equal(0)
    expect(stdout).to.match(/^applied: 0001-users, [^\n]*\npending: none\n$/)
    const { applied, pending } = JSON.parse((await command('migrate status --json')).stdout)
    expect(applied[0]).to.equal('0001-users')
    expect(pending).to.deep.equal([])
  })
})

describe('latchkey createsuperuser', () => {
  it('takes a weak password only when told so', async () => {
    const refused = await command('createsuperuser --username Srinivas', 'admin123\n')
    expect(refused).to.deep.equal({ code: 1, stdout: '', stderr: 'latchkey: password: This password is too common.\n' })
    const made = await command('createsuperuser --username Srinivas --allow-weak-password', 'admin123\n')
    expect(made.code).to.equal(0)
    expect(made.stdout).to.match(/^made superuser Srinivas \(id \d+\)\n$/)
    expect(made.stderr).to.equal('warning: the password was not checked against the rules\n')
    const answer = await anonymous().post('/gettoken/').send({ username: 'Srinivas', password: 'admin123' })
    expect(answer.status).to.equal(200)
  })
})

describe('latchkey events', () => {
  it('verifies and exports the trail', async () => {
    await command('user create ravi --no-password')
    await command('token create ravi')
    expect(await command('events verify')).to.deep.equal({
      code: 0,
      stdout: '2 events, unbroken; changes: 2 as written, 0 erased\n',
      stderr: '',
    })
    const lines = (await command('events export')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ action }) => action)).to.deep.equal(['user.created', 'token.created'])
    await write((transaction) =>
      sequelize.query("UPDATE events SET actor = 'nobody' WHERE action = 'user.created'", { transaction }),
    )
    expect(await command('events verify')).to.deep.equal({
      code: 1,
      stdout: `broken at event ${lines[0].id}: the row was changed\n`,
      stderr: '',
    })
  })
})

describe('latchkey keys', () => {
  it('tells which key is first, and what needs it', async () => {
    await makeUser()
    expect((await command('keys status')).stdout).to.match(/ yes\n$/)
    const rows = JSON.parse((await command('keys status --json')).stdout)
    expect(rows).to.have.lengthOf(1)
    expect(rows[0]).to.include({ first: true, password_hashes: 1 })
  })
})

describe('a command', () => {
  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(await command('--version')).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  for (const args of [
    'nosuch',
    'token',
    'token revoke x',
    'createsuperuser',
    'createsuperuser --username a --password b',
    'token create ravi --expires-at never',
    'token create ravi --expires-at 2027-02-30T12:00:00Z',
    'token create ravi --expires-at 2027-02-29',
    'token create ravi --expires-at 2027-01-31T24:00:00Z',
    'token create ravi --expires-at 2027-01-31T12:00:00+0530',
    'token create ravi --expires-at 2027-01-31T12:00:00+24:00',
    'token create ravi --expires-at 9999-12-31T23:59:59-05:00',
    'token create ravi --expires-at 0000-12-31',
    'token create ravi --expires-at 20270131',
    'token create ravi --expires-at 30',
    'token create ravi --rate-limit 100',
    'token create ravi --rate-limit 0/60s',
    'token create ravi --rate-limit 100/60',
    'token create ravi --rate-limit 1000001/60s',
    'token create ravi --rate-limit 100/2d',
    'token change 1',
    'token change 1 --rate-limit',
    'group set everyone',
    'user delete',
    'user list --limit 0',
    'token list --limit 0',
    'token list --state ended',
    'backup',
  ])
    it(`answers 2 to: ${args}`, async () => {
      const { code, stdout } = await command(args)
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
    })
})
