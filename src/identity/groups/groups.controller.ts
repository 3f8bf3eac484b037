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
  Request,
  Response,
  Route,
  Security,
  SuccessResponse,
  Tags,
} from '@tsoa/runtime'
import { etagOfView, requireMatch } from '../../api/conditional.js'
import { locationOf } from '../../api/location.js'
import { resource } from '../../api/resource.js'
import type { Id, Paging, Problem, ResourceRequest, Scope } from '../../api/wire.js'
import { actorOf, type Caller, requireFullSuperuser } from '../access/principal.js'
import { scopesOf } from '../scopes/grammar.js'
import { whereHeld } from '../scopes/held.js'
import { memberCounts } from '../users/members.js'
import { Group } from './group.js'

export interface GroupInput {
  /**
   * The name of the group. No two groups have the same name.
   * @minLength 1
   * @maxLength 150
   * @example "payroll"
   */
  name: string
  /**
   * What its members may do, besides what `everyone` may do.
   * @isArray A list of scopes is required.
   * @maxItems 100 Ensure there are no more than 100 scopes.
   * @example ["employees:read", "employees:write"]
   */
  scopes: Scope[]
}

/** Fields that are absent stay as they are. */
export interface GroupPatch extends Partial<GroupInput> {}

export interface GroupView {
  id: Id
  /**
   * The name of the group.
   * @example "payroll"
   */
  name: string
  /**
   * What its members may do, besides what `everyone` may do.
   * @example ["employees:read", "employees:write"]
   */
  scopes: Scope[]
  /**
   * How many users are in the group. All users are in `everyone`. `If-Match` does not compare this field.
   * @isInt
   * @example 3
   */
  members: number
}

/** @example "name" */
type GroupOrdering = 'id' | '-id' | 'name' | '-name'

interface GroupQuery extends Paging {
  ordering?: GroupOrdering
  /**
   * The group with exactly this name.
   * @maxLength 150
   */
  name?: string
  /**
   * Groups that have this scope.
   * @maxLength 127
   * @example "employees:read"
   */
  scope?: string
}

const groups = resource(Group, {
  view,
  search: ['name'],
  filters: { scope: (scope: string) => whereHeld(Group, scope) },
})

@Route('api/groups')
@Tags('groups')
export class GroupsController extends Controller {
  /**
   * Groups of users. The built-in group `everyone` holds every user.
   * @summary List groups
   */
  @Get()
  @Security('Token', ['groups:read'])
  async listGroups(@Request() request: ResourceRequest, @Queries() query: GroupQuery): Promise<GroupView[]> {
    return counted(request, await groups.list(request, query))
  }

  /**
   * One group and its scopes.
   * @summary Get a group
   */
  @Get('{id}')
  @Security('Token', ['groups:read'])
  async getGroup(@Request() request: ResourceRequest, @Path() id: Id): Promise<GroupView> {
    const [group] = await counted(request, [await groups.get(request, id)])
    return seen(request, group!)
  }

  /**
   * Adds a group. Only a superuser may give it scopes.
   * @summary Create a group
   */
  @Post()
  @SuccessResponse(201, 'Created')
  @Security('Token', ['groups:write'])
  async createGroup(@Request() request: Caller, @Body() body: GroupInput): Promise<GroupView> {
    if (body.scopes.length > 0) requireFullSuperuser(request.user, 'set scopes')
    const group = await Group.add(body, actorOf(request))
    this.setHeader('Location', locationOf(request, `/api/groups/${group.id}`))
    return seen(request, { ...view(group), members: 0 })
  }

  /**
   * Sets the name and the scopes.
   * @summary Replace a group
   */
  @Put('{id}')
  @Response<Problem>(409, 'Already there')
  @Security('Token', ['groups:write'])
  async replaceGroup(
    @Request() request: Caller,
    @Path() id: Id,
    @Body() body: GroupInput,
    @Header('If-Match') ifMatch?: string,
  ): Promise<GroupView> {
    return change(request, id, body, ifMatch)
  }

  /**
   * Changes only the fields that the body has.
   * @summary Update a group
   */
  @Patch('{id}')
  @Response<Problem>(409, 'Already there')
  @Security('Token', ['groups:write'])
  async updateGroup(
    @Request() request: Caller,
    @Path() id: Id,
    @Body() body: GroupPatch,
    @Header('If-Match') ifMatch?: string,
  ): Promise<GroupView> {
    return change(request, id, body, ifMatch)
  }

  /**
   * Deletes a group. Its members lose its scopes at once. Only a superuser may delete a group that has scopes.
   * @summary Delete a group
   */
  @Delete('{id}')
  @Response<Problem>(409, 'Already there')
  @Security('Token', ['groups:write'])
  async deleteGroup(@Request() request: Caller, @Path() id: Id, @Header('If-Match') ifMatch?: string): Promise<void> {
    await Group.remove(id, actorOf(request), (group) => {
      requireMatch(ifMatch, view(group), UNMATCHED)
      if (group.scopes !== '') requireFullSuperuser(request.user, 'take scopes away')
    })
  }
}

/** The members that nobody edits. */
const UNMATCHED = ['members']

async function change(caller: Caller, id: Id, body: GroupPatch, ifMatch: string | undefined): Promise<GroupView> {
  const group = await Group.change(id, body, actorOf(caller), (before) => {
    requireMatch(ifMatch, view(before), UNMATCHED)
    // Users get groups by name. Swapping two names would give the rights of one group for the other.
    if (body.name !== undefined && body.name !== before.name && before.scopes !== '')
      requireFullSuperuser(caller.user, 'rename a group that has scopes')
    if (body.scopes && body.scopes.toSorted().join(' ') !== scopesOf(before.scopes).join(' '))
      requireFullSuperuser(caller.user, 'set scopes')
  })
  const [changed] = await counted(caller, [view(group)])
  return seen(caller, changed!)
}

function view({ id, name, scopes }: Pick<Group, 'id' | 'name' | 'scopes'>): Omit<GroupView, 'members'> {
  return { id, name, scopes: scopesOf(scopes) }
}

async function counted(request: ResourceRequest, shown: Omit<GroupView, 'members'>[]): Promise<GroupView[]> {
  const counts = await memberCounts(shown, request.user.user.id)
  return shown.map((group) => ({ ...group, members: counts.get(group.id) ?? 0 }))
}

function seen(request: ResourceRequest, group: GroupView): GroupView {
  request.res!.set('ETag', etagOfView(group, UNMATCHED))
  return group
}
