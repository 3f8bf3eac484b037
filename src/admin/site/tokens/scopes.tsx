import type { ReactNode } from 'react'
import { useGetList, useInput } from 'react-admin'
import { currentSession, may } from '../auth'
import { ScopeChoices, type ScopeRow, useScopes } from '../scopes/choices'
import type { PickedUser } from '../users/picker'
import { text } from '../words/words'

/** For the field `scopes` of a form: the scopes that this user can give, as checkboxes. */
export function TokenScopesInput({ user }: { user: PickedUser | null }): ReactNode {
  const { field, fieldState } = useInput<string[]>({ source: 'scopes', defaultValue: [] })
  const help = user ? text('tokens.scopesHelp', { username: user.username }) : text('tokens.userFirst')
  const value: string[] = field.value ?? []
  return (
    <ScopeChoices
      offered={useOffered(user, value)}
      value={value}
      onChange={field.onChange}
      isWrong={fieldState.error !== undefined}
      help={fieldState.error?.message ?? help}
    />
  )
}

/** The scopes of the user's groups and of everyone (all for a superuser), and those that the token already has. */
function useOffered(user: PickedUser | null, held: string[]): ScopeRow[] {
  const session = currentSession()
  const { scopes: all } = useScopes()
  const { data: groups = [] } = useGetList<{ id: number; name: string; scopes: string[] }>(
    'groups',
    { pagination: { page: 1, perPage: 1000 } },
    { enabled: may('groups:read') },
  )
  if (!user) return []
  if (user.is_superuser) return all
  const names = ['everyone', ...(user.groups ?? [])]
  const given =
    user.id === session.user.id
      ? session.scopes
      : groups.filter(({ name }) => names.includes(name)).flatMap(({ scopes }) => scopes)
  return all.filter(({ name }) => given.includes(name) || held.includes(name))
}
