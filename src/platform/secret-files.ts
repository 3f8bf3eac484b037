import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { processUser } from './access.js'
import { ConfigError } from './config-error.js'

type Environment = Record<string, string | undefined>

/** The variables with a secret. Each may be given as a file, with the variable that has this ending. */
const SECRETS = ['DATABASE_URL', 'LATCHKEY_SECRET_KEY', 'LATCHKEY_SUPERUSER_PASSWORD', 'LATCHKEY_IMPORT_URL']
const ENDING = '_FILE'

/** The most bytes of such a file. A longer file is not the one that was meant. */
const MOST = 65_536

/**
 * The variables, with secrets replaced by the text of the file that they name, for files that Docker, Kubernetes and systemd make
 * of secrets. Line ends after the text are removed, as in the entrypoints of Docker's images (`docker-library/postgres`,
 * `file_env`). Everything else counts.
 * @throws {ConfigError} with the variable and the file, and nothing of its content. Also if both are given
 */
export function withSecretFiles(env: Environment): Environment {
  const given = { ...env }
  for (const name of SECRETS) {
    const path = env[name + ENDING]
    if (!path) continue
    if (env[name]) throw new ConfigError(`${name} and ${name + ENDING} are both given; remove one of them`)
    given[name] = secretIn(path, name + ENDING)
  }
  return given
}

function secretIn(path: string, variable: string): string {
  const file = resolve(path)
  const refused = (reason: string) => new ConfigError(`${variable}: ${file} ${reason}`)
  let bytes: Buffer
  try {
    const found = statSync(file)
    if (!found.isFile() && !found.isFIFO()) throw refused('is not a file')
    if (found.size > MOST) throw refused(`has more than ${MOST} bytes`)
    bytes = readFileSync(file)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(code!) && mayBeTheSecret(path))
      throw new ConfigError(`${variable} names a file that does not exist; it must be a path`)
    throw refused(code === 'ENOENT' ? 'is not there' : `cannot be read by ${processUser()} (${code})`)
  }
  const text = textOf(bytes)?.replace(/[\r\n]+$/, '')
  if (text === undefined) throw refused('is not text')
  if (text === '') throw refused('is empty')
  if (/[\r\n\0]/.test(text)) throw refused('has more than one line')
  return text
}

/**
 * Whether this is the secret itself instead of its file: a URL, a key in base64, or a password, which does not begin with a
 * slash.
 */
function mayBeTheSecret(path: string): boolean {
  return path.includes('://') || path.endsWith('=') || !path.startsWith('/')
}

/** @returns nothing if it is not UTF-8. The byte order mark of some editors is not part of the text */
function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
