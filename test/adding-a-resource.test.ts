import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import ts from 'typescript'
import { closeVisitors, Visitor } from './admin/browser.js'
import { latchkey, ServerProcess } from './process.js'

const FIXTURE = 'test/fixtures/departments'

/** Where each file of a resource goes. */
const PLACES: Record<string, string> = {
  'department.ts': 'src/resources/departments/department.ts',
  'departments.controller.ts': 'src/resources/departments/departments.controller.ts',
  '0100-departments.ts': 'src/platform/database/migrations/0100-departments.ts',
  'departments.test.ts': 'test/departments.test.ts',
}

const LIST = 'src/platform/database/migrations/history.ts'
const LINE = "  '0100-departments': () => import('./0100-departments.js'),"

/** What holds for every operation, table and file; each takes what the fixture adds in. */
const SUITES: Record<string, string> = {
  architecture: 'src',
  departments: 'departments',
  document: 'the document',
  postman: 'the Postman collection (has every operation|passes from top)',
  schema: 'the migrations build',
  spec: '(the document|(list|replace|update|delete)Departments?)',
}

describe('a second resource', function () {
  this.timeout(120_000)
  let room: string

  before(() => {
    room = mkdtempSync(join(tmpdir(), 'latchkey-resource-'))
    for (const name of ['src', 'test', 'spec', 'build', 'package.json', 'tsconfig.json', 'tsoa.json', 'README.md'])
      cpSync(name, join(room, name), { recursive: true })
    for (const name of ['node_modules', 'redocly.yaml']) symlinkSync(resolve(name), join(room, name))
    for (const [file, place] of Object.entries(PLACES)) cpSync(join(FIXTURE, file), join(room, place))
    const list = join(room, LIST)
    const history = /(const HISTORY[^{]*\{[^}]*\}[^{]*\{\n(?: {2}'.*\n)+)/
    writeFileSync(list, readFileSync(list, 'utf8').replace(history, `$1${LINE}\n`))
    expect(readFileSync(list, 'utf8')).to.contain(LINE)
    run('node_modules/.bin/tsoa', 'spec-and-routes')
    compile([...Object.values(PLACES), LIST, 'build/routes.ts'].map((file) => join(room, file)))
    for (const made of ['finish', 'postman']) run(process.execPath, `build/src/document/${made}.js`)
  })

  after(() => {
    rmSync(room, { recursive: true, force: true })
  })

  const run = (command: string, ...options: string[]) => {
    const env = { ...process.env, DATABASE_URL: `sqlite:${join(room, 'test.sqlite3')}`, TEST_TEMPLATE: '' }
    return execFileSync(command, options, { cwd: room, env, encoding: 'utf8' })
  }

  /** As `tsc` does, but for these files alone: what they build upon has been compiled already. */
  const compile = (files: string[]) => {
    const { config } = ts.readConfigFile(join(room, 'tsconfig.json'), ts.sys.readFile)
    const program = ts.createProgram(files, ts.parseJsonConfigFileContent(config, ts.sys, room).options)
    const found = files.flatMap((file) => {
      const source = program.getSourceFile(file)!
      const complaints = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
      program.emit(source)
      return complaints.map(({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
    })
    expect(found).to.deep.equal([])
  }

  it('is four files and one line, and passes the tests that hold for everything', () => {
    const files = Object.keys(SUITES).map((name) => `build/test/${name}.test.js`)
    const titles = `^(${Object.values(SUITES).join('|')})\\b`
    const output = run(process.execPath, 'node_modules/mocha/bin/mocha.js', ...files, '--grep', titles)
    for (const suite of ['departments', 'the Postman collection', 'the migrations', 'listDepartments'])
      expect(output).to.match(new RegExp(`^ *${suite}\n`, 'm'))
    expect(output)
      .to.match(/ [1-9]\d* passing/)
      .and.not.match(/failing|pending/)
  })

  it('appears on the admin site, which has no code for it', async () => {
    const password = 'tea-for-2-at-4'
    const env = {
      DATABASE_URL: `sqlite:${join(room, 'served.sqlite3')}`,
      LATCHKEY_SUPERUSER_USERNAME: 'root',
      LATCHKEY_SUPERUSER_PASSWORD: password,
    }
    const server = await ServerProcess.start(env, room)
    try {
      const visitor = await Visitor.open(server.url)
      const { page } = visitor
      await visitor.signIn('root', password)
      await page.getByRole('menuitem', { name: 'Departments' }).click()
      await page.getByRole('link', { name: 'Add department' }).click()
      await page.getByLabel('Name').fill('Payroll')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('heading', { name: 'Department Payroll' }).waitFor()
      await page.getByLabel('Name').fill('Wages')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('Element updated').waitFor()
      await page.getByRole('menuitem', { name: 'Departments' }).click()
      await page.getByRole('link', { name: '1' }).waitFor()
      expect(await page.locator('tbody').innerText()).to.contain('Wages')
      await closeVisitors()
    } finally {
      await server.stop()
    }
  })

  it('is refused where its scope is somebody’s own, before any migration, until that is removed', async () => {
    const env = { DATABASE_URL: `sqlite:${join(room, 'taken.sqlite3')}`, LATCHKEY_SECRET_KEY: '', PORT: '0' }
    const before = async (line: string, input?: string) => {
      const { code, stderr } = await latchkey(line.split(' '), env, input)
      expect(code, stderr).to.equal(0)
    }
    await before('createsuperuser --username root', 'tea-for-2-at-4')
    await before('scope add departments:read')
    await before('token create root --name x --scope departments:read')

    const after = (line: string) => {
      const options = { env: { ...process.env, ...env }, encoding: 'utf8' } as const
      return spawnSync(process.execPath, [join(room, 'build/src/cli.js'), ...line.split(' ')], options)
    }
    for (const line of ['serve', 'migrate', 'token list']) {
      const { status, stderr } = after(line)
      expect(status, stderr).to.equal(1)
      expect(stderr).to.match(/^latchkey: .*run `latchkey scope remove departments:read`.*\n$/)
    }
    expect(after('migrate status').stdout).to.contain('pending: 0100-departments')

    expect(after('scope remove departments:read')).to.include({ status: 0, stderr: '' })
    expect(after('migrate').stdout).to.equal('applied 0100-departments\n')
    const [token] = JSON.parse(after('token list --json').stdout)
    expect(token).to.deep.include({ name: 'x', scopes: [] })
  })

  it('takes the lines that CONTRIBUTING tells', () => {
    const told = readFileSync('CONTRIBUTING.md', 'utf8')
    for (const [file, place] of Object.entries(PLACES)) {
      const lines = readFileSync(join(FIXTURE, file), 'utf8').trimEnd().split('\n').length
      expect(told).to.contain(`| \`${place}\` | ${lines} |`)
    }
    expect(told).to.contain(LINE.trim())
    expect(readdirSync(FIXTURE)).to.have.members(Object.keys(PLACES))
  })
})
