import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readdirSync, rmSync, statSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { latchkey } from '../process.js'

/** Nobody's, as far as this machine is concerned. */
const STRANGER = 65_534

/** Every command, as it is called in production.md, so that a new one is missed here. */
const CALLS = [
  'serve',
  'migrate',
  'createsuperuser --username Srinivas',
  'user create ravi',
  'user list',
  'user show ravi',
  'user disable ravi',
  'user enable ravi',
  'user password ravi',
  'user link ravi',
  'user delete ravi',
  'group list',
  'group create payroll',
  'group set payroll --no-scope',
  'token create ravi',
  'token list',
  'token show 1',
  'token change 1 --name ci',
  'token rotate 1',
  'token revoke 1',
  'token explain 1 GET /api/emp_viewset',
  'token scan package.json',
  'scope add reports:read',
  'scope list',
  'scope remove reports:read',
  'keys status',
  'keys rotate',
  'events verify',
  'events export',
  'history erase employees 101',
  'export users',
  'import csv package.json',
  'import django package.json',
  'prune',
  'doctor',
]

/** Needs root, to be another user. */
describe('a SQLite file in a folder of root, for another user', function () {
  this.timeout(60_000)

  let folder: string
  let file: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-root-'))
    chmodSync(folder, 0o755)
    file = join(folder, 'db.sqlite3')
    const { code, stderr } = await latchkey(['migrate'], { DATABASE_URL: `sqlite:${file}` })
    expect(code, stderr).to.equal(0)
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  it('is reported by doctor, with what to do', async () => {
    const { code, output } = await asStranger(['doctor'], file)
    expect(code, output).to.equal(1)
    expect(output).to.match(
      /^FAIL disk: DATABASE_URL: .* cannot be used by .* \(uid 65534\): its directory cannot be written to \(EACCES\); do: give /m,
    )
  })

  for (const call of [...CALLS.filter((name) => name !== 'doctor'), 'backup copy.sqlite3'])
    it(`is refused by ${call} in one line that names both`, async () => {
      const { code, output } = await asStranger(call.split(' '), file)
      expect(code, output).to.equal(1)
      expect(output.trimEnd().split('\n'), output).to.have.lengthOf(1)
      expect(output).to.contain(`DATABASE_URL: ${file} cannot be used by `).and.contain(` (uid ${STRANGER}): `)
    })

  it('that is not there yet is refused by serve, and nothing is made', async () => {
    const absent = join(folder, 'absent.sqlite3')
    for (const call of ['serve', 'migrate', 'createsuperuser --username Srinivas']) {
      const { code, output } = await asStranger(call.split(' '), absent)
      expect(code, output).to.equal(1)
      expect(output).to.match(
        /^latchkey: DATABASE_URL: [^\n]*absent\.sqlite3 cannot be used by [^\n]*\(uid 65534\)[^\n]*\n$/,
      )
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('absent'))).to.deep.equal([])
  })

  it('has every command tried', async () => {
    const named = async (args: string[]) => {
      const { stdout } = await latchkey([...args, '--help'], {})
      return [...stdout.matchAll(/^ {2}([a-z]+)( |$)/gm)].map(([, name]) => name!).filter((name) => name !== 'help')
    }
    const groups = ['user', 'group', 'token', 'scope', 'keys', 'events', 'history', 'import']
    const all = (await named([])).filter((name) => !groups.includes(name))
    for (const group of groups) for (const name of await named([group])) all.push(`${group} ${name}`)
    const tried = new Set([...CALLS, 'backup', 'token plan'].map((call) => call.split(' ')))
    for (const name of all)
      expect(
        [...tried].some((words) => words.slice(0, name.split(' ').length).join(' ') === name),
        name,
      ).to.equal(true)
  })
})

describe('the files of a service', function () {
  this.timeout(60_000)

  it('are for their owner alone in a folder that is open to all', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-open-'))
    chmodSync(folder, 0o777)
    const file = join(folder, 'db.sqlite3')
    try {
      const { code, output } = await asStranger(['migrate'], file)
      expect(code, output).to.equal(0)
      const { uid, mode } = statSync(file)
      expect([uid, mode & 0o777]).to.deep.equal([STRANGER, 0o600])
      // Another one reads none of them, whatever that one is let.
      const reading = () =>
        execFileSync('setpriv', ['--reuid=65533', '--clear-groups', 'cat', file], { stdio: 'ignore' })
      expect(reading).to.throw()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

/** May read whatever is there, as this project may lie where root alone looks, but write its own alone. */
async function asStranger(args: string[], file: string): Promise<{ code: number; output: string }> {
  const rights = ['--clear-groups', '--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search']
  const child = spawn(
    'setpriv',
    [`--reuid=${STRANGER}`, ...rights, process.execPath, resolve('build/src/cli.js'), ...args],
    { env: { ...process.env, DATABASE_URL: `sqlite:${file}`, PORT: '0', LATCHKEY_SECRET_KEY: '' } },
  )
  child.stdin.end('coffee-4-two\ncoffee-4-two\n')
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}
