import {
  Body,
  Controller,
  Delete,
  Extension,
  Get,
  Header,
  Patch,
  Path,
  Post,
  Queries,
  Request,
  Response,
  Route,
  Security,
  SuccessResponse,
  Tags,
} from '@tsoa/runtime'
import { locationOf } from '../../api/location.js'
import { resource } from '../../api/resource.js'
import type { Id, Problem } from '../../api/wire.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { requireGrantable, requireNarrowing, requireRevocable, requireRotatable } from '../access/grant.js'
import {
  actorOf,
  type Caller,
  type Principal,
  requireFullSuperuser,
  seesAllTokens,
  visibleTokens,
} from '../access/principal.js'
import { currentUserView } from '../users/current-user.js'
import { User, type UserRow } from '../users/user.js'
import { addAccount } from './account.js'
import { changeToken } from './change.js'
import { filters, nulls, type TokenQuery } from './query.js'
import type { Rotation, TokenCreated, TokenInput, TokenPatch } from './requests.js'
import { SHOWN, Token, type TokenRow } from './token.js'
import { type CurrentToken, type TokenView, tokenView } from './view.js'

const tokens = resource(Token, {
  view: (token: TokenRow & { user: UserRow | null }) => tokenView(token, token.user),
  search: ['name', 'hint', 'user.username'],
  include: SHOWN,
  unmatched: [
    'username',
    'hint',
    'state',
    'last_used_at',
    'last_used_from',
    'last_used_agent',
    'use_count',
    'used_scopes',
    'replaced',
  ],
  visible: ({ user }: Caller) => visibleTokens(user),
  filters,
  nulls,
})

@Route('api/tokens')
@Tags('tokens')
export class TokensController extends Controller {
  /**
   * Your own tokens. A superuser sees everybody's, and so does a token with `tokens:admin`.
   * @summary List tokens
   */
  @Get()
  @Security('Token', ['tokens:read'])
  @Extension('x-widening-scopes', ['tokens:admin'])
  async listTokens(@Request() request: Caller, @Queries() query: TokenQuery): Promise<TokenView[]> {
    return tokens.list(request, query)
  }

  /**
   * Says who sends this request and what it may do.
   * @summary Show the current token
   */
  @Get('current')
  @Security('Token')
  async getCurrentToken(@Request() request: { user: Principal }): Promise<CurrentToken> {
    const { token, user, scopes } = request.user
    return { token: tokenView(token, user), user: currentUserView(user), scopes: [...scopes] }
  }

  /**
   * One token, without its value.
   * @summary Get a token
   */
  @Get('{id}')
  @Security('Token', ['tokens:read'])
  @Extension('x-widening-scopes', ['tokens:admin'])
  async getToken(@Request() request: Caller, @Path() id: Id): Promise<TokenView> {
    return tokens.get(request, id)
  }

  /**
   * Makes a token and shows its value once. A user has at most one account token.
   * @summary Create a token
   */
  @Post()
  @SuccessResponse(201, 'Created')
  @Security('Token', ['tokens:write'])
  async createToken(@Request() request: Caller, @Body() body: TokenInput): Promise<TokenCreated> {
    const owner = await ownerOf(body, request.user)
    const made =
      body.name === undefined ? await makeAccount(body, owner, request) : await makePersonal(body, owner, request)
    this.setHeader('Location', locationOf(request, `/api/tokens/${made.token.id}`))
    this.setHeader('Cache-Control', 'no-store')
    return { ...tokenView(made.token, owner), token: made.value }
  }

  /**
   * Changes only the fields that the body has. Only a personal token can be changed, and it keeps its value. The result must be a
   * token that the caller could make now. With a personal token you can only narrow and rename tokens: itself and others of its
   * user. With a personal token that has a rate limit you can change none. The longest lifetime that the settings allow counts
   * from `created_at`. The change applies from the response on, also to an old value that still works. `If-Match` compares only
   * the fields that you can set, so a use of the token does not make it fail.
   * @summary Update a token
   */
  @Patch('{id}')
  @Response<Problem>(409, 'The token has ended')
  @Security('Token', ['tokens:write'])
  async updateToken(
    @Request() request: Caller,
    @Path() id: Id,
    @Body() body: TokenPatch,
    @Header('If-Match') ifMatch?: string,
  ): Promise<TokenView> {
    const { user: principal } = request
    const token = await changeToken(
      id,
      { ...body, expiresAt: body.expires_at, rateLimit: body.rate_limit },
      {
        ownerId: ownerScope(principal),
        maxAge: maxAgeFor(request),
        judge: async (found, wish, transaction) => {
          tokens.requireMatch(ifMatch, found)
          await requireGrantable(principal, found.user, wish, transaction)
          requireNarrowing(principal, found, wish)
        },
      },
      actorOf(request),
    )
    return tokens.seen(request, token)
  }

  /**
   * Gives a token a new value and shows it once. The old value keeps working during the overlap. Responses to requests with it
   * have the `Token-Replaced` and `Token-Expires-At` headers, and the record says who still uses it.
   * @summary Rotate a token
   */
  @Post('{id}/rotate')
  @Response<Problem>(409, 'The token has ended')
  @Security('Token', ['tokens:write'])
  async rotateToken(@Request() request: Caller, @Path() id: Id, @Body() body: Rotation): Promise<TokenCreated> {
    const { token, value } = await Token.rotate(
      id,
      { overlap: body.overlap_seconds, ownerId: ownerScope(request.user), maxAge: maxAgeFor(request) },
      actorOf(request),
      (found) => requireRotatable(request.user, found),
    )
    this.setHeader('Cache-Control', 'no-store')
    return { ...tokenView(token, await User.findByPk(token.userId)), token: value }
  }

  /**
   * Ends a token at once. Its record stays. Only a superuser may end the token of another superuser or of another member of the
   * staff.
   * @summary Revoke a token
   */
  @Delete('{id}')
  @Security('Token', ['tokens:write'])
  @Extension('x-widening-scopes', ['tokens:admin'])
  async deleteToken(@Request() request: Caller, @Path() id: Id): Promise<void> {
    const { user } = request
    const ownerId = seesAllTokens(user) ? undefined : user.user.id
    await Token.revoke(id, ownerId, actorOf(request), (token, transaction) =>
      requireRevocable(user, token, transaction),
    )
  }
}

async function ownerOf({ user: id }: TokenInput, principal: Principal): Promise<UserRow> {
  if (id === undefined || id === principal.user.id) return principal.user
  requireFullSuperuser(principal, 'make a token for another user')
  const owner = await User.findByPk(id)
  if (!owner) throw invalid({ user: ['There is no such user.'] })
  return owner
}

/** The owner whose tokens the principal may rotate. Nothing means everybody's. */
function ownerScope({ isFullSuperuser, user }: Principal): number | undefined {
  return isFullSuperuser ? undefined : user.id
}

function maxAgeFor({ app }: Caller): number | undefined {
  return app.locals.settings.tokenMaxAge
}

function makeAccount({ scopes, expires_at, networks, rate_limit }: TokenInput, owner: UserRow, caller: Caller) {
  if ([scopes, expires_at, networks, rate_limit].some((value) => value !== undefined))
    throw invalid({ name: ['A token with scopes, networks, a limit or an expiry needs a name.'] })
  if (caller.user.token.kind === 'personal') throw new HttpError(403, 'A personal token can only make personal tokens.')
  return addAccount(owner.id, actorOf(caller), maxAgeFor(caller))
}

async function makePersonal(body: TokenInput, owner: UserRow, caller: Caller) {
  if (body.scopes === undefined) throw invalid({ scopes: ['This field is required.'] })
  const { scopes, networks = [], expires_at: expiresAt = null, rate_limit: rateLimit = null } = body
  const wish = { name: body.name!, scopes, networks, expiresAt, rateLimit, maxAge: maxAgeFor(caller) }
  await requireGrantable(caller.user, owner, wish)
  return Token.addPersonal(owner.id, wish, actorOf(caller))
}
