import { currentMoment, isUnchangedSince } from '../../platform/database/epoch.js'
import { BUILT_IN } from './built-in.js'
import { OwnScope } from './own-scope.js'

let own: { moment: number; names: ReadonlySet<string> } | undefined

/**
 * Whether there is such a scope. The answer comes from memory until a scope is added or removed.
 * @throws if the database cannot be asked
 */
export async function isKnownScope(name: string): Promise<boolean> {
  if (BUILT_IN.has(name)) return true
  // Adding or removing a scope changes everybody's rights.
  if (!own || !isUnchangedSince(own.moment, [])) {
    const moment = currentMoment()
    own = { moment, names: new Set((await OwnScope.current()).map((scope) => scope.name)) }
  }
  return own.names.has(name)
}
