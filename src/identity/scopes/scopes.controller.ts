import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Patch,
  Path,
  Post,
  Request,
  Response,
  Route,
  Security,
  SuccessResponse,
  Tags,
} from '@tsoa/runtime'
import { requireMatch } from '../../api/conditional.js'
import { locationOf } from '../../api/location.js'
import type { Problem, Scope } from '../../api/wire.js'
import { HttpError } from '../../platform/failures.js'
import { actorOf, type Caller, requireFullSuperuser } from '../access/principal.js'
import { removeScope } from '../access/remove-scope.js'
import { BUILT_IN } from './built-in.js'
import { OwnScope } from './own-scope.js'

export interface ScopeInput {
  /**
   * `<resource>:<action>`. Each part consists of a-z, 0-9, `-` and `_`, begins with a letter and has at most 63 characters. The
   * resource must not be one of this service, nor `latchkey`. The name never changes, because the settings of proxies and
   * services contain it.
   * @minLength 3
   * @maxLength 127
   * @example "reports:read"
   */
  name: string
  /**
   * What its holder may do.
   * @maxLength 200
   * @example "See the monthly reports"
   */
  description?: string
}

export interface ScopeDescription {
  /**
   * What its holder may do.
   * @maxLength 200
   * @example "See and print the monthly reports"
   */
  description: string
}

export interface ScopeView {
  name: Scope
  /**
   * What its holder may do.
   * @example "See the monthly reports"
   */
  description: string
  /**
   * Whether operations of this service need it. Such a scope cannot be changed or deleted.
   * @example false
   */
  built_in: boolean
}

@Route('api/scopes')
@Tags('scopes')
export class ScopesController extends Controller {
  /**
   * The scopes of this service and those that were added for other services, by name.
   * Tokens and groups can have them. Without `scopes:read`, the response has only the scopes that the request itself has.
   * @summary List scopes
   */
  @Get()
  @Security('Token')
  async listScopes(@Request() request: Caller): Promise<ScopeView[]> {
    const { isFullSuperuser, scopes } = request.user
    const own = await OwnScope.current()
    const all = [...[...BUILT_IN.keys()].map((name) => builtIn(name)!), ...own.map(view)]
    return all
      .filter(({ name }) => isFullSuperuser || scopes.includes('scopes:read') || scopes.includes(name))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  /**
   * One scope. Send its `ETag` as `If-Match` to change it.
   * @summary Get a scope
   */
  @Get('{name}')
  @Security('Token', ['scopes:read'])
  async getScope(@Path() name: Scope): Promise<ScopeView> {
    const found = builtIn(name) ?? (await OwnScope.current()).map(view).find((scope) => scope.name === name)
    if (!found) throw new HttpError(404, 'Not found.')
    return found
  }

  /**
   * Adds a scope for another service. `GET /api/checks/{scope}` then checks tokens for it. Superusers have it at once, and other
   * users when one of their groups gets it. There can be 100 such scopes. Those of one resource can have 2,000 characters in all,
   * because a check lists them in a header.
   * @summary Create a scope
   */
  @Post()
  @SuccessResponse(201, 'Created')
  @Security('Token', ['scopes:write'])
  async createScope(@Request() request: Caller, @Body() body: ScopeInput): Promise<ScopeView> {
    requireFullSuperuser(request.user, 'add scopes')
    const scope = await OwnScope.add({ description: '', ...body }, actorOf(request))
    this.setHeader('Location', locationOf(request, `/api/scopes/${scope.name}`))
    return view(scope)
  }

  /**
   * Sets the description of a scope that was added.
   * @summary Update a scope
   */
  @Patch('{name}')
  @Response<Problem>(409, 'Already there')
  @Security('Token', ['scopes:write'])
  async updateScope(
    @Request() request: Caller,
    @Path() name: Scope,
    @Body() body: ScopeDescription,
    @Header('If-Match') ifMatch?: string,
  ): Promise<ScopeView> {
    requireFullSuperuser(request.user, 'change scopes')
    refuseBuiltIn(name)
    const check = (scope: OwnScope) => requireMatch(ifMatch, view(scope))
    return view(await OwnScope.change(name, body.description, actorOf(request), check))
  }

  /**
   * Deletes a scope that was added. From then on it opens nothing, and all groups and tokens lose it. If very many tokens have
   * it, this takes a while. Until it is done, the name cannot be added again.
   * @summary Delete a scope
   */
  @Delete('{name}')
  @Response<Problem>(409, 'Already there')
  @Security('Token', ['scopes:write'])
  async deleteScope(
    @Request() request: Caller,
    @Path() name: Scope,
    @Header('If-Match') ifMatch?: string,
  ): Promise<void> {
    requireFullSuperuser(request.user, 'delete scopes')
    refuseBuiltIn(name)
    await removeScope(name, actorOf(request), (scope) => requireMatch(ifMatch, view(scope)))
  }
}

function refuseBuiltIn(name: string) {
  if (BUILT_IN.has(name)) throw new HttpError(409, 'This scope belongs to this service itself.')
}

function view({ name, description }: OwnScope): ScopeView {
  return { name, description, built_in: false }
}

function builtIn(name: string): ScopeView | undefined {
  const description = BUILT_IN.get(name)
  return description === undefined ? undefined : { name, description, built_in: true }
}
