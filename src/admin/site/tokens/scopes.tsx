import type { ReactNode } from 'react'
import { useGetList } from 'react-admin'
import { currentSession, may } from '../auth'
import { ScopeChoices, type ScopeRow, useScopes } from '../scopes/choices'
import type { PickedUser } from '../users/picker'

/** The scopes that this user has to give, as checkboxes. */
export function ScopePicker({
  user,
  value,
  onChange,
  error,
}: {
  user: PickedUser | null
  value: string[]
  onChange: (scopes: string[]) => void
  error?: string
}): ReactNode {
  const help = user ? `What ${user.username} may do; the token may do what is checked.` : 'Choose the user first.'
  return (
    <ScopeChoices
      offered={useScopesOf(user)}
      value={value}
      onChange={onChange}
      isWrong={Boolean(error)}
      help={error ?? help}
    />
  )
}

/** Those of the user's groups and of everyone; a superuser has all. */
function useScopesOf(user: PickedUser | null): ScopeRow[] {
  const session = currentSession()
  const { scopes: all } = useScopes()
  const { data: groups = [] } = useGetList<{ id: number; name: string; scopes: string[] }>(
    'groups',
    { pagination: { page: 1, perPage: 1000 } },
    { enabled: may('groups:read') },
  )
  if (!user) return []
  if (user.is_superuser) return all
  if (user.id === session.user.id) return all.filter(({ name }) => session.scopes.includes(name))
  const names = ['everyone', ...(user.groups ?? [])]
  const held = groups.filter(({ name }) => names.includes(name)).flatMap(({ scopes }) => scopes)
  return all.filter(({ name }) => held.includes(name))
}
