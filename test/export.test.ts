import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { Group } from '../src/identity/groups/group.js'
import { Membership, User } from '../src/identity/users/user.js'
import { isSqlite } from '../src/platform/database/connection.js'
import { write } from '../src/platform/database/write-queue.js'
import { Employee } from '../src/resources/employees/employee.js'
import { command } from './command.js'
import { expectWithin } from './process.js'
import { makeEmployees, makeMany, makeUser, PASSWORD, superuserClient, TESTER } from './support.js'

describe('latchkey export', () => {
  const lines = async (args: string) => {
    const { code, stdout, stderr } = await command(`export ${args}`)
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    return stdout
  }

  const spawned = (...args: string[]): ChildProcess => spawn(process.execPath, ['build/src/cli.js', 'export', ...args])

  /** More than a pipe takes while nobody reads. */
  const makeManyEmployees = (count: number) =>
    makeMany('employees', count, { empid: 'n', empname: `'Srinu the ' || n`, salary: '100.5' })

  const makeManyUsers = async (count: number): Promise<number[]> => {
    const name = "'user' || n"
    const [yes, no] = isSqlite ? ['1', '0'] : ['TRUE', 'FALSE']
    await makeMany('users', count, {
      username: name,
      username_folded: name,
      email: "''",
      is_active: yes,
      is_staff: no,
      is_superuser: no,
      date_joined: isSqlite ? "'2026-01-01 00:00:00.000 +00:00'" : "TIMESTAMPTZ '2026-01-01'",
    })
    return (await User.findAll({ attributes: ['id'], order: ['id'], raw: true })).map(({ id }) => id)
  }

  it('gives users as the API shows them, each with its groups in one cell, and no secret', async () => {
    await Group.add({ name: 'pay, "roll"', scopes: [] }, TESTER)
    await Group.add({ name: 'ops', scopes: [] }, TESTER)
    const ravi = await makeUser({ username: 'ravi', email: 'r@example.com', groups: ['pay, "roll"', 'ops'] })
    const jaya = await makeUser({ username: 'ஜெயா', isActive: false, isStaff: true })
    const { passwordHash } = (await User.findByPk(ravi.id))!
    const csv = await lines('users')
    expect(csv.split('\r\n')).to.deep.equal([
      'id,username,email,is_active,is_staff,is_superuser,groups,date_joined,last_login',
      `${ravi.id},ravi,r@example.com,true,false,false,"ops,""pay, """"roll""""""",${ravi.dateJoined.toISOString()},`,
      `${jaya.id},ஜெயா,"",false,true,false,"",${jaya.dateJoined.toISOString()},`,
      '',
    ])
    for (const secret of [PASSWORD, passwordHash!]) expect(csv).not.to.contain(secret)
  })

  for (const [what, path] of [
    ['users', '/api/users'],
    ['groups', '/api/groups'],
    ['employees', '/api/emp_viewset'],
  ] as const)
    it(`gives ${what} as lines of the JSON that the API shows`, async () => {
      await Group.add({ name: 'payroll', scopes: ['employees:read'] }, TESTER)
      await makeUser({ username: 'ravi', groups: ['payroll'] })
      await makeEmployees({ empid: -7, salary: '0.10' }, { empid: 101 })
      const client = await superuserClient()
      const rows = (await lines(`${what} --format jsonl`)).trimEnd().split('\n')
      // How many are in a group is no part of its row.
      const shown = (await client.get(path)).body.map(({ members, ...row }: { members?: number }) => row)
      expect(rows.map((row) => JSON.parse(row))).to.deep.equal(shown)
    })

  it('gives every row of several pages, in the order of the keys', async () => {
    await makeMany('employees', 2001, { empid: '1001 - n', empname: "'Srinu'", salary: '1' })
    const [head, ...rows] = (await lines('employees')).trimEnd().split('\r\n')
    expect(head).to.equal('empid,empname,salary')
    expect(rows).to.deep.equal(Array.from({ length: 2001 }, (_, index) => `${index - 1000},Srinu,1.00`))
  })

  it('gives every user of several pages its own groups', async () => {
    const ids = await makeManyUsers(2001)
    const { id: groupId } = await Group.add({ name: 'payroll', scopes: [] }, TESTER)
    const members = [ids[0]!, ids[999]!, ids[1000]!, ids[2000]!]
    await write((transaction) =>
      Membership.bulkCreate(
        members.map((userId) => ({ userId, groupId })),
        { transaction },
      ),
    )
    const users = (await lines('users --format jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(users.map(({ id }) => id)).to.deep.equal(ids)
    expect(users.filter(({ groups }) => groups[0] === 'payroll').map(({ id }) => id)).to.deep.equal(members)
  })

  it('gives what a spreadsheet would run an apostrophe in front', async () => {
    await makeEmployees({ empid: 1, empname: '=1+1' }, { empid: 2, empname: "'@x" }, { empid: 3, empname: '-5' })
    const [, ...rows] = (await lines('employees')).split('\r\n')
    expect(rows).to.deep.equal(["1,'=1+1,20000.00", "2,''@x,20000.00", '3,-5,20000.00', ''])
  })

  it('has all rows as they were at one moment, while others write', async () => {
    await makeManyEmployees(20_000)
    const child = spawned('employees')
    await once(child.stdout!, 'readable')
    await write(async (transaction) => {
      await Employee.destroy({ where: { empid: 19_999 }, transaction })
      await Employee.update({ empname: 'later' }, { where: { empid: 20_000 }, transaction })
      await Employee.create({ empid: 20_001, empname: 'later', salary: '1' }, { transaction })
    })
    const rows = (await text(child.stdout!)).trimEnd().split('\r\n')
    expect(rows).to.have.lengthOf(20_001)
    expect(rows.slice(-2)).to.deep.equal(['19999,Srinu the 19999,100.50', '20000,Srinu the 20000,100.50'])
  })

  it('ends quietly when nobody reads on', async () => {
    await makeManyEmployees(20_000)
    const child = spawned('employees')
    await once(child.stdout!, 'readable')
    child.stdout!.destroy()
    const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')])
    expect({ code, said }).to.deep.equal({ code: 0, said: '' })
  })

  it('says what there is where it is asked for something else', async () => {
    const { code, stderr } = await command('export tokens')
    expect(code).to.equal(2)
    expect(stderr).to.match(/^latchkey: there is nothing with this name; there are users, groups, .*\bemployees\b.*\n$/)
  })

  describe('into a file', () => {
    let folder: string
    let file: string

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'latchkey-export-'))
      file = join(folder, 'out.csv')
    })

    afterEach(() => rmSync(folder, { recursive: true, force: true }))

    it('writes it for its owner alone', async () => {
      await makeEmployees({ empid: 101 })
      expect(await lines(`employees --output ${file}`)).to.equal(`exported 1 employees to ${file}\n`)
      expect(readFileSync(file, 'utf8')).to.equal('empid,empname,salary\r\n101,Srinu,20000.00\r\n')
      expect(statSync(file).mode & 0o777).to.equal(0o600)
      expect(readdirSync(folder)).to.deep.equal(['out.csv'])
    })

    it('overwrites nothing', async () => {
      writeFileSync(file, 'mine')
      const { code, stderr } = await command(`export employees --output ${file}`)
      expect({ code, stderr }).to.deep.equal({
        code: 1,
        stderr: `latchkey: ${file} already exists, and is not overwritten\n`,
      })
      expect(readFileSync(file, 'utf8')).to.equal('mine')
    })

    for (const signal of ['SIGTERM', 'SIGKILL'] as const)
      it(`has no file of that name after a ${signal} in the middle`, async () => {
        await makeManyEmployees(60_000)
        const child = spawned('employees', '--output', file)
        await expectWithin(10_000, async () => readdirSync(folder).length > 0)
        child.kill(signal)
        await once(child, 'close')
        expect(readdirSync(folder)).to.have.lengthOf(signal === 'SIGTERM' ? 0 : 1)
        expect(readdirSync(folder)).not.to.include('out.csv')
      })
  })
})
