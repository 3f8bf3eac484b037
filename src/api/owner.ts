import type { Model, ModelStatic } from 'sequelize'

/** The part of a request that decides whose rows the caller sees. */
export interface Asker {
  user: { user: { id: number; isSuperuser: boolean } }
}

/** In a model with owners, the attribute with the owner's id. */
export const OWNER = 'owner'

export function isOwned(model: ModelStatic<Model>): boolean {
  return OWNER in model.getAttributes()
}

/**
 * The rows of a model with owners that the caller may see and change: their own, or all for a superuser.
 * @returns nothing if that is every row, so that a page is read with an index
 */
export function ownRows(model: ModelStatic<Model>, request: Asker): Record<string, number> | undefined {
  const { id, isSuperuser } = request.user.user
  return isOwned(model) && !isSuperuser ? { [OWNER]: id } : undefined
}
