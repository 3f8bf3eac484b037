import { basename, dirname } from 'node:path'
import { variable } from '../platform/config.js'

/**
 * How to type the command where this process was started: `npx latchkey` in a folder that has it, or with the package name if npx
 * fetched it from elsewhere, because npx alone would look for another package of this name.
 */
export function commandLine(): string {
  const script = process.argv[1] ?? ''
  const taken = variable('npm_config_package')
  if (/[\\/]_npx[\\/]/.test(script) && taken && /^[\w@.:/\\~-]+$/.test(taken)) return `npx --package ${taken} latchkey`
  const isOnPath = basename(script) === 'latchkey' && basename(dirname(script)) !== '.bin'
  return isOnPath ? 'latchkey' : 'npx latchkey'
}

/** The same for a start of the service. */
export function startLine(): string {
  return basename(process.argv[1] ?? '') === 'server.js' ? 'npm start' : `${commandLine()} serve`
}
