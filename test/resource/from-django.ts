import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freshDatabase } from '../databases.js'

const row = (pk: number, parent: number | null) => ({
  model: 'shop.department',
  pk,
  fields: { name: `Department ${pk}`, budget: '1.00', parent, state: 'open' },
})

/**
 * Rows come after those that they refer to, and one that refers to none is left out, with those that refer to it.
 * @returns what failed
 */
export async function fromDjango(room: string): Promise<string | undefined> {
  const { env, remove } = await freshDatabase()
  try {
    const file = join(room, 'dump.json')
    writeFileSync(file, JSON.stringify([row(2, 1), row(1, null), row(3, 99), row(4, 3)]))
    const run = (...options: string[]) =>
      spawnSync(process.execPath, ['build/src/cli.js', ...options], {
        cwd: room,
        env: { ...process.env, ...env },
        encoding: 'utf8',
      })
    run('migrate')
    const { status, stdout } = run('import', 'django', file, '--resource', 'departments=shop.department', '--json')
    const [{ came, left_out }] = JSON.parse(stdout).rows
    const labels = left_out.flatMap((left: { labels: string[] }) => left.labels)
    return status === 0 && came === 2 && labels.join() === '3,4' ? undefined : stdout
  } finally {
    await remove()
  }
}
