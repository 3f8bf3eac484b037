import { Readable } from 'node:stream'
import { run } from '../src/commands/program.js'
import type { Finished } from './process.js'

/**
 * Runs `latchkey` in this process, on the suite's own database. What a process alone can show has `latchkey` in process.ts.
 * @param input what comes on standard input
 */
export async function command(args: string | string[], input: string | Buffer = ''): Promise<Finished> {
  const { stdout, stderr } = process
  const output = { stdout: '', stderr: '' }
  const written = (name: keyof typeof output) => (text: string) => {
    output[name] += text
    return true
  }
  const before = process.exitCode
  const restore = [
    replace(process, 'stdin', Readable.from([Buffer.from(input)])),
    replace(stdout, 'write', written('stdout')),
    replace(stderr, 'write', written('stderr')),
    keepListeners('SIGINT'),
    keepListeners('SIGTERM'),
    keepListeners('SIGHUP'),
  ]
  process.exitCode = undefined
  try {
    const code = await run(typeof args === 'string' ? args.split(' ') : args)
    return { code: code || Number(process.exitCode ?? 0), ...output }
  } finally {
    process.exitCode = before
    for (const undo of restore) undo()
  }
}

/** @returns what puts the old one back */
function replace(object: object, name: string, value: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name)
  Object.defineProperty(object, name, { value, configurable: true, writable: true })
  return () => {
    Reflect.deleteProperty(object, name)
    if (own) Object.defineProperty(object, name, own)
  }
}

/** A command that cleans up after itself when a signal ends it would end the suite. */
function keepListeners(signal: NodeJS.Signals): () => void {
  const before = process.listeners(signal)
  return () => {
    for (const listener of process.listeners(signal)) if (!before.includes(listener)) process.off(signal, listener)
  }
}
