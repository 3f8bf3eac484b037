import { execFile } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { REAL_HASHES } from './hashes.js'

describe('npm start', function () {
  this.timeout(30_000)
  let room: string

  beforeEach(() => {
    room = mkdtempSync(join(tmpdir(), 'latchkey-build-'))
    for (const name of ['package.json', 'src/document/build.js']) cpSync(name, join(room, name))
    put('build/src/server.js', "process.stdout.write('served\\n')")
  })

  afterEach(() => rmSync(room, { recursive: true, force: true }))

  it('without the packages for development serves the build that is there', async () => {
    expect(await start()).to.deep.equal({
      code: 0,
      stdout: 'served\n',
      stderr: 'tsoa, typescript, vite are not installed: the build that is there is used as it is\n',
    })
  })

  it('without them and without a build says so', async () => {
    rmSync(join(room, 'build'), { recursive: true })
    const { code, stdout, stderr } = await start()
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    expect(stderr).to.match(/^tsoa, typescript, vite are not installed: nothing can be built, [^\n]*\n$/)
  })

  it('whose build fails at a late step leaves the one that works', async () => {
    installTools()
    put('node_modules/.bin/tsoa', '#!/bin/sh\nmkdir build && echo half > build/routes.ts')
    put('node_modules/.bin/tsc', '#!/bin/sh\nexit 2')
    const { code, stdout } = await start()
    expect(code).not.to.equal(0)
    expect(stdout).not.to.contain('served')
    expect(readFileSync(join(room, 'build/src/server.js'), 'utf8')).to.contain('served')
    expect(existsSync(join(room, 'build/routes.ts'))).to.equal(false)
    expect(existsSync(join(room, 'build.aside'))).to.equal(false)
  })

  it('on a terminal tells each step of a build in a line', async () => {
    installTools()
    const made = ['src/document/tsoa-runtime', 'src/document/finish', 'src/document/postman', 'src/server'].map(
      (name) => `build/${name}.js`,
    )
    put('node_modules/.bin/tsoa', '#!/bin/sh\n')
    put('node_modules/.bin/tsc', `#!/bin/sh\nmkdir -p build/src/document && touch ${made.join(' ')}`)
    put('node_modules/.bin/vite', '#!/bin/sh\n')
    const { stdout } = await start('script', ['--quiet', '--return', '--command', 'npm start --silent', '/dev/null'])
    expect(stdout).to.equal('Building the service …\r\nBuilding its sites …\r\n')
  })

  it('after a build that was killed has the one before it', async () => {
    cpSync(join(room, 'build'), join(room, 'build.aside'), { recursive: true })
    rmSync(join(room, 'build/src'), { recursive: true })
    expect((await start()).stdout).to.equal('served\n')
  })

  function put(name: string, text: string) {
    mkdirSync(dirname(join(room, name)), { recursive: true })
    writeFileSync(join(room, name), text)
    if (name.includes('.bin/')) chmodSync(join(room, name), 0o755)
  }

  function installTools() {
    for (const name of ['tsoa', 'typescript', 'vite']) put(`node_modules/${name}/package.json`, '{}')
  }

  function start(file = 'npm', args = ['start', '--silent']) {
    return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) =>
      execFile(file, args, { cwd: room, env: { ...process.env, ...REAL_HASHES } }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      ),
    )
  }
})
