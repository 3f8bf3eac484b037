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
   * The groups that give it, by name, `everyone` among them; before them `superuser` where the user is one, who has every scope.
   * @example ["everyone", "payroll"]
   */
  from: string[]
}

@Route('api/users/{id}/scopes')
@Tags('users')
export class UserScopesController extends Controller {
  /**
   * What a user may do, and what each scope comes from. Who has not `users:read` finds oneself alone, and gets of the own scopes
   * those that the request itself has. A user who is disabled has them again when enabled.
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
