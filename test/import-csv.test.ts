import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Group } from '../src/identity/groups/group.js'
import { folded } from '../src/identity/users/profile.js'
import { Membership, User } from '../src/identity/users/user.js'
import { write } from '../src/platform/database/write-queue.js'
import { Employee } from '../src/resources/employees/employee.js'
import { command } from './command.js'
import { everything } from './rows.js'
import { makeEmployees, makeUser, TESTER } from './support.js'

const csv = (args: string, input: string | Buffer) =>
  command(['import', 'csv', '-', ...args.split(' ').filter(Boolean)], input)

const report = async (args: string, input: string) => {
  const { code, stdout, stderr } = await csv(`${args} --json`, input)
  expect(stderr).to.equal('')
  return { code, ...JSON.parse(stdout) }
}

const bytes = (...parts: (string | number[])[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)))

/** Names that no new user would get, as they may have come from another service. */
const NAMES = [
  'comma, and "quotes"',
  'line\nbreak\r\nand\rmore',
  '=1+1',
  '+49',
  '-x',
  '@me',
  "'=x",
  "''+y",
  "'plain",
  'ஜெயா',
  '張三',
  'محمد',
  '-5',
  'tab\there; and ;',
  'inner  spaces',
]

describe('latchkey import csv', () => {
  it('takes what an export of users gave, which a second export gives again', async () => {
    for (const name of ['pay, "roll"', '=sum', "it's"]) await Group.add({ name, scopes: [] }, TESTER)
    await write(async (transaction) => {
      for (const [index, username] of NAMES.entries())
        await User.create(
          {
            username,
            usernameFolded: folded(username),
            email: index % 2 ? `+a${index}@example.com` : '',
            isActive: index % 3 > 0,
            isStaff: index % 2 > 0,
            isSuperuser: index === 4,
            dateJoined: new Date(Date.UTC(2020, 1, index + 1, 12, 30, 15, 123)),
            lastLogin: index === 5 ? new Date(Date.UTC(2026, 1, 1)) : null,
          },
          { transaction },
        )
      const [user] = await User.findAll({ order: ['id'], limit: 1, transaction })
      const groups = await Group.findAll({ where: { name: ['pay, "roll"', '=sum', "it's"] }, transaction })
      await Membership.bulkCreate(
        groups.map(({ id }) => ({ userId: user!.id, groupId: id })),
        { transaction },
      )
    })
    const before = (await command('export users')).stdout
    await write(async (transaction) => {
      await User.destroy({ where: {}, transaction })
      await Group.destroy({ where: { name: ['pay, "roll"', '=sum', "it's"] }, transaction })
    })
    const found = await report('', before)
    expect(found).to.include({ code: 0, outcome: 'done', unchanged: 0 })
    expect(found.came).to.include({ users: NAMES.length, groups: 3 })
    const after = (await command('export users')).stdout
    const withoutIds = (text: string) => text.replace(/^\d+,/gm, 'id,')
    expect(withoutIds(after)).to.equal(withoutIds(before))
  })

  it('changes nothing the second time, and says so', async () => {
    await csv('', 'username,groups\nravi,payroll\n')
    const before = await everything()
    const { code, stdout } = await csv('', 'username,groups\nravi,payroll\n')
    expect({ code, stdout }).to.deep.equal({
      code: 0,
      stdout: 'imported: 0 users, 0 ids kept, 0 groups; 1 already here and unchanged\n',
    })
    expect(await everything()).to.deep.equal(before)
  })

  it('makes users without passwords, in groups that are here and in new ones without scopes', async () => {
    await Group.add({ name: 'payroll', scopes: ['employees:read'] }, TESTER)
    const { code, stdout } = await csv('', 'username;email;groups;is_staff\r\nravi;r@example.com;payroll;WAHR\r\n')
    expect(code).to.equal(1)
    expect(stdout).to.contain('error in is_staff: Must be a valid boolean. (line 2)\n')
    const good = await csv(
      '',
      'username;email;groups;is_staff\r\nravi;r@example.com;"payroll, ""north, south"",everyone";TRUE\r\n',
    )
    expect(good.stdout).to.match(/^imported: 1 users, \d ids kept, 1 groups; 0 already here and unchanged\n.*passwords/)
    const user = await User.findOne({ where: { username: 'ravi' }, include: ['groups'] })
    expect(user).to.include({
      email: 'r@example.com',
      isActive: true,
      isStaff: true,
      isSuperuser: false,
      passwordHash: null,
    })
    expect(user!.groups!.map(({ name }) => name).sort()).to.deep.equal(['north, south', 'payroll'])
    expect((await Group.findOne({ where: { name: 'north, south' } }))!.scopes).to.equal('')
  })

  it('writes nothing where a name is here with something else, unless told to leave it out', async () => {
    await makeUser({ username: 'Ravi', email: 'mine@example.com' })
    const file = 'username,email\nravi,other@example.com\njaya,j@example.com\n'
    const before = await everything()
    const refused = await report('', file)
    expect(refused).to.deep.include({ code: 1, outcome: 'refused' })
    expect(refused.conflicts).to.deep.equal([
      { kind: 'user', reason: 'somebody has this name here, with other values', labels: ['line 2'] },
    ])
    expect(await everything()).to.deep.equal(before)
    expect(await report('--skip-conflicts', file)).to.deep.include({ code: 0, outcome: 'done' })
    expect((await User.findAll({ order: ['id'] })).map(({ username, email }) => [username, email])).to.deep.equal([
      ['Ravi', 'mine@example.com'],
      ['jaya', 'j@example.com'],
    ])
  })

  it('says the same with --dry-run, and writes nothing', async () => {
    const before = await everything()
    const file = 'username,groups\nravi,new\n'
    const dry = await report('--dry-run', file)
    expect(await everything()).to.deep.equal(before)
    const { dry_run, ...rest } = await report('', file)
    expect(dry).to.deep.equal({ ...rest, dry_run: true })
    expect(dry_run).to.equal(false)
  })

  it('tells two lines of one name, but for case', async () => {
    const { code, stdout } = await csv('', 'username\nravi\nRAVI\n')
    expect(code).to.equal(1)
    expect(stdout).to.contain('conflict: another line has the same name, but for case or form (line 2, line 3)\n')
  })

  it('tells what is wrong in every line, and nothing of what stands there', async () => {
    const { errors, outcome } = await report(
      '',
      'username,email,is_active\n,a@example.com,true\nravi,nobody,true\njaya,j@example.com,perhaps\nx\n"two\nlines",,\nmeena,m@example.com,1,2\n',
    )
    expect(outcome).to.equal('refused')
    expect(
      errors.map(({ kind, reason, labels }: { kind: string; reason: string; labels: string[] }) => [
        kind,
        reason,
        ...labels,
      ]),
    ).to.deep.equal([
      ['username', 'This field may not be blank.', 'line 2'],
      ['email', 'Enter a valid email address.', 'line 3'],
      ['is_active', 'Must be a valid boolean.', 'line 4'],
      ['file', 'it has 1 cells, but the first line names 3 columns', 'line 5'],
      ['file', 'it has 4 cells, but the first line names 3 columns', 'line 8'],
    ])
    expect(await User.count()).to.equal(0)
  })

  const NO_FILE: [what: string, input: string | Buffer, told: RegExp][] = [
    [
      'an empty file',
      '',
      /^error in file: there is nothing in the file; its first line names the columns \(line 1\)\n/,
    ],
    [
      'a password',
      'username,password\nravi,tea-for-2\n',
      /^error in file: column 2: a CSV has no passwords[^\n]* \(line 1\)\n/,
    ],
    [
      'an unknown column',
      'username,shoe\nravi,42\n',
      /column 2 has a name that is unknown; there are id, username, [^\n]*\(line 1\)/,
    ],
    ['a name that is there twice', 'username,email,username\n', /columns 1 and 3 have the same name \(line 1\)/],
    ['no username', 'email\na@example.com\n', /there is no column username \(line 1\)/],
    ['open quotes', 'username\nravi\n"jaya\nmeena\n', /its quotes are not closed \(line 3\)/],
    ['text behind quotes', 'username\n"a\r\nb"\n"jaya"x\n', /something stands between closing quotes[^\n]*\(line 4\)/],
    ['U+0000', 'username\nravi\nja\0ya\n', /it has the character U\+0000 \(line 3\)/],
    ['what is not UTF-8', bytes('username\nravi\nJos', [0xe9], '\n'), /it is not UTF-8; save[^\n]*\(line 3\)/],
    ['half a character at the end', bytes('username\nravi', [0xc3]), /it is not UTF-8; save[^\n]*\(line 2\)/],
    ['UTF-16', bytes([0xff, 0xfe, 0x75, 0, 0x73, 0]), /this is UTF-16; save it as CSV in UTF-8 \(line 1\)/],
    ['a cell without end', `username\n${'x'.repeat(1_100_000)}\n`, /it is longer than 1048576 bytes \(line 2\)/],
  ]
  for (const [what, input, told] of NO_FILE)
    it(`refuses ${what} in one line`, async () => {
      const { code, stdout, stderr } = await csv('', input)
      expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' })
      expect(stdout).to.match(told).and.not.contain('tea-for-2')
      expect(await User.count()).to.equal(0)
    })

  for (const [what, input] of [
    ['a byte order mark', '\ufeffusername,email\nravi,r@example.com\n'],
    ['tabs', 'username\temail\nravi\tr@example.com\n'],
    ['semicolons and CRLF', 'username;email\r\nravi;r@example.com\r\n\r\n'],
    ['CR alone and no end', 'username,email\rravi,r@example.com'],
    ['names in capitals', ' Username ,EMAIL\nravi,r@example.com\n'],
  ] as const)
    it(`reads ${what}`, async () => {
      expect(await report('', input)).to.deep.include({ code: 0, outcome: 'done' })
      expect(await User.findOne()).to.include({ username: 'ravi', email: 'r@example.com' })
    })

  it('says what file is not there', async () => {
    const { code, stderr } = await command('import csv /nowhere/users.csv')
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: ENOENT.*\/nowhere\/users\.csv'\n$/)
  })
})

describe('latchkey import csv --resource', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-csv-'))
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('takes what an export gave, which a second export gives again', async () => {
    await makeEmployees(
      { empid: -7, empname: '=1+1', salary: '-0.10' },
      { empid: 1, empname: 'a, "b"' },
      { empid: 2, empname: "'@x" },
    )
    const [first, second] = [join(folder, 'first.csv'), join(folder, 'second.csv')]
    await command(`export employees --output ${first}`)
    await write((transaction) => Employee.destroy({ where: {}, transaction }))
    const { code, stdout } = await command(`import csv ${first} --resource employees`)
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'imported: 3 rows; 0 already here and unchanged\n' })
    await command(`export employees --output ${second}`)
    expect(readFileSync(second, 'utf8')).to.equal(readFileSync(first, 'utf8'))
    expect((await command(`import csv ${first} --resource employees`)).stdout).to.equal(
      'imported: 0 rows; 3 already here and unchanged\n',
    )
  })

  it('takes the JSON Lines of an export as its CSV', async () => {
    await makeEmployees({ empid: -7, empname: '=1+1', salary: '-0.10' }, { empid: 1, empname: 'a, "b"' })
    const before = (await command('export employees --format jsonl')).stdout
    await write((transaction) => Employee.destroy({ where: {}, transaction }))
    expect(await report('--resource employees', before)).to.deep.include({ code: 0, came: { rows: 2 } })
    expect((await command('export employees --format jsonl')).stdout).to.equal(before)
  })

  for (const [what, lines, told] of [
    ['an array', '{"empid":1,"empname":"a","salary":"1.00"}\n[1]\n', 'file: it is no JSON object line 2'],
    [
      'another name',
      '{"empid":1,"empname":"a","salary":"1.00"}\n{"empid":2}\n',
      'file: it has other names than the first line line 2',
    ],
    ['half an object', '{"empid":1,\n', 'file: it is no JSON object line 1'],
  ] as const)
    it(`tells the line of JSON Lines that has ${what}`, async () => {
      const { code, errors } = await report('--resource employees', lines)
      const [{ kind, reason, labels }] = errors
      expect([code, `${kind}: ${reason} ${labels}`]).to.deep.equal([1, told])
    })

  it('brings a thousand rows and more', async () => {
    const lines = Array.from({ length: 12_001 }, (_, index) => `${index},Srinu ${index},1.5`)
    const { code, came } = await report('--resource employees', ['empid,empname,salary', ...lines].join('\n'))
    expect({ code, came }).to.deep.equal({ code: 0, came: { rows: 12_001 } })
    expect(await Employee.count()).to.equal(12_001)
  })

  it('holds every row to what the API takes, and writes none where one is wrong', async () => {
    await makeEmployees({ empid: 5, empname: 'other' })
    const { errors, conflicts, outcome } = await report(
      '--resource employees',
      `empid,empname,salary\n1,good,1\nx,${'n'.repeat(21)},1.555\n1.5,,1e3\n5,Srinu,1\n7,a,1\n7,b,1\n`,
    )
    expect(outcome).to.equal('refused')
    const told = (list: { kind: string; reason: string; labels: string[] }[]) =>
      list.map(({ kind, reason, labels }) => `${kind}: ${reason} ${labels}`)
    const salary =
      'salary: A valid number is required, with at most 8 digits before the decimal point and 2 after it. line 3,line 4'
    expect(told(errors)).to.have.members([
      'empid: A valid integer is required. line 3,line 4',
      'empname: Ensure this field has no more than 20 characters. line 3',
      'empname: This field may not be blank. line 4',
      salary,
    ])
    expect(told(conflicts)).to.deep.equal([
      'row: there is such a row here, with something else in it line 5',
      'row: another line has the same empid line 6,line 7',
    ])
    expect((await Employee.findAll()).map(({ empid }) => empid)).to.deep.equal([5])
  })

  it('says what resources there are', async () => {
    writeFileSync(join(folder, 'x.csv'), '')
    const { code, stderr } = await command(`import csv ${join(folder, 'x.csv')} --resource others`)
    expect(code).to.equal(2)
    expect(stderr).to.match(/^latchkey: there is no such resource; there are users, groups, .*\bemployees\b.*\n$/)
  })
})

describe('latchkey import csv --resource groups', () => {
  const groups = async () => (await Group.findAll({ order: ['name'] })).map(({ name, scopes }) => `${name}: ${scopes}`)

  for (const format of ['csv', 'jsonl'])
    it(`takes what an export as ${format} gave, with the scopes`, async () => {
      await Group.add({ name: 'pay, "roll"', scopes: ['employees:read', 'tokens:read'] }, TESTER)
      await Group.add({ name: '=sum', scopes: [] }, TESTER)
      const before = await groups()
      const file = (await command(`export groups --format ${format}`)).stdout
      await write((transaction) => Group.destroy({ where: { name: ['pay, "roll"', '=sum'] }, transaction }))
      expect(await report('--resource groups', file)).to.deep.include({ code: 0, came: { groups: 2 }, unchanged: 1 })
      expect(await groups()).to.deep.equal(before)
      expect(await report('--resource groups', file)).to.deep.include({ code: 0, came: { groups: 0 }, unchanged: 3 })
    })

  it('changes no group that is here, not even that of everyone', async () => {
    const before = await groups()
    const file = 'name,scopes\neveryone,users:write\nnew,employees:read\n'
    const { code, conflicts } = await report('--resource groups', file)
    expect([code, conflicts[0].labels]).to.deep.equal([1, ['line 2']])
    expect(await groups()).to.deep.equal(before)
  })

  for (const [what, line] of [
    ['a scope that is none', 'new,nothing:read'],
    ['a name that looks like the built-in one', 'Everyone,employees:read'],
    ['a blank name', ' ,employees:read'],
  ] as const)
    it(`writes nothing where there is ${what}`, async () => {
      const before = await groups()
      const { code, errors } = await report('--resource groups', `name,scopes\nother,employees:read\n${line}\n`)
      expect([code, errors[0].labels]).to.deep.equal([1, ['line 3']])
      expect(await groups()).to.deep.equal(before)
    })
})
