import { createAll, startServer, tokenOf } from './creates.js'
import { Disk } from './disk.js'
import { edited } from './edited.js'

/** Creates before the measurement: the first ones of a process are slower. */
const WARM = 300

/** Of a server whose writers never share a commit. */
export const GROUPS_OF_ONE = edited({
  file: 'platform/database/write-queue.js',
  from: 'GROUP_SIZE = 100',
  to: 'GROUP_SIZE = 1',
})

export interface Rate {
  creates: number
  /** A second. */
  rate: number
  /** Syncs to disk for each create. */
  syncs: number
}

/**
 * Measures the creates of a server of its own on a SQLite file.
 * @param delay milliseconds that each sync costs more
 */
export async function rateOf({
  clients,
  seconds,
  delay = 0,
  env = {},
}: {
  clients: number
  seconds: number
  delay?: number
  env?: Record<string, string>
}): Promise<Rate> {
  const disk = await Disk.make()
  const server = await startServer({ ...disk.env({ delay }), ...env })
  try {
    const token = await tokenOf(server)
    let empid = 0
    const createUntil = (isOver: () => boolean) =>
      createAll(server, { token, clients, next: () => (isOver() ? undefined : { empid: ++empid }) })
    const warm = performance.now() + 1000 * seconds
    await createUntil(() => empid >= WARM || performance.now() > warm)
    const [syncs, started] = [await disk.syncs(), performance.now()]
    const { acknowledged } = await createUntil(() => performance.now() - started > 1000 * seconds)
    const creates = acknowledged.length
    return {
      creates,
      rate: creates / ((performance.now() - started) / 1000),
      syncs: ((await disk.syncs()) - syncs) / creates,
    }
  } finally {
    await server.stop()
    await disk.remove()
  }
}

/** For a line of figures. */
export function written({ creates, rate, syncs }: Rate): string {
  return `${creates} creates, ${rate.toFixed(0)} a second, ${syncs.toFixed(3)} syncs each`
}
