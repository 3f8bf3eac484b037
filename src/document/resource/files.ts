import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Refusal } from './plan.js'

/** The files that a build writes outside of `build/`, which takes care of itself. */
const BUILT = ['spec/openapi.json', 'spec/postman_collection.json']

/**
 * Formats a file with the project's formatter, including its automatic fixes.
 * @throws {Refusal} without its package
 */
export function formatted(file: string, text: string): string {
  const biome = 'node_modules/.bin/biome'
  if (!existsSync(biome)) throw new Refusal('the packages for development are not installed; run npm ci')
  return execFileSync(biome, ['check', '--write', `--stdin-file-path=${file}`], {
    input: text,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/**
 * Writes the files and builds, or leaves everything as it was.
 * @param files new files, and files that replace existing ones
 * @throws {Refusal} with the last output of the build
 */
export async function writeAndBuild(files: Map<string, string>): Promise<void> {
  const before = new Map([...files.keys(), ...BUILT].map((file) => [file, contentOf(file)]))
  const interrupted = ['SIGINT', 'SIGTERM', 'SIGHUP']
  // The build gets the signal itself and ends. Then the files are restored.
  const wait = () => {}
  for (const signal of interrupted) process.on(signal, wait)
  try {
    for (const [file, text] of files) {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    await build()
  } catch (error) {
    for (const [file, text] of before) putBack(file, text)
    throw error
  } finally {
    for (const signal of interrupted) process.off(signal, wait)
  }
}

async function build() {
  const child = spawn(process.execPath, ['src/document/build.js'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  for (const output of [child.stdout, child.stderr])
    output
      .setEncoding('utf8')
      .on('data', (text: string) => lines.push(...text.split('\n').filter((line) => line.trim())))
  const [code] = await once(child, 'close')
  if (code === 0) return
  const told = lines.filter((line) => /error|Error|TS\d+/.test(line)).at(0) ?? lines.at(-1) ?? `code ${code}`
  throw new Refusal(`nothing was added, because the build failed: ${told.trim()}`)
}

function contentOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function putBack(file: string, text: string | undefined) {
  if (text !== undefined) return writeFileSync(file, text)
  rmSync(file, { force: true })
  try {
    rmdirSync(dirname(file))
  } catch {
    // The folder has other files, or has gone.
  }
}
