import { existsSync } from 'node:fs'
import { folded, resourceOf } from '../../identity/scopes/grammar.js'
import type { DatabaseConfig } from '../../platform/database-url.js'
import { Refusal } from './plan.js'
import { reading } from './reading.js'

/**
 * Checks the database for an added scope with this resource's name, because a service with the resource would not start on it.
 * @returns a warning if the database cannot be asked. The start asks again
 * @throws {Refusal} naming the scope
 */
export async function requireNoOwnScope(name: string, config: DatabaseConfig): Promise<string | undefined> {
  const scopes = await ownScopes(config).catch((error: Error) => error)
  if (scopes instanceof Error)
    return `warning: the database of DATABASE_URL cannot be asked for scopes of your own: ${scopes.message || 'no connection'}`
  const own = scopes.find((scope) => folded(resourceOf(scope)) === folded(name))
  if (own)
    throw new Refusal(
      `${name}: the database has a scope of your own, ${own}; another name, or first \`npx latchkey scope remove ${own}\``,
    )
  return undefined
}

async function ownScopes(config: DatabaseConfig): Promise<string[]> {
  if (config.dialect === 'sqlite' && !existsSync(config.file)) return []
  const isThere =
    config.dialect === 'sqlite'
      ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'scopes'"
      : "SELECT 1 AS name WHERE to_regclass('scopes') IS NOT NULL"
  return reading(config, async (ask) => {
    if ((await ask(isThere)).length === 0) return []
    return (await ask<{ name: string }>('SELECT name FROM scopes ORDER BY name')).map((row) => row.name)
  })
}
