import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder whose syncs are counted, slowed down or kept as a power cut would leave it; see `disk.c`. */
export class Disk {
  private constructor(
    private readonly room: string,
    readonly folder: string,
  ) {}

  /** @param before the disk whose power was cut: what it kept is what is there */
  static async make(before?: Disk): Promise<Disk> {
    const room = await mkdtemp(join(tmpdir(), 'latchkey-disk-'))
    const disk = new Disk(room, join(room, 'folder'))
    const source = ['test/faults/disk.c', '-ldl', '-lpthread']
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', disk.file('disk.so'), ...source])
    await mkdir(disk.file('copies'))
    if (!before) await mkdir(disk.folder)
    else await cp(before.file('copies'), disk.folder, { recursive: true, filter: (path) => !path.endsWith('/inodes') })
    return disk
  }

  /** Of a server that is started on it once: what a power cut would leave is kept, or, with a delay, syncs are counted. */
  env({ delay }: { delay?: number } = {}): Record<string, string> {
    return {
      DATABASE_URL: `sqlite:${join(this.folder, 'db.sqlite3')}`,
      LD_PRELOAD: this.file('disk.so'),
      DISK_FOLDER: this.folder,
      DISK_BROKEN: this.file('broken'),
      ...(delay === undefined
        ? { DISK_COPIES: this.file('copies') }
        : { DISK_SYNCS: this.file('syncs'), DISK_DELAY: String(delay) }),
    }
  }

  /** Syncs so far. */
  async syncs(): Promise<number> {
    return (await readFile(this.file('syncs'), 'utf8')).trim().split('\n').length
  }

  /** From now on every sync fails. */
  break(): Promise<void> {
    return writeFile(this.file('broken'), '')
  }

  mend(): Promise<void> {
    return rm(this.file('broken'))
  }

  remove(): Promise<void> {
    return rm(this.room, { recursive: true, force: true })
  }

  private file(name: string): string {
    return join(this.room, name)
  }
}
