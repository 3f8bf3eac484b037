import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

// What `npm run build` does, in JavaScript because it runs before anything is compiled. A build that works is put aside while
// another one is made, and comes back when that fails. With `--unless-impossible`, as `npm start` has it, a folder without the
// packages for development keeps the build that it has.

const BUILD = 'build'
const ASIDE = 'build.aside'
const TOOLS = ['tsoa', 'typescript', 'vite']

/** What is built, as whoever watches is told it, and by which scripts. */
const STEPS = [
  ['Building the service', 'compile'],
  ['Building its sites', 'build:sites'],
]

// A build that was killed has left a part of one, and the whole one aside.
if (existsSync(ASIDE)) putBack()
const missing = TOOLS.filter((name) => !isInstalled(name))
process.exitCode = missing.length > 0 ? withoutTools() : await build()

function withoutTools() {
  const lack = `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed`
  if (process.argv.includes('--unless-impossible') && existsSync(`${BUILD}/src/server.js`)) {
    process.stderr.write(`${lack}: the build that is there is used as it is\n`)
    return 0
  }
  process.stderr.write(`${lack}: nothing can be built, and nothing was deleted; run npm ci\n`)
  return 1
}

/** @returns the exit code */
async function build() {
  let steps
  // Ctrl-C reaches the steps by itself; this process stays for what has to be put back, from before anything is put aside.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => steps.kill(signal))
  if (existsSync(BUILD)) renameSync(BUILD, ASIDE)
  steps = spawn(STEPS.map(commandOf).join(' && '), { shell: true, stdio: 'inherit' })
  const [code] = await once(steps, 'exit')
  if (code === 0) rmSync(ASIDE, { recursive: true, force: true })
  else if (existsSync(ASIDE)) putBack()
  return code ?? 1
}

/** npm's own lines say nothing to whom has just come. */
function commandOf([what, script]) {
  return process.stdout.isTTY ? `echo "${what} …" && npm run --silent ${script}` : `npm run ${script}`
}

function putBack() {
  rmSync(BUILD, { recursive: true, force: true })
  renameSync(ASIDE, BUILD)
}

function isInstalled(name) {
  try {
    createRequire(resolve('package.json')).resolve(`${name}/package.json`)
    return true
  } catch {
    return false
  }
}
