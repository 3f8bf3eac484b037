import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { expect } from 'chai'
import ts from 'typescript'
import { planOf } from '../src/document/resource/arguments.js'
import { filesOf } from '../src/document/resource/written.js'
import { closeVisitors, Visitor } from './admin/browser.js'
import { CREDENTIALS, FIRST, latchkey, ServerProcess } from './process.js'

// `npm run test:resource` runs the command itself and every test of what it leaves.

describe('a second resource', function () {
  this.timeout(120_000)
  let room: string
  let migration: string

  before(() => {
    room = mkdtempSync(join(tmpdir(), 'latchkey-resource-'))
    for (const name of ['src', 'spec', 'build', 'package.json', 'tsconfig.json', 'tsoa.json'])
      cpSync(name, join(room, name), { recursive: true })
    symlinkSync(resolve('node_modules'), join(room, 'node_modules'))
    const written = filesOf(planOf({ name: 'lanterns', fields: ['name:text:1-50', 'parent:lanterns:null'] }))
    const files = [...written].filter(([file]) => file.startsWith('src/'))
    for (const [file, text] of files) {
      mkdirSync(join(room, dirname(file)), { recursive: true })
      writeFileSync(join(room, file), text)
    }
    migration = /\/(\d{4}-lanterns)\.ts/.exec(files.flat().join('\n'))![1]!
    execFileSync('node_modules/.bin/tsoa', ['spec-and-routes'], { cwd: room })
    compile([...files.map(([file]) => file), 'build/routes.ts'].map((file) => join(room, file)))
    execFileSync(process.execPath, ['build/src/document/finish.js'], { cwd: room })
  })

  after(() => {
    rmSync(room, { recursive: true, force: true })
  })

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

  it('appears on the admin site, which has no code for it, with a picker for what it refers to', async () => {
    const env = { DATABASE_URL: `sqlite:${join(room, 'served.sqlite3')}`, ...FIRST }
    const server = await ServerProcess.start(env, room)
    try {
      const visitor = await Visitor.open(server.url)
      const { page } = visitor
      await visitor.signIn(CREDENTIALS.username, CREDENTIALS.password)
      await page.getByRole('menuitem', { name: 'Lanterns' }).click()
      await page.getByRole('link', { name: 'Add lantern' }).click()
      await page.getByLabel('Name').fill('Great')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('heading', { name: 'Lantern Great' }).waitFor()
      await page.getByRole('menuitem', { name: 'Lanterns' }).click()
      await page.getByRole('link', { name: 'Add lantern' }).click()
      await page.getByLabel('Name').fill('Small')
      await page.getByLabel('Parent').fill('Great')
      await page.getByRole('option', { name: 'Great' }).click()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('heading', { name: 'Lantern Small' }).waitFor()
      await page.getByRole('menuitem', { name: 'Lanterns' }).click()
      await page.getByRole('row', { name: /Small.*Great/ }).waitFor()
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
    await before('scope add lanterns:read')
    await before('token create root --name x --scope lanterns:read')

    const after = (line: string) => {
      const options = { env: { ...process.env, ...env }, encoding: 'utf8' } as const
      return spawnSync(process.execPath, [join(room, 'build/src/cli.js'), ...line.split(' ')], options)
    }
    for (const line of ['serve', 'migrate', 'token list']) {
      const { status, stderr } = after(line)
      expect(status, stderr).to.equal(1)
      expect(stderr).to.match(/^latchkey: .*run `latchkey scope remove lanterns:read`.*\n$/)
    }
    expect(after('migrate status').stdout).to.contain(`pending: ${migration}`)

    expect(after('scope remove lanterns:read')).to.include({ status: 0, stderr: '' })
    expect(after('migrate').stdout).to.equal(`applied ${migration}\n`)
    const [token] = JSON.parse(after('token list --json').stdout)
    expect(token).to.deep.include({ name: 'x', scopes: [] })
  })
})
