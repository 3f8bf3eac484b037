import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect } from 'chai'
import { newValue } from '../src/identity/tokens/value.js'
import { User } from '../src/identity/users/user.js'
import { VARIABLES } from '../src/platform/variables.js'
import { blockOf, readPages } from './blocks.js'
import { command } from './command.js'
import { freshDatabase } from './databases.js'
import { operations } from './document.js'
import { latchkey, ServerProcess } from './process.js'
import { keptPromises, runAside } from './promises.js'
import { sql } from './sql.js'
import { clientOf, makePersonal, makeUser, superuserClient, TESTER, url } from './support.js'

/** Lines that a first screen and a little more has room for. */
const MOST_LINES = 160

const ADMINISTRATOR = { username: 'Srinivas', password: 'admin123' }

/** A page's path -> its text. */
let pages: Record<string, string>

describe('the README and docs/', function () {
  this.timeout(300_000)

  before(() => {
    pages = readPages()
  })

  it('have a README that is short', () => {
    expect(pages['README.md']!.trimEnd().split('\n').length).to.be.at.most(MOST_LINES)
  })

  it('have a README that leads to each page, or to the page that its folder belongs to and that leads there', () => {
    for (const page of Object.keys(pages).filter((name) => name !== 'README.md')) {
      const folder = dirname(page)
      const above = folder === 'docs' ? 'README.md' : `${folder}.md`
      const targets = [...pages[above]!.matchAll(/\]\(([^)#]+)/g)].map(([, to]) => join(dirname(above), to!))
      expect(targets, above).to.include(page)
    }
  })

  it('have seven steps that run word for word and answer what they say', async () => {
    await addAdministrator()
    const [, script] = /the seven steps:\n\n```sh\n(.*?)```/s.exec(pages['README.md']!)!
    expect(await keptPromises(script!, url)).to.equal(7)
  })

  it('have lines of curl that answer what they say, when they are repeated too', async () => {
    await addAdministrator()
    const keep = /^TOKEN=.*$/m.exec(pages['README.md']!)![0]
    for (const beginning of ['# 1. Everything', '# 1. The first time']) {
      const block = blockOf('docs/tokens.md', beginning)
      const lines = block.match(/^curl /gm)!.length
      for (const time of ['the first time', 'again'])
        expect(await keptPromises(`${keep}\n\n${block}`, url), time).to.equal(lines)
    }
  })

  it('name operations that are there, and bodies that they take', async () => {
    const root = await superuserClient()
    const named = spansOf(/^(GET|POST|PUT|PATCH|DELETE) (\/\S*)(?: (\{.*\}))?$/)
    expect(named).not.to.deep.equal([])
    for (const [text, method, path, body] of named) {
      const same = ({ method: other, path: at }: { method: string; path: string }) =>
        other === method && at.replace(/\{\w+\}/g, '{}') === path!.replace(/\{\w+\}/g, '{}')
      expect(operations.filter(same), text).to.have.lengthOf(1)
      if (!body) continue
      const { token, value } = await makePersonal(await makeUser())
      const answer = await root.post(path!.replace('{id}', String(token.id))).send(JSON.parse(body.replace('…', value)))
      expect(answer.status, text).to.be.within(200, 204)
    }
  })

  it('have a limit that a personal token takes', async () => {
    const [, limit] = spansOf(/^("rate_limit": .*)$/)[0]!
    const client = await clientOf(await makeUser())
    const token = { name: 'limited', scopes: ['employees:read'], ...JSON.parse(`{${limit}}`) }
    expect((await client.post('/api/tokens').send(token)).status).to.equal(201)
  })

  it('tell every setting as the code does', () => {
    const rows = [...pages['docs/production.md']!.matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm)]
    expect(rows.map(([, name, meaning]) => [name, meaning])).to.deep.equal(Object.entries(VARIABLES))
  })

  it('give scanners a pattern that finds our tokens', () => {
    const [, pattern] = /find it by `([^`]+)`/.exec(pages['docs/tokens.md']!)!
    expect(`key = "${newValue('lk')}"`).to.match(new RegExp(pattern!))
  })

  it('have commands that run, one after the other, on a database of their own', async () => {
    const database = await freshDatabase()
    const at = (path: string) => join(database.folder, path)
    for (const folder of ['backups', 'keys', 'srv/restored']) mkdirSync(at(folder), { recursive: true })
    const env = { ...process.env, LATCHKEY_SECRET_KEY: '', ...database.env }
    const run = async (block: string) => {
      const script = block.replace(/(?<=[\s:])\/(?=(?:backups|keys|srv)\/)/g, `${database.folder}/`)
      // Each command finds a password on its standard input, and how it ended is said after it.
      const cli = `'${process.execPath}' '${resolve('build/src/cli.js')}' "$@" <<< tea-for-2-at-4`
      const npx = `exec 3>&1\nnpx() { shift; local code=0; ${cli} || code=$?; echo "exit $code: $*" >&3; }`
      const output = await runAside(`set -e\ncd '${database.folder}'\n${npx}\n${script}`, env)
      const ends = [...output.matchAll(/^exit (\d): (\S+(?: [a-z]+)?)/gm)].map(([, code, name]) => ({ code, name }))
      expect(ends.length, output).to.equal(block.match(/npx latchkey/g)!.length)
      return ends.filter(({ code }) => code !== '0')
    }
    try {
      const denied = { code: '1', name: 'token explain' }
      expect(await run(blockOf('docs/production.md', 'npx latchkey'))).to.deep.equal([denied])
      await sql(
        database.env.DATABASE_URL,
        "INSERT INTO employees (empid, empname, salary) VALUES (101, 'Srinu', 20000)",
      )
      await runAside(`cp '${at('db.sqlite3.key')}' '${at('keys/latchkey.key')}'`)
      for (const [page, beginning] of [
        ['docs/production/failover.md', 'npx latchkey'],
        ['docs/production/upgrade.md', 'npx latchkey'],
        ['docs/csv.md', 'npx latchkey'],
        ['docs/housekeeping.md', 'npx latchkey'],
        ['docs/backup.md', 'cp '],
      ] as const)
        expect(await run(blockOf(page, beginning)), page).to.deep.equal([])
      const restored = { DATABASE_URL: `sqlite:${at('srv/restored/latchkey.sqlite3')}` }
      expect((await latchkey(['token', 'list'], restored)).stdout).to.contain('report')
    } finally {
      await database.remove()
    }
  })

  it('name npm scripts that are there', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
    const named = Object.values(pages).flatMap((text) => [...text.matchAll(/npm run ([\w:-]+)/g)])
    expect(named).not.to.deep.equal([])
    for (const [text, name] of named) expect(scripts, text).to.have.property(name!)
  })

  it('have links that lead to a file, and to a heading in it', () => {
    for (const [page, text] of Object.entries(pages)) {
      const links = [...proseOf(text).matchAll(/\]\(([^)]+)\)/g)].filter(([, to]) => !/^https?:/.test(to!))
      for (const [, to] of links) {
        const [path, anchor] = to!.split('#') as [string, string?]
        const file = path === '' ? page : join(dirname(page), path)
        expect(existsSync(file), `${page}: ${to}`).to.equal(true)
        if (anchor !== undefined) expect(anchorsOf(readFileSync(file, 'utf8')), `${page}: ${to}`).to.contain(anchor)
      }
    }
  })

  it('name commands and options that are there', async () => {
    const inBlocks = Object.keys(pages).flatMap((page) =>
      blocksOf(page).flatMap((block) => [...block.matchAll(/npx latchkey ([^#\n]+)/g)].map(([, words]) => words!)),
    )
    const named = [...inBlocks, ...spansOf(/^(?:npx )?latchkey (.+)$/).map(([, words]) => words!)]
    const helps = new Map<string, Promise<string>>()
    const helpOf = (name: string) => {
      const help = helps.get(name) ?? command([...name.split(' '), '--help']).then(({ stdout }) => stdout)
      helps.set(name, help)
      return help
    }
    for (const text of new Set(named)) {
      const [first, subcommand] = text.trim().split(/ +/) as [string, string?]
      if (['--help', '--version'].includes(first)) continue
      const hasCommands = /^Commands:$/m.test(await helpOf(first))
      const name = hasCommands && subcommand ? `${first} ${subcommand}` : first
      const help = await helpOf(name)
      expect(help, text).to.match(new RegExp(`^Usage: latchkey ${name} `))
      for (const [option] of text.matchAll(/--[a-z-]+/g)) expect(help, text).to.match(new RegExp(`^ +${option} `, 'm'))
    }
  })

  it('have lines of newman that pass', async () => {
    const database = await freshDatabase()
    const server = await ServerProcess.start({
      ...database.env,
      LATCHKEY_SUPERUSER_USERNAME: ADMINISTRATOR.username,
      LATCHKEY_SUPERUSER_PASSWORD: ADMINISTRATOR.password,
    })
    try {
      const lines = blocksOf('docs/clients.md').flatMap((block) => block.match(/^npx newman .*$/gm) ?? [])
      expect(lines).to.have.lengthOf(2)
      for (const line of lines) {
        const here = line.replace(/ --env-var baseUrl=\S+|$/, ` --env-var baseUrl=${server.url}`)
        // As in run.ts, of newman.
        const output = await runAside(
          `npx() { NODE_OPTIONS=--disable-warning=DEP0176 node_modules/.bin/"$@"; }\n${here}`,
        )
        expect(output).to.match(/assertions │ +[1-9]\d* │ +0 │/)
      }
    } finally {
      await server.stop()
      await database.remove()
    }
  })
})

function addAdministrator() {
  const password = { text: ADMINISTRATOR.password, rules: 'waived' } as const
  return User.add({ username: ADMINISTRATOR.username, password, isSuperuser: true }, TESTER)
}

/** The shell's blocks of the pages whose path begins so. */
function blocksOf(path: string): string[] {
  return Object.keys(pages)
    .filter((page) => page.startsWith(path))
    .flatMap((page) => [...pages[page]!.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!))
}

/** What all pages have between two backquotes, where it is of a form. */
function spansOf(form: RegExp): RegExpExecArray[] {
  return Object.values(pages)
    .flatMap((text) => [...proseOf(text).matchAll(/`([^`\n]+)`/g)].map(([, span]) => form.exec(span!)))
    .filter((match) => match !== null)
}

function proseOf(text: string): string {
  return text.replace(/^```.*?^```$/gms, '')
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}
