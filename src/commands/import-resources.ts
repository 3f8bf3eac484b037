import { isOwned } from '../api/owner.js'
import { plainResources } from '../http/resources.js'
import type { RowsWish } from '../imports/rows.js'

/**
 * The resources that an operator names, as the document has them. This loads the whole API.
 * @throws with a line for the operator
 */
export function resourcesOf(wishes: { resource: string; table: string }[]): RowsWish[] {
  const resources = plainResources()
  return wishes.map(({ resource, table }) => {
    const found = resources.get(resource)
    if (!found) throw new Error(`there is no resource ${JSON.stringify(resource)} that can import rows`)
    const { model, noun, rowOf } = found
    if (isOwned(model))
      throw new Error(`the rows of ${resource} have owners, and a table of Django does not say who they are`)
    return { resource, table, model, noun, rowOf }
  })
}
