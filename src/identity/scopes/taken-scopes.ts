import type { Doubt } from '../../platform/database/migrate.js'
import { isReserved } from './built-in.js'

/**
 * If a new version brings a resource with the name of an added scope, holders of that scope would get rights to the resource.
 * @returns what the operator has to do before a migration may run, because it could give the name to everybody
 */
export const takenScopes: Doubt = async ({ rows, table }, applied) => {
  if (!applied.includes('0031-scopes')) return undefined
  const names = (await rows<{ name: string }>(`SELECT name FROM ${table('scopes')} ORDER BY name`)).map(
    ({ name }) => name,
  )
  const [taken] = names.filter(isReserved)
  return (
    taken &&
    `the scope ${taken} was added to this database, and this version has a resource of that name itself; run \`latchkey scope remove ${taken}\`, which takes it from all groups and tokens, and add one of another name for the services that ask for it`
  )
}
