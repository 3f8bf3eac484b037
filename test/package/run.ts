import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { blockOf } from '../blocks.js'
import { Collector } from '../collector.js'
import { freePort } from '../postgres.js'
import { FIRST } from '../process.js'
import { sevenSteps } from '../seven-steps.js'
import { Steps } from '../steps.js'
import { checkedContents } from './contents.js'
import { Room, type Typed } from './room.js'

// Makes the package, and does with it what somebody does who has nothing but the package: an empty home, empty folders, no sources
// and no packages for development. With --packed FILE it takes the one that is made already.

/** The packages whose installation runs a program: it fetches a binary that was built, or builds it. */
const WITH_SCRIPTS = ['bcrypt', 'sqlite3']

/** npm 12 asks for it. */
const ALLOWED = '--allow-scripts=sqlite3,bcrypt'

const SITES = ['/admin/', '/docs/', '/account/']

const folder = await mkdtemp(join(tmpdir(), 'latchkey-package-'))
await chmod(folder, 0o755)
const room = await Room.create(folder)
const steps = new Steps()
let served: Typed | undefined
try {
  let tarball = ''
  const isMade = await steps.step('npm pack', async () => {
    tarball = await packed()
  })
  if (isMade) {
    await steps.step('what is in it', () => contents(tarball))
    await steps.step('npm install --omit=dev', () => installed(tarball))
    await steps.step('traces, by the lines of docs/metrics.md', traced)
    await run(tarball)
    await steps.step('npm install --global, by the line of docs/package.md', () => installedForAll(tarball))
  }
} finally {
  served?.end()
  await rm(folder, { recursive: true, force: true })
}
steps.end()

async function packed(): Promise<string> {
  const given = process.argv.indexOf('--packed')
  if (given > 0) return resolve(process.argv[given + 1]!)
  const target = await room.emptyFolder('packed')
  await room.run(`npm pack --pack-destination ${target}`, process.cwd())
  return join(target, readdirSync(target)[0]!)
}

async function contents(tarball: string): Promise<string> {
  const target = await room.emptyFolder('unpacked')
  await room.run(`tar -xf ${tarball} -C ${target}`, target)
  const unpacked = join(target, 'package')
  const files = readdirSync(unpacked, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(unpacked.length + 1))
  const kinds = await checkedContents(unpacked, files, process.cwd())
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(unpacked, file))).size))
  const whole = sizes.reduce((sum, size) => sum + size, 0)
  return `${files.length} files, ${megabytes((await stat(tarball)).size)} packed, ${megabytes(whole)} unpacked: ${kinds}`
}

/** Without their scripts, which the next step runs: the command says what is missing then. */
async function installed(tarball: string): Promise<string> {
  const target = await room.emptyFolder('installed')
  await room.run(`npm install --omit=dev --ignore-scripts --no-audit --no-fund ${tarball}`, target)
  const { packages } = JSON.parse(await readFile(join(target, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: true }>
  }
  const there = Object.keys(packages).filter((path) => path && existsSync(join(target, path)))
  const scripts = there.filter((path) => packages[path]!.hasInstallScript).map((path) => path.split('/').at(-1)!)
  assert.deepEqual(scripts.sort(), WITH_SCRIPTS)
  await assert.rejects(
    room.run('npx latchkey doctor', target),
    /latchkey: sqlite3 [^\n]* its install script did not run; /,
  )
  const [kilobytes] = (await room.run('du -sk node_modules', target)).split('\t')
  return `${there.length} packages, ${megabytes(Number(kilobytes) * 1024)}`
}

/** The lines that come after `npm pack` in docs/package.md, with the place of the package. */
async function linesOf(tarball: string): Promise<[serve: string, install: string]> {
  const [pack, ...lines] = blockOf('docs/package.md', 'npm pack')
    .trim()
    .split('\n')
    .map((line) => line.split('#')[0]!.trim())
  assert.equal(pack, 'npm pack')
  const written = `./${basename(tarball)}`
  for (const line of lines) assert.ok(line.includes(written), `${line}: ${written}`)
  assert.equal(lines.length, 2)
  return lines.map((line) => line.replace(written, tarball)) as [string, string]
}

/** Without scripts, which take minutes and have been run by the start with npx: the command says so. */
async function installedForAll(tarball: string) {
  const [, install] = await linesOf(tarball)
  const prefix = await room.emptyFolder('global')
  await room.run(`${install} --ignore-scripts --no-audit --no-fund --prefix ${prefix}`, prefix)
  await assert.rejects(room.run(`${prefix}/bin/latchkey --version`, prefix), /latchkey: sqlite3 /)
}

/** In the folder of `installed`, whose packages have not run their scripts yet. */
async function traced() {
  const target = join(folder, 'installed')
  await room.run('npm rebuild sqlite3 bcrypt', target)
  const [install, start] = blockOf('docs/metrics.md', 'npm install @opentelemetry').trim().split('\n') as [
    string,
    string,
  ]
  await room.run(`${install} --no-audit --no-fund`, target)
  const collector = await Collector.start()
  const command = start.replace('http://localhost:4318', collector.url).replace('npm start', 'npx latchkey serve')
  assert.notEqual(command, start)
  const port = await freePort()
  const typed = await room.type(command, target, { ...FIRST, PORT: String(port) })
  try {
    await typed.shows('Ctrl-C')
    await sevenSteps(`http://localhost:${port}`)
    await typed.interrupt(10_000)
    assert.ok(collector.spans.length > 0, typed.screen)
  } finally {
    typed.end()
    collector.stop()
  }
}

async function run(tarball: string) {
  const target = await room.emptyFolder('empty')
  const port = await freePort()
  const [serve] = await linesOf(tarball)
  const latchkey = serve.replace('npx', `npx --yes ${ALLOWED}`).replace(/ serve$/, '')
  const url = `http://localhost:${port}`
  const isServed = await steps.step('npx … latchkey serve in an empty folder', async () => {
    served = await room.type(`${latchkey} serve`, target, { ...FIRST, PORT: String(port) })
    await served.shows('Ctrl-C')
    assert.equal((await fetch(`${url}/readyz`)).status, 200)
  })
  if (!isServed) return
  await steps.step('it says where its data is and how the command is typed, and both are so', async () => {
    const file = join(target, 'data/latchkey.sqlite3')
    assert.match(served!.screen, new RegExp(`stays in ${file}$`, 'm'))
    assert.ok(existsSync(file))
    const [, command] = / The command +(npx .*)$/m.exec(served!.screen)!
    assert.match(await room.run(command!, target), /^Usage: latchkey /)
  })
  await steps.step('the sites, each with its first script', async () => {
    for (const site of SITES) {
      const [, script] = /<script[^>]* src="([^"]+)"/.exec(await text(site))!
      await text(new URL(script!, url + site).pathname)
    }
  })
  await steps.step('no page of a site is kept: npm gives the files of two versions the same date', async () => {
    for (const site of SITES)
      assert.equal((await fetch(new URL(site, url))).headers.get('cache-control'), 'no-store', site)
  })
  await steps.step('the document and the Postman collection', async () => {
    assert.match(JSON.parse(await text('/openapi.json')).openapi, /^3\./)
    assert.ok(JSON.parse(await text('/postman_collection.json')).item.length > 0)
  })
  await steps.step('the seven steps', async () => {
    await sevenSteps(url)
  })
  await steps.step('latchkey user list, in the same folder', async () => {
    assert.match(await room.run(`${latchkey} user list`, target), /Srinivas/)
  })
  await steps.step('latchkey doctor', async () => {
    await room.run(`${latchkey} doctor`, target)
  })
  await steps.step('Ctrl-C ends it', async () => {
    await served!.interrupt(10_000)
    assert.match(served!.screen, /stopped/)
    await assert.rejects(fetch(`${url}/readyz`))
  })

  async function text(path: string): Promise<string> {
    const response = await fetch(new URL(path, url))
    assert.equal(response.status, 200, path)
    return response.text()
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
