import { col, fn, Op, type WhereOptions, where } from 'sequelize'
import { knownResources } from '../api/known-resources.js'
import type { ResourceRequest } from '../api/wire.js'
import { HttpError } from '../platform/failures.js'

/** The part of a request that says what it may read. */
export interface Reader extends ResourceRequest {
  user: ResourceRequest['user'] & { scopes: readonly string[]; isFullSuperuser: boolean }
}

/** @throws {HttpError} 403 for an existing resource that the caller may not read */
export function requireReadable(caller: Reader['user'], resource: string | undefined): void {
  if (resource === undefined || !resources().includes(resource) || mayRead(caller, resource)) return
  throw new HttpError(403, `This needs the scope ${resource}:read.`, { missingScopes: [`${resource}:read`] })
}

/** The resources with a history. */
function resources(): string[] {
  return [...knownResources.keys(), 'scopes'].filter((name) => !['events', 'changes'].includes(name))
}

function mayRead({ scopes, isFullSuperuser }: Reader['user'], resource: string): boolean {
  return isFullSuperuser || scopes.includes(`${resource}:read`)
}

/**
 * The changes that a caller may see. Rows with an owner are only for the owner. If `visible` decides who sees a row, nobody can
 * say so afterwards, so only superusers see its changes.
 */
export function seenBy(caller: Reader['user']): WhereOptions | undefined {
  if (caller.isFullSuperuser) return undefined
  const readable = resources().filter((name) => mayRead(caller, name))
  const open = readable.filter((name) => !knownResources.get(name)?.isRestricted)
  return {
    [Op.or]: [
      { [Op.and]: [{ ofUserId: caller.user.id }, whereResource(readable)] },
      { [Op.and]: [{ ofUserId: null }, whereResource(open)] },
    ],
  }
}

/** Uses an expression, so that no database searches by resource first, which most rows may have, and sorts what it has found. */
export function whereResource(words: string[]): WhereOptions {
  return where(fn('lower', col('Change.resource')), { [Op.in]: words })
}
