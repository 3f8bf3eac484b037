import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The last commit of 0.1.0, which has no tag. */
const FIRST_RELEASE = '012cb90ab2b363bfde8288be586ce187eaebe121'

/**
 * Builds the last release from this repository's history: its newest tag, or the commit that `UPGRADE_FROM` names. Its routes are
 * made by its own settings of tsoa; its types are not checked again, and its sites are those of this version.
 * @returns the folder, as `ServerProcess.start` takes it
 * @throws where the history is not there, as in a clone that has the last commits alone
 */
export async function lastRelease(): Promise<string> {
  const room = await mkdtemp(join(tmpdir(), 'latchkey-release-'))
  const folder = join(room, 'release')
  await mkdir(folder)
  const commit = process.env.UPGRADE_FROM || (await newestTag()) || FIRST_RELEASE
  await run('git', ['archive', '--output', join(room, 'release.tar'), commit])
  await run('tar', ['-xf', join(room, 'release.tar'), '-C', folder])
  await symlink(resolve('node_modules'), join(folder, 'node_modules'))
  await installMissing(room, folder)
  const bin = resolve('node_modules/.bin')
  await run(join(bin, 'tsoa'), ['spec-and-routes'], { cwd: folder })
  await run(join(bin, 'tsc'), ['--noCheck', '--noEmitOnError', 'false'], { cwd: folder }).catch(() => {})
  for (const site of ['admin', 'docs'])
    if (!existsSync(join(folder, 'build', site))) await symlink(resolve('build', site), join(folder, 'build', site))
  if (!existsSync(join(folder, 'build/src/server.js'))) throw new Error(`the release ${commit} cannot be built`)
  return folder
}

async function newestTag(): Promise<string> {
  return run('git', ['describe', '--tags', '--abbrev=0', '--match', 'v*']).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  )
}

/** What the release needs and this version does not; it is found from the release's folder on its way up. */
async function installMissing(room: string, folder: string) {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const missing = Object.entries(dependencies).filter(([name]) => !existsSync(join('node_modules', name)))
  if (missing.length === 0) return
  await writeFile(join(room, 'package.json'), JSON.stringify({ private: true }))
  const packages = missing.map(([name, range]) => `${name}@${range}`)
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], { cwd: room })
}
