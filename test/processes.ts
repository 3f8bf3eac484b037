import { spawnSync } from 'node:child_process'

/** The processes that this one has started and that run. */
export function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=,stat=', '--ppid', String(pid)], { encoding: 'utf8' })
  return running(stdout)
}

export function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'pid=,stat=', '--pid', String(pid)], { encoding: 'utf8' })
  return running(stdout).length > 0
}

/** One that has ended stays in the table, as a zombie, until somebody asks for its exit code. */
function running(table: string): number[] {
  return [...table.matchAll(/^ *(\d+) ([^Z]\S*)$/gm)].map(([, pid]) => Number(pid))
}
