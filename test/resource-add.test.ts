import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { planOf } from '../src/document/resource/arguments.js'
import { Refusal } from '../src/document/resource/plan.js'
import { type Database, freshDatabase } from './databases.js'
import { wishIn } from './resource-line.js'
import { sql } from './sql.js'

/** What is refused, each with words of its one line. */
const REFUSED: [line: string, words: string][] = [
  ['department name:text:1-50', 'not known as a plural; departments'],
  ['staff name:text:1-50', 'say what one is called'],
  ['Departments name:text:1-50', 'such as departments'],
  ['employees name:text:1-50', 'there is a resource of this name'],
  ['users name:text:1-50', 'the service has scopes or a section of it'],
  ['memberships name:text:1-50', 'there is a table of this name'],
  ['metrics name:text:1-50', 'a path of the service'],
  ['requests name:text:1-50', 'could not have a Request of its own'],
  ['select name:text:1-50', 'a reserved word of SQL'],
  ['departments', 'it has no field'],
  ['departments order:text:1-50', 'a reserved word of SQL'],
  ['departments class:text:1-50', 'a reserved word of TypeScript'],
  ['departments to_string:text:1-50', 'every model of Sequelize has a member of it'],
  ['departments save:date', 'every model of Sequelize has a member of it'],
  ['departments cursor:date', 'every list has a parameter of it'],
  ['departments salary_min:integer', 'filters of a list end with _min'],
  ['departments id:date', 'the key is called id'],
  ['departments a:date a:time', 'there is a field a already'],
  ['departments a_1:date a1:date', 'could not tell them apart'],
  ['departments name:txt:1-50', 'txt is no kind and no resource, did you mean text?'],
  ['departments name:string', 'did you mean text?'],
  ['departments boss:employee', 'did you mean employees?'],
  ['departments boss:people', 'people is no kind and no resource'],
  ['departments name', 'its kind is missing'],
  ['departments name:text', 'text:1-50, or text:0-50'],
  ['departments name:text:5-4', 'no text is of 5-4 characters'],
  ['departments name:text:1-10001', '10000 characters at most'],
  ['departments name:text:1-501:unique', '500 characters at most'],
  ['departments size:integer:1-3000000000', 'an integer has 32 bits'],
  ['departments budget:decimal', 'decimal:10,2'],
  ['departments budget:decimal:16,2', '15 digits at most'],
  ['departments budget:decimal:10,6', '5 digits after the point at most'],
  ['departments state:enum', 'an enum has its values'],
  ['departments state:enum:open,2nd', '"2nd" is no value'],
  ['departments state:enum:open,Open', 'Open is there twice'],
  ['departments state:enum:open,closed:default=other', 'outside the field’s own rule'],
  ['departments size:integer:1-10:default=11', 'outside the field’s own rule'],
  ['departments budget:decimal:5,2:default=1234.5', 'outside the field’s own rule'],
  ['departments opened:date:default=2027-02-30', 'outside the field’s own rule'],
  ['departments note:text:1-50:default=*/', 'outside the field’s own rule'],
  ['departments opened:date:null:default=2027-01-31', 'with null and a default'],
  ['departments active:boolean:unique', 'a unique boolean'],
  ['departments opened:date:cascade', 'cascade is for references'],
  ['departments opened:date:uniq', 'did you mean unique?'],
  ['departments opened:date:null:null', 'null is there twice'],
  ['departments parent:departments', 'the first row would have none to refer to'],
  ['departments owner:date --owned', 'each row has an owner already'],
  ['departments a:date --key a:integer', 'the key is called a'],
  ['departments a:date --key code', '--key code:text:1-20'],
  ['departments a:date --key code:text:0-20', 'an empty text is no path'],
  ['departments a:date --key at:date', 'missing or none'],
  ['departments a:date --singular departments', 'not another word than the plural'],
]

describe('npm run resource -- add', function () {
  this.timeout(60_000)
  let database: Database

  beforeEach(async () => {
    database = await freshDatabase()
  })

  afterEach(() => database.remove())

  const add = async (line: string, env: Record<string, string> = {}) => {
    const args = ['build/src/document/resource/resource.js', 'add', ...line.split(' ')]
    const options = { env: { ...process.env, ...database.env, ...env }, maxBuffer: 2 ** 24 }
    const {
      stdout,
      stderr,
      code = 0,
    } = await promisify(execFile)(process.execPath, args, options).catch((error) => error)
    return { stdout, stderr, code } as { stdout: string; stderr: string; code: number }
  }

  for (const [line, words] of REFUSED)
    it(`refuses ${line}`, () => {
      expect(() => planOf(wishIn(line)))
        .to.throw(Refusal, words)
        .with.property('message')
        .that.not.matches(/\n/)
    })

  it('tells what it refuses in one line, and writes nothing', async () => {
    const before = state()
    expect(await add('departments order:text:1-50')).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: 'resource: order: a reserved word of SQL\n',
    })
    expect(state()).to.deep.equal(before)
  })

  it('refuses the name of a scope of one’s own, in whatever spelling', async () => {
    await sql(
      database.env.DATABASE_URL,
      "INSERT INTO scopes (name, folded, description) VALUES ('sales-reports:read', 'sales-reports:read', '')",
    )
    const { code, stderr } = await add('sales_reports name:text:1-50')
    expect(code).to.equal(1)
    expect(stderr).to.contain('a scope of your own, sales-reports:read;')
  })

  it('refuses options that npm has kept for itself', async () => {
    const { code, stderr } = await add('departments name:text:1-50', { npm_config_dry_run: 'true' })
    expect([code, stderr]).to.deep.equal([
      1,
      'resource: npm has taken --dry-run for itself: npm run resource -- add …, with the two dashes\n',
    ])
  })

  it('prints with --dry-run what it would write, as the formatter has it, and writes nothing', async () => {
    const before = state()
    const { code, stdout, stderr } = await add(`--dry-run ${EXAMPLE}`)
    expect([code, stderr]).to.deep.equal([0, ''])
    const files = [...stdout.matchAll(/^--- (.*)$/gm)].map(([, file]) => file!.replace(/\d{4}/, 'NNNN'))
    expect(files).to.deep.equal([
      'src/platform/database/migrations/NNNN-lanterns.ts',
      'src/platform/database/migrations/history.ts',
      'src/resources/lanterns/lantern.ts',
      'src/resources/lanterns/lanterns.controller.ts',
      'test/lanterns.test.ts',
    ])
    // Model, controller and migration.
    const lines = (file: string) =>
      stdout
        .split(/^--- /m)
        .find((part) => part.includes(file))!
        .trim()
        .split('\n').length - 1
    expect(lines('-lanterns.ts') + lines('/lantern.ts') + lines('.controller.ts')).to.be.at.most(215)
    expect(state()).to.deep.equal(before)
  })

  for (const [name, one] of [
    ['categories', 'category'],
    ['addresses', 'address'],
    ['people', 'person'],
    ['order_lines', 'order_line'],
    ['movies', 'movie'],
    ['statuses', 'status'],
    ['policemen', 'policeman'],
  ])
    it(`calls one of ${name} ${one}`, () => {
      expect(planOf(wishIn(`${name} name:text:1-50`)).singular).to.equal(one)
    })
})

const EXAMPLE =
  'lanterns name:text:1-50:unique budget:decimal:10,2 opened:date:null active:boolean:default=true parent:lanterns:null state:enum:open,closed'

/** What a command that writes would change. */
function state() {
  return {
    resources: readdirSync('src/resources'),
    migrations: readdirSync('src/platform/database/migrations'),
    history: readFileSync('src/platform/database/migrations/history.ts', 'utf8'),
    test: existsSync('test/departments.test.ts'),
  }
}
