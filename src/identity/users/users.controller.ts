import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Patch,
  Path,
  Post,
  Put,
  Queries,
  Query,
  Request,
  Response,
  Route,
  Security,
  SuccessResponse,
  Tags,
} from '@tsoa/runtime'
import { locationOf } from '../../api/location.js'
import { resource } from '../../api/resource.js'
import type { Id, Paging, Problem, ResourceRequest } from '../../api/wire.js'
import { changeUser, removeUser } from '../access/change-user.js'
import { actorOf, type Caller, type Principal, requireFullSuperuser } from '../access/principal.js'
import { addUsers } from './add-many.js'
import { whereMember } from './members.js'
import { User } from './user.js'
import {
  profileOf,
  type UserCreation,
  type UserInput,
  type UserPatch,
  type UserRowInput,
  type UserView,
  userView as view,
} from './view.js'

/** @example "username" */
type UserOrdering = 'id' | '-id' | 'username' | '-username' | 'date_joined' | '-date_joined'

interface UserQuery extends Paging {
  ordering?: UserOrdering
  /**
   * The user with exactly this name.
   * @maxLength 150
   */
  username?: string
  /**
   * Users whose name contains this text. A-Z match a-z.
   * @maxLength 150
   */
  username_contains?: string
  /** With `true`, active users. With `false`, disabled users. */
  is_active?: boolean
  /** With `true`, members of the staff. With `false`, the others. */
  is_staff?: boolean
  /** With `true`, superusers. With `false`, the others. */
  is_superuser?: boolean
  /**
   * The members of the group with this name.
   * @maxLength 150
   * @example "payroll"
   */
  group?: string
}

const users = resource(User, {
  view,
  search: ['username', 'email'],
  include: ['groups'],
  filters: { group: whereMember },
  unmatched: ['last_login'],
})

@Route('api/users')
@Tags('users')
export class UsersController extends Controller {
  /**
   * User accounts. No response has a password or its hash.
   * @summary List users
   */
  @Get()
  @Security('Token', ['users:read'])
  async listUsers(@Request() request: ResourceRequest, @Queries() query: UserQuery): Promise<UserView[]> {
    return users.list(request, query)
  }

  /**
   * One user account.
   * @summary Get a user
   */
  @Get('{id}')
  @Security('Token', ['users:read'])
  async getUser(@Request() request: ResourceRequest, @Path() id: Id): Promise<UserView> {
    return users.get(request, id)
  }

  /**
   * Adds a user account. Only a superuser may set `is_staff`, `is_superuser`, `groups` and a password.
   * @summary Create a user
   */
  @Post()
  @SuccessResponse(201, 'Created')
  @Security('Token', ['users:write'])
  async createUser(@Request() request: Caller, @Body() body: UserCreation): Promise<UserView> {
    requireMayGrant(request.user, body, DEFAULTS)
    // Who knows a password holds the rights of its user.
    if (body.password !== undefined) requireFullSuperuser(request.user, 'set a password')
    const password = body.password === undefined ? undefined : ({ text: body.password, rules: 'enforced' } as const)
    const user = await User.add({ ...profileOf(body), username: body.username, password }, actorOf(request))
    this.setHeader('Location', locationOf(request, `/api/users/${user.id}`))
    return users.seen(request, user)
  }

  /**
   * Adds many user accounts without passwords: all of them or none. Errors are named by index: `2.username` is the field
   * `username` of the third row. Only a superuser may set `is_staff`, `is_superuser` and `groups`. The audit trail has one event
   * with the number of users.
   * @summary Create users in bulk
   * @maxItems body 1000 At most 1000 rows.
   */
  @Post('bulk')
  @SuccessResponse(201, 'Created')
  @Security('Token', ['users:write'])
  async bulkCreateUsers(
    @Request() request: Caller,
    @Body() body: UserRowInput[],
    @Query() validate?: boolean,
    @Header('Idempotency-Key') idempotencyKey?: string,
  ): Promise<UserView[]> {
    for (const row of body) requireMayGrant(request.user, row, DEFAULTS)
    const made = await addUsers(request, body, { actor: actorOf(request), validate, idempotencyKey })
    if (validate) request.res!.status(204).end()
    return made
  }

  /**
   * Sets every field except the password. A change of `is_active` has the same effects as in an update.
   * @summary Replace a user
   */
  @Put('{id}')
  @Response<Problem>(409, 'Already there')
  @Security('Token', ['users:write'])
  async replaceUser(
    @Request() request: Caller,
    @Path() id: Id,
    @Body() body: UserInput,
    @Header('If-Match') ifMatch?: string,
  ): Promise<UserView> {
    return this.change(request, id, body, ifMatch)
  }

  /**
   * Changes only the fields that the body has. When a user is disabled, their sessions end, and none of their tokens work from
   * the response on. When a user is enabled again, the `Tokens-Woken` header says how many tokens work again.
   * @summary Update a user
   */
  @Patch('{id}')
  @Response<Problem>(409, 'Already there')
  @Security('Token', ['users:write'])
  async updateUser(
    @Request() request: Caller,
    @Path() id: Id,
    @Body() body: UserPatch,
    @Header('If-Match') ifMatch?: string,
  ): Promise<UserView> {
    return this.change(request, id, body, ifMatch)
  }

  /**
   * Deletes a user account and its sessions. Its tokens end, and their records stay. The last active superuser cannot be deleted.
   * @summary Delete a user
   */
  @Delete('{id}')
  @Response<Problem>(409, 'Already there')
  @Security('Token', ['users:write'])
  async deleteUser(@Request() request: Caller, @Path() id: Id, @Header('If-Match') ifMatch?: string): Promise<void> {
    await removeUser(id, actorOf(request), (user) => {
      requireMayTouch(request.user, user)
      users.requireMatch(ifMatch, user)
    })
  }

  private async change(caller: Caller, id: Id, body: UserPatch, ifMatch: string | undefined): Promise<UserView> {
    const { user, woken } = await changeUser(id, profileOf(body), actorOf(caller), (before) => {
      requireMayTouch(caller.user, before)
      users.requireMatch(ifMatch, before)
      requireMayGrant(caller.user, body, view(before))
    })
    // A header, so that the body is what a read gives, and its ETag too.
    if (woken !== undefined) this.setHeader('Tokens-Woken', String(woken))
    return users.seen(caller, user)
  }
}

const DEFAULTS = { email: '', is_active: true, is_staff: false, is_superuser: false, groups: [] as string[] }

/** Rights are given and taken by superusers alone; what stays as it was is neither. Waking an account gives back its rights. */
function requireMayGrant(
  principal: Principal,
  body: UserPatch,
  was: Pick<UserView, 'is_active' | 'is_staff' | 'is_superuser' | 'groups'>,
) {
  const rights = ({ is_staff, is_superuser, groups }: typeof was) =>
    JSON.stringify([is_staff, is_superuser, groups.toSorted()])
  const wakes = body.is_active === true && !was.is_active
  if (wakes || rights({ ...was, ...body }) !== rights(was))
    requireFullSuperuser(principal, 'set is_staff, is_superuser and groups, or enable an account')
}

/** Somebody with `users:write` alone does not disable or rename those above. */
function requireMayTouch(principal: Principal, user: User) {
  if (user.isSuperuser || user.isStaff) requireFullSuperuser(principal, 'change a superuser or a member of the staff')
}
