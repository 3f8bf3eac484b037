import { execFile } from 'node:child_process'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What a stage of a Dockerfile has made. */
export interface Image {
  /** Where its working directory is. */
  folder: string
  env: Record<string, string>
  command: string[]
  health: string[]
  /** Who runs the command. */
  user: string
}

interface Stage extends Image {
  root: string
}

export interface Replay {
  dockerfile: string
  context: string
  /** An empty folder: each stage gets one of its own in it. */
  room: string
  /** What is run instead of a RUN line. */
  instead: Record<string, string>
}

/** What only an engine does. */
const NOT_REPLAYED = ['VOLUME', 'EXPOSE']

/**
 * Does what `docker build` would, instruction by instruction, in folders: the base images and volumes are not there.
 * @throws at an instruction that it does not know, and when one fails
 */
export async function buildImage({ dockerfile, context, room, instead }: Replay): Promise<Image> {
  const stages: { name: string | undefined; stage: Stage }[] = []
  const ignored = await ignoredBy(`${dockerfile}.dockerignore`)
  for (const [keyword, rest] of instructions(await readFile(dockerfile, 'utf8'))) {
    if (keyword === 'FROM') {
      const root = join(room, String(stages.length))
      await mkdir(root)
      stages.push({
        name: / AS (\S+)$/.exec(rest)?.[1],
        stage: { root, folder: root, env: {}, command: [], health: [], user: 'root' },
      })
      continue
    }
    const { stage } = stages.at(-1)!
    if (keyword === 'WORKDIR') {
      stage.folder = join(stage.root, rest)
      await mkdir(stage.folder, { recursive: true })
    } else if (keyword === 'ENV')
      for (const [, name, value] of rest.matchAll(/(\w+)=(\S+)/g)) stage.env[name!] = expanded(value!, stage)
    else if (keyword === 'USER') stage.user = rest
    else if (keyword === 'COPY') {
      const [, from, words] = /^(?:--from=(\S+) )?(.*)$/.exec(rest)!
      const source = from ? stages.find(({ name }) => name === from)!.stage.root : context
      await copy(words!.split(' '), source, stage.folder, from ? () => false : ignored)
    } else if (keyword === 'RUN') await shell(instead[rest] ?? rest, stage)
    else if (keyword === 'CMD') stage.command = JSON.parse(rest)
    else if (keyword === 'HEALTHCHECK') stage.health = JSON.parse(/ CMD (\[.*)$/.exec(rest)![1]!)
    else if (!NOT_REPLAYED.includes(keyword)) throw new Error(`${dockerfile}: ${keyword} is unknown here`)
  }
  return stages.at(-1)!.stage
}

/** A path of the image is one in the stage's folder here. */
function expanded(value: string, { root, env }: Stage): string {
  return value
    .replaceAll(/(^|:)(?=\/)/g, (start) => start + root)
    .replaceAll(/\$(\w+)/g, (_, name: string) => env[name] ?? process.env[name] ?? '')
}

function instructions(text: string): [keyword: string, rest: string][] {
  return text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim())
    .map((line) => [line.split(' ')[0]!, line.slice(line.indexOf(' ') + 1)])
}

async function ignoredBy(file: string): Promise<(path: string) => boolean> {
  const patterns = (await readFile(file, 'utf8')).split('\n').filter(Boolean)
  const whole = patterns.map(
    (pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}(/|$)`),
  )
  return (path) => whole.some((pattern) => pattern.test(path))
}

async function copy(words: string[], source: string, folder: string, ignored: (path: string) => boolean) {
  const target = words.pop()!
  for (const word of words) {
    const from = join(source, word)
    // What is copied is a folder's content, and into a folder where the target ends with a slash.
    const to = join(folder, target, target.endsWith('/') ? word.split('/').at(-1)! : '')
    await mkdir(dirname(to), { recursive: true })
    await cp(from, to, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !ignored(relative(source, path)),
    })
  }
}

async function shell(command: string, { folder, env }: Stage) {
  const inherited = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    npm_config_nodedir: process.env.npm_config_nodedir,
  }
  await run('sh', ['-c', command], { cwd: folder, env: { ...inherited, ...env }, maxBuffer: 1e8 }).catch((error) => {
    throw new Error(`RUN ${command}: ${error.stdout}${error.stderr}`)
  })
}
