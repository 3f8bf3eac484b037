import { expect } from 'chai'
import { Group } from '../src/identity/groups/group.js'
import { Token } from '../src/identity/tokens/token.js'
import { everything } from './rows.js'
import { accountOf, cookieFor, makePersonal, makeUser, raw, TESTER } from './support.js'

const MANAGING = ['employees:read', 'tokens:read', 'tokens:write']

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000)

describe('PATCH as an escalation', () => {
  interface World {
    values: Record<string, string>
    ids: Record<string, number>
  }
  type Try = [by: string, at: string, body: object, status: number]

  const both = { name: 'x', scopes: MANAGING }
  const TRIES: Record<string, Try> = {
    // A personal token that has an end and networks, at itself.
    'takes a scope of its user': ['bound', 'bound', { scopes: [...MANAGING, 'employees:write'] }, 403],
    'takes a scope of its user’s group': ['bound', 'bound', { scopes: ['users:read'] }, 403],
    'takes a scope that its user lacks': ['bound', 'bound', { scopes: ['users:write'] }, 400],
    'takes a scope that nobody has': ['bound', 'bound', { scopes: ['nothing:read'] }, 400],
    'takes all scopes': ['bound', 'bound', { scopes: null }, 400],
    'lives longer': ['bound', 'bound', { expires_at: inHours(3) }, 403],
    'lives for ever': ['bound', 'bound', { expires_at: null }, 403],
    'works from anywhere': ['bound', 'bound', { networks: [] }, 403],
    'works from all of IPv4': ['bound', 'bound', { networks: ['0.0.0.0/1'] }, 403],
    'works from a network around its own': ['bound', 'bound', { networks: ['126.0.0.0/7'] }, 403],
    'works from one more address': ['bound', 'bound', { networks: ['127.0.0.0/8', '::1'] }, 403],
    'works from its network as IPv6 wraps it': ['bound', 'bound', { networks: ['::ffff:127.0.0.0/96'] }, 403],
    'narrows one thing to widen another': ['bound', 'bound', { scopes: ['employees:read'], networks: [] }, 403],
    'becomes somebody else’s': ['bound', 'bound', { user: 1 }, 400],
    'becomes an account token': ['bound', 'bound', { kind: 'account' }, 400],
    'is not revoked any more': ['bound', 'bound', { revoked_at: null, state: 'active' }, 400],
    'gets another value': ['bound', 'bound', { token: 'lk_x', digest: 'x' }, 400],
    // Others of its user.
    'renames one that may do more': ['bound', 'wide', { name: 'mine' }, 403],
    'opens one that may do more': ['bound', 'wide', { networks: [], expires_at: inHours(1) }, 403],
    'renames one that lives longer': ['bound', 'free', { name: 'mine' }, 403],
    'gives one more than itself has': ['bound', 'shut', { scopes: ['employees:write'] }, 403],
    'gives one a network of its own': ['free', 'shut', { networks: ['127.0.0.1'] }, 403],
    'opens one to all networks': ['free', 'shut', { networks: [] }, 403],
    'gives one a scope of its own': ['free', 'reader', { scopes: MANAGING }, 403],
    'gives one a longer life': ['free', 'bound', { expires_at: inHours(5) }, 403],
    'takes the limit of one away': ['free', 'limited', { rate_limit: null }, 403],
    'raises the limit of one': ['free', 'limited', { rate_limit: { requests: 99, seconds: 60 } }, 403],
    'gives one a shorter window': ['free', 'limited', { rate_limit: { requests: 20, seconds: 1 } }, 403],
    'bounds the account token': ['free', 'account', { name: 'x', networks: ['192.0.2.1'] }, 400],
    'lengthens the session': ['free', 'session', { expires_at: inHours(99) }, 404],
    'revives one that was revoked': ['free', 'revoked', { expires_at: null }, 409],
    'revives one that has expired': ['account', 'expired', { expires_at: inHours(5) }, 409],
    // With a limit, of which it could make several.
    'takes its limit away': ['limited', 'limited', { rate_limit: null }, 403],
    'raises its limit': ['limited', 'limited', { rate_limit: { requests: 1000, seconds: 60 } }, 403],
    'lowers its limit': ['limited', 'limited', { rate_limit: { requests: 1, seconds: 60 } }, 403],
    'renames itself under a limit': ['limited', 'limited', { name: 'x' }, 403],
    'frees another under a limit': ['limited', 'shut', { networks: [] }, 403],
    // Without what it takes.
    'without tokens:write': ['reader', 'reader', { name: 'x' }, 403],
    'by a value that was replaced': ['replaced', 'rotating', { name: 'x' }, 403],
    'by a value that was replaced, at another': ['replaced', 'shut', { networks: [] }, 403],
    'by one that was revoked': ['revoked', 'revoked', both, 401],
    'by one that has expired': ['expired', 'expired', { expires_at: inHours(5) }, 401],
    'from another network': ['shut', 'shut', { networks: [] }, 401],
    'of a user who is disabled': ['disabled', 'disabled', both, 401],
    'with nothing': ['nobody', 'free', both, 401],
    // Other people's.
    'at another’s': ['account', 'others', { name: 'x' }, 404],
    'at a superuser’s': ['account', 'ofRoot', both, 404],
    'at another’s by a session': ['session', 'others', { name: 'x' }, 404],
    'at another’s by a superuser’s personal token': ['ofRoot', 'others', { name: 'x' }, 404],
    'more than its user by its user': ['account', 'free', { scopes: [...MANAGING, 'users:write'] }, 400],
    'more than its user by a session': ['session', 'free', { scopes: ['groups:write'] }, 400],
    'more than its user by a superuser': ['root', 'others', { scopes: ['users:write'] }, 400],
    'more than itself by a superuser’s personal token': ['ofRoot', 'ofRoot', { scopes: ['users:write'] }, 403],
  }

  async function world(): Promise<World> {
    await Group.add({ name: 'hr', scopes: ['users:read'] }, TESTER)
    const user = await makeUser({ isStaff: true, groups: ['hr'] })
    const [root, other] = [await makeUser({ isSuperuser: true }), await makeUser()]
    const disabled = await makeUser({ isActive: false })
    const made = {
      bound: await makePersonal(user, { scopes: MANAGING, networks: ['127.0.0.0/8'], expiresAt: inHours(2) }),
      free: await makePersonal(user, { scopes: MANAGING }),
      wide: await makePersonal(user, { scopes: ['employees:write', 'users:read'] }),
      shut: await makePersonal(user, { scopes: MANAGING, networks: ['192.0.2.0/24'], expiresAt: inHours(1) }),
      reader: await makePersonal(user, { scopes: ['employees:read', 'tokens:read'] }),
      limited: await makePersonal(user, { scopes: MANAGING, rateLimit: { requests: 20, seconds: 60 } }),
      revoked: await makePersonal(user, { scopes: MANAGING }),
      expired: await makePersonal(user, { scopes: MANAGING, expiresAt: new Date(Date.now() - 1) }),
      rotating: await makePersonal(user, { scopes: MANAGING }),
      others: await makePersonal(other, { scopes: MANAGING }),
      ofRoot: await makePersonal(root, { scopes: MANAGING }),
      disabled: await makePersonal(disabled, { scopes: MANAGING }),
    }
    await Token.revoke(made.revoked.token.id, undefined, TESTER)
    await Token.rotate(made.rotating.token.id, { overlap: 3600, maxAge: undefined }, TESTER, () => {})
    const values = Object.fromEntries(Object.entries(made).map(([name, { value }]) => [name, value]))
    const ids = Object.fromEntries(Object.entries(made).map(([name, { token }]) => [name, token.id]))
    const [account, rootAccount] = [await accountOf(user), await accountOf(root)]
    const session = await cookieFor(user)
    const of = async (kind: 'account' | 'session') => (await Token.findOne({ where: { userId: user.id, kind } }))!.id
    return {
      values: { ...values, replaced: values.rotating!, account, root: rootAccount, session },
      ids: { ...ids, account: await of('account'), session: await of('session') },
    }
  }

  it(`has ${Object.keys(TRIES).length} tries, of which none succeeds`, async () => {
    expect(Object.keys(TRIES)).to.have.lengthOf.at.least(40)
    const { values, ids } = await world()
    const before = await everything()
    const found: Record<string, number> = {}
    for (const [what, [by, at, body]] of Object.entries(TRIES)) {
      const value = values[by]
      const headers: Record<string, string> = { 'content-type': 'application/json' }
      if (by === 'session') Object.assign(headers, { cookie: value, 'sec-fetch-site': 'same-origin' })
      else if (value) headers.authorization = `Token ${value}`
      const answer = await raw('PATCH', `/api/tokens/${ids[at]}`, { headers, body: JSON.stringify(body) })
      found[what] = answer.status
      expect(await everything(), what).to.deep.equal(before)
    }
    const wanted = Object.fromEntries(Object.entries(TRIES).map(([what, [, , , status]]) => [what, status]))
    expect(found).to.deep.equal(wanted)
  })
})
