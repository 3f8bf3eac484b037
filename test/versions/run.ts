import { cpSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FIRST } from '../process.js'
import { Steps } from '../steps.js'
import { Version } from './version.js'

// What a newcomer does with each version of Node.js: `npm ci` in a fresh copy, `npm start`, the seven steps, the tests without those
// in a browser, and how much memory is held after a load. The versions come as packages of npm. `npm run test:versions -- 26` takes
// that one alone.

const VERSIONS = ['22', '24', '26']
const LEFT_OUT = ['node_modules', 'build', 'build.aside', '.git', 'data', '.env', '*.log']

const given = process.argv.slice(2).filter((word) => /^\d+$/.test(word))
const folder = await mkdtemp(join(tmpdir(), 'latchkey-versions-'))
const steps = new Steps()
try {
  for (const number of given.length > 0 ? given : VERSIONS) await tried(number)
} finally {
  await rm(folder, { recursive: true, force: true })
}
steps.end()

async function tried(number: string) {
  let version: Version
  const step = (name: string, work: () => Promise<unknown>) => steps.step(`Node.js ${number}: ${name}`, work)
  const isThere = await step('its binary', async () => {
    version = await Version.fetched(number, join(folder, number))
    return version.name
  })
  if (!isThere) return
  const copy = version!.project
  for (const name of readdirSync('.').filter((name) => !LEFT_OUT.includes(name)))
    cpSync(name, join(copy, name), { recursive: true })
  if (!(await step('npm ci', () => version.run('npm ci --no-fund')))) return
  if (!(await step('npm start, with its build', () => version.start(FIRST)))) return version!.stop()
  await step('the seven steps', () => version.sevenSteps())
  await step('memory after a load', () => version.memoryAfterLoad())
  await step('Ctrl-C', () => version.stop())
  await step('the tests without a browser', () => version.run('node build/test/run.js --api'))
}
