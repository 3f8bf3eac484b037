import { Controller, Get, Path, Request, Route, Security, Tags } from '@tsoa/runtime'
import type { Id, Scope } from '../../api/wire.js'
import { preparedByKey } from '../../platform/database/prepared-reads.js'
import { HttpError } from '../../platform/failures.js'
import { effectiveScopesOf } from '../access/effective-scopes.js'
import type { Principal } from '../access/principal.js'
import { User } from './user.js'

export interface EffectiveScope {
  scope: Scope
  /**
   * The names of the groups that give it. `everyone` may be among them. For a superuser, who has every scope, `superuser` comes
   * first.
   * @example ["everyone", "payroll"]
   */
  from: string[]
}

@Route('api/users/{id}/scopes')
@Tags('users')
export class UserScopesController extends Controller {
  /**
   * What a user may do, and where each scope comes from. Without `users:read` you can only ask about yourself, and you get only
   * those of your scopes that the request itself has. A disabled user has these scopes again when enabled.
   * @summary List a user's scopes
   */
  @Get()
  @Security('Token')
  async listUserScopes(@Request() request: { user: Principal }, @Path() id: Id): Promise<EffectiveScope[]> {
    const { user: self, scopes } = request.user
    const mayReadUsers = scopes.includes('users:read')
    const user = mayReadUsers || id === self.id ? await preparedByKey(User, id) : undefined
    if (!user) throw new HttpError(404, 'Not found.')
    const found = await effectiveScopesOf(user)
    return mayReadUsers ? found : found.filter(({ scope }) => scopes.includes(scope))
  }
}
