import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder whose syncs are counted, slowed down or kept as a power cut would leave it; see `disk.c`. */
export class Disk {
  private constructor(
    private readonly room: string,
    readonly folder: string,
    private readonly files: { library: string; copies: string; syncs: string },
  ) {}

  /** @param before the disk whose power was cut: what it kept is what is there */
  static async make(before?: Disk): Promise<Disk> {
    const room = await mkdtemp(join(tmpdir(), 'latchkey-disk-'))
    const [folder, library, copies, syncs] = ['folder', 'disk.so', 'copies', 'syncs'].map((name) =>
      join(room, name),
    ) as [string, string, string, string]
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, 'test/faults/disk.c', '-ldl', '-lpthread'])
    if (before) await cp(before.files.copies, folder, { recursive: true, filter: (path) => !path.endsWith('/inodes') })
    else await mkdir(folder)
    await mkdir(copies)
    return new Disk(room, folder, { library, copies, syncs })
  }

  /** For a server that is started on it once. */
  env({ delay }: { delay?: number } = {}): Record<string, string> {
    const { library, copies, syncs } = this.files
    return {
      DATABASE_URL: `sqlite:${join(this.folder, 'db.sqlite3')}`,
      LD_PRELOAD: library,
      DISK_FOLDER: this.folder,
      ...(delay === undefined ? { DISK_COPIES: copies } : { DISK_SYNCS: syncs, DISK_DELAY: String(delay) }),
    }
  }

  /** Syncs of the database's files so far. */
  async syncs(): Promise<number> {
    return (await readFile(this.files.syncs, 'utf8')).trim().split('\n').length
  }

  remove(): Promise<void> {
    return rm(this.room, { recursive: true, force: true })
  }
}
