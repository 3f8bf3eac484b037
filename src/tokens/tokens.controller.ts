import {
  Body,
  Controller,
  Delete,
  Get,
  Path,
  Post,
  Queries,
  Request,
  Route,
  Security,
  SuccessResponse,
  Tags,
} from '@tsoa/runtime'
import { HttpError, invalid } from '../errors.js'
import { scopesOf } from '../groups/scopes.js'
import { type Located, pageHeaders } from '../headers.js'
import { page } from '../page.js'
import { User } from '../users/user.js'
import type { Id, Paging, Scope } from '../wire.js'
import { type Principal, requireFullSuperuser, requireGrantable, visibleTokens } from './principal.js'
import { Token } from './token.js'

export interface TokenInput {
  /**
   * Whose token; only a superuser may name another user. Absent: one's own.
   */
  user?: Id
  /**
   * With a name it is a personal token, with scopes of its own. Without one it is the user's account token, the one that
   * `POST /gettoken/` answers.
   * @isString Not a valid string.
   * @minLength 1 This field may not be blank.
   * @maxLength 100 Ensure this field has no more than 100 characters.
   * @example "nightly report"
   */
  name?: string
  /**
   * What a personal token may do, of what its user may do.
   * @isArray A list of scopes is required.
   * @minItems 1 Ensure there is at least one scope.
   * @maxItems 100 Ensure there are no more than 100 scopes.
   * @example ["employees:read"]
   */
  scopes?: Scope[]
  /**
   * When a personal token ends; absent or null: not by itself.
   * @isDateTime Enter a time such as 2027-01-31T12:00:00Z.
   * @example "2036-01-31T12:00:00Z"
   */
  expires_at?: Date | null
  /**
   * Addresses and networks (CIDR) that a personal token works from; none means any.
   * @isArray A list of networks is required.
   * @maxItems 20 Ensure there are no more than 20 networks.
   * @example ["127.0.0.0/8", "::1"]
   */
  networks?: string[]
}

export interface TokenView {
  id: Id
  /**
   * `account`: one a user, may do what the user may. `personal`: any number, each with scopes of its own.
   * @example "personal"
   */
  kind: 'account' | 'personal' | 'session'
  /**
   * The id of the user whose token it is.
   */
  user: Id
  /**
   * Empty for an account token.
   * @example "nightly report"
   */
  name: string
  /**
   * Null for an account token, which may do what its user may.
   * @example ["employees:read"]
   */
  scopes: Scope[] | null
  /** @example "2036-01-31T12:00:00.000Z" */
  expires_at: Date | null
  /** @example [] */
  networks: string[]
  /** @example "2026-11-24T09:30:00.000Z" */
  created_at: Date
  /**
   * Prefix and last four characters of the value.
   * @example "lk_…x7Qa"
   */
  hint: string
  /** @example "active" */
  state: 'active' | 'expired' | 'revoked'
}

export interface TokenCreated extends TokenView {
  /**
   * The value, shown in this answer and never again.
   * @example "lk_1vI4Pm0dRYmV5kXr2Cw8n6ZtQb3LhJ9sEfGaTuNoKyD4WcPq"
   */
  token: string
}

export interface CurrentToken {
  token: TokenView
  user: CurrentUser
  /**
   * What this request may do: the user's scopes, cut down to the token's.
   * @example ["employees:read"]
   */
  scopes: Scope[]
}

export interface CurrentUser {
  id: Id
  /** @example "ravi" */
  username: string
  /** @example false */
  is_staff: boolean
  /** @example false */
  is_superuser: boolean
}

interface TokenQuery extends Paging {
  /**
   * The order of the rows; a minus means descending, equal rows follow by id.
   * @example "-created_at"
   */
  ordering?: 'id' | '-id' | 'created_at' | '-created_at'
  kind?: 'account' | 'personal'
  user?: Id
  /**
   * A-Z match a-z.
   * @maxLength 100 Ensure this value has no more than 100 characters.
   */
  name_contains?: string
  /** @isDateTime Enter a time such as 2027-01-31T12:00:00Z. */
  expires_at_max?: Date
}

@Route('api/tokens')
@Tags('tokens')
export class TokensController extends Controller {
  /**
   * One's own tokens; a superuser sees everybody's.
   * @summary List tokens
   */
  @Get()
  @Security('Token', ['tokens:read'])
  async listTokens(
    @Request() request: Located & { user: Principal },
    @Queries() query: TokenQuery,
  ): Promise<TokenView[]> {
    const found = await page(Token, query, { search: ['name', 'hint'], where: visibleTokens(request.user) })
    for (const [name, value] of pageHeaders(found, request, query)) this.setHeader(name, value)
    return found.rows.map(view)
  }

  /**
   * Who this request is and what it may do.
   * @summary Show the current token
   */
  @Get('current')
  @Security('Token')
  async getCurrentToken(@Request() request: { user: Principal }): Promise<CurrentToken> {
    const { token, user, scopes } = request.user
    const { id, username, isStaff, isSuperuser } = user
    return {
      token: view(token),
      user: { id, username, is_staff: isStaff, is_superuser: isSuperuser },
      scopes: [...scopes],
    }
  }

  /**
   * One token; never its value.
   * @summary Get a token
   */
  @Get('{id}')
  @Security('Token', ['tokens:read'])
  async getToken(@Request() request: { user: Principal }, @Path() id: Id): Promise<TokenView> {
    const token = await Token.findOne({ where: { ...visibleTokens(request.user), id } })
    if (!token) throw new HttpError(404, 'Not found.')
    return view(token)
  }

  /**
   * Makes a token and answers its value once. A user has at most one account token.
   * @summary Create a token
   */
  @Post()
  @SuccessResponse(201, 'Created')
  @Security('Token', ['tokens:write'])
  async createToken(@Request() request: { user: Principal }, @Body() body: TokenInput): Promise<TokenCreated> {
    const owner = await ownerOf(body, request.user)
    const made =
      body.name === undefined
        ? await makeAccount(body, owner, request.user)
        : await makePersonal(body, owner, request.user)
    this.setHeader('Location', `/api/tokens/${made.token.id}`)
    this.setHeader('Cache-Control', 'no-store')
    return { ...view(made.token), token: made.value }
  }

  /**
   * Ends a token at once. Its record stays.
   * @summary Revoke a token
   */
  @Delete('{id}')
  @Security('Token', ['tokens:write'])
  async deleteToken(@Request() request: { user: Principal }, @Path() id: Id): Promise<void> {
    await Token.revoke(id, request.user.isFullSuperuser ? undefined : request.user.user.id)
  }
}

async function ownerOf({ user: id }: TokenInput, principal: Principal): Promise<User> {
  if (id === undefined || id === principal.user.id) return principal.user
  requireFullSuperuser(principal, 'make a token for another user')
  const owner = await User.findByPk(id)
  if (!owner) throw invalid({ user: ['There is no such user.'] })
  return owner
}

function makeAccount({ scopes, expires_at, networks }: TokenInput, owner: User, principal: Principal) {
  if (scopes !== undefined || expires_at !== undefined || networks !== undefined)
    throw invalid({ name: ['A token with scopes, networks or an expiry needs a name.'] })
  if (principal.token.kind === 'personal') throw new HttpError(403, 'A personal token makes only personal tokens.')
  return Token.addAccount(owner.id)
}

async function makePersonal(body: TokenInput, owner: User, principal: Principal) {
  const name = body.name!.normalize('NFC').trim()
  if (!name) throw invalid({ name: ['This field may not be blank.'] })
  if (body.scopes === undefined) throw invalid({ scopes: ['This field is required.'] })
  const wish = { owner, scopes: body.scopes, networks: body.networks ?? [], expiresAt: body.expires_at ?? null }
  await requireGrantable(principal, wish)
  return Token.addPersonal(owner.id, { name, ...wish })
}

function view(token: Token): TokenView {
  return {
    id: token.id,
    kind: token.kind,
    user: token.userId,
    name: token.name,
    scopes: token.scopes === null ? null : scopesOf(token.scopes),
    expires_at: token.expiresAt,
    networks: token.networks?.split(' ') ?? [],
    created_at: token.createdAt,
    hint: token.hint,
    state: token.state,
  }
}
