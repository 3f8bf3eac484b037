import type { Model, ModelStatic } from 'sequelize'

/** The part of a request that tells whose rows are seen. */
export interface Asker {
  user: { user: { id: number; isSuperuser: boolean } }
}

/** The attribute that tells whose a row is, in a model that has owners: the id of a user. */
export const OWNER = 'owner'

export function isOwned(model: ModelStatic<Model>): boolean {
  return OWNER in model.getAttributes()
}

/**
 * What the caller may see and change of a model with owners: the own rows, and a superuser all.
 * @returns nothing where that is every row, so that a page of them is read as one that an index gives
 */
export function ownRows(model: ModelStatic<Model>, request: Asker): Record<string, number> | undefined {
  const { id, isSuperuser } = request.user.user
  return isOwned(model) && !isSuperuser ? { [OWNER]: id } : undefined
}
