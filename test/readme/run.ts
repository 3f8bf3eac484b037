import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Room } from '../package/room.js'
import { freePort } from '../postgres.js'
import { keptPromises } from '../promises.js'
import { Steps } from '../steps.js'

// What a reader of the README does, who has an empty home and a fresh clone: its commands as they are written, one after the other,
// to the first 200 with a token. It takes what is committed.

/** Words of the README that may stand before the end of that step, commands included. */
const MOST_WORDS = 400

/** Milliseconds in which Ctrl-C ends a service. */
const END = 10_000

const folder = await mkdtemp(join(tmpdir(), 'latchkey-readme-'))
const room = await Room.create(folder)
const port = await freePort()
const url = `http://localhost:${port}`
const steps = new Steps()
try {
  await read()
} finally {
  await rm(folder, { recursive: true, force: true })
}
steps.end()

async function read() {
  await room.run(`git clone --quiet '${process.cwd()}' latchkey`, folder)
  const project = join(folder, 'latchkey')
  const readme = await readFile(join(project, 'README.md'), 'utf8')
  const [first, second, seven] = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!)
  const start = first!.split('#')[0]!.trim()
  if (!(await steps.step(start, () => served(project, start, async () => {})))) return
  const [untilTheRoot] = /^.*?\n# 2\. .*?\n\n/s.exec(seven!)!
  const superuser = second!.trim()
  await steps.step(`${superuser}, and the steps to a 200 with a token`, () =>
    served(project, superuser, async () => {
      assert.equal(await keptPromises(untilTheRoot, url, room.env), 2)
    }),
  )
  await steps.step(`at most ${MOST_WORDS} words are read until then`, async () => {
    const words = readme.slice(0, readme.indexOf(untilTheRoot) + untilTheRoot.length).split(/\s+/).length - 1
    assert.ok(words <= MOST_WORDS, `${words} words`)
    return `${words} words`
  })
}

/** Types the command, does the work once the service tells how it is ended, and ends it so. */
async function served(project: string, command: string, work: () => Promise<void>): Promise<void> {
  const typed = await room.type(command, project, { PORT: String(port) })
  try {
    await typed.shows('Ctrl-C')
    await work()
    await typed.interrupt(END)
  } finally {
    typed.end()
  }
}
