import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { isSqlite } from '../src/platform/database/connection.js'
import { closeVisitors, Visitor } from './admin/browser.js'
import { ServerProcess } from './process.js'

const FIXTURE = 'test/fixtures/departments'

/** Where each file of a resource goes. */
const PLACES: Record<string, string> = {
  'department.ts': 'src/departments/department.ts',
  'departments.controller.ts': 'src/departments/departments.controller.ts',
  '0100-departments.ts': 'src/migrations/0100-departments.ts',
  'departments.test.ts': 'test/departments.test.ts',
}

const LINE = "  '0100-departments': () => import('./0100-departments.js'),"

// The compiler is the same for both databases, so it runs once.
if (isSqlite)
  describe('a second resource', function () {
    this.timeout(240_000)
    let room: string

    before(() => {
      room = mkdtempSync(join(tmpdir(), 'latchkey-resource-'))
      for (const name of [
        'src',
        'test',
        'spec',
        'package.json',
        'tsconfig.json',
        'tsoa.json',
        'README.md',
        'CONTRIBUTING.md',
        'redocly.yaml',
      ])
        cpSync(name, join(room, name), { recursive: true })
      symlinkSync(resolve('node_modules'), join(room, 'node_modules'))
    })

    after(() => {
      rmSync(room, { recursive: true, force: true })
    })

    it('is four files and one line, and passes the tests that hold for everything', () => {
      for (const [file, place] of Object.entries(PLACES)) cpSync(join(FIXTURE, file), join(room, place))
      const list = join(room, 'src/migrations/index.ts')
      writeFileSync(
        list,
        readFileSync(list, 'utf8').replace(/(const HISTORY[^{]*\{[^}]*\}[^{]*\{\n(?: {2}'.*\n)+)/, `$1${LINE}\n`),
      )
      expect(readFileSync(list, 'utf8')).to.contain(LINE)
      const env = { ...process.env, DATABASE_URL: `sqlite:${join(room, 'test.sqlite3')}` }
      const run = (command: string, ...options: string[]) =>
        execFileSync(command, options, { cwd: room, env, encoding: 'utf8' })
      run('npm', 'run', 'build')
      const suites =
        '^(departments|the document|the Postman collection|src|the migrations|listDepartments|updateDepartment|deleteDepartment)'
      const output = run(process.execPath, 'node_modules/mocha/bin/mocha.js', 'build/test/*.test.js', '-g', suites)
      expect(output)
        .to.match(/listDepartments\n/)
        .and.to.match(/the Postman collection\n/)
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
