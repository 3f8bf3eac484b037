import { Checkbox, FormControl, FormControlLabel, FormGroup, FormHelperText, FormLabel } from '@mui/material'
import type { ReactNode } from 'react'
import { useGetList } from 'react-admin'
import { currentSession, may } from '../auth'
import type { PickedUser } from '../users/picker'

/** The scopes that this user has to give, as checkboxes. */
export function ScopePicker({
  user,
  all,
  value,
  onChange,
  error,
}: {
  user: PickedUser | null
  all: string[]
  value: string[]
  onChange: (scopes: string[]) => void
  error?: string
}): ReactNode {
  const offered = useScopesOf(user, all)
  const toggle = (scope: string) =>
    onChange(value.includes(scope) ? value.filter((other) => other !== scope) : [...value, scope])
  return (
    <FormControl component="fieldset" error={Boolean(error)}>
      <FormLabel component="legend">Scopes</FormLabel>
      <FormGroup sx={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(180px, 1fr))' }}>
        {offered.map((scope) => (
          <FormControlLabel
            key={scope}
            control={<Checkbox checked={value.includes(scope)} onChange={() => toggle(scope)} />}
            label={scope}
          />
        ))}
      </FormGroup>
      <FormHelperText>
        {error ?? (user ? `What ${user.username} may do; the token may do what is checked.` : 'Choose the user first.')}
      </FormHelperText>
    </FormControl>
  )
}

/** Those of the user's groups and of everyone; a superuser has all. */
function useScopesOf(user: PickedUser | null, all: string[]): string[] {
  const session = currentSession()
  const { data: groups = [] } = useGetList<{ id: number; name: string; scopes: string[] }>(
    'groups',
    { pagination: { page: 1, perPage: 1000 } },
    { enabled: may('groups:read') },
  )
  if (!user) return []
  if (user.is_superuser) return all
  if (user.id === session.user.id) return all.filter((scope) => session.scopes.includes(scope))
  const names = ['everyone', ...(user.groups ?? [])]
  const held = groups.filter(({ name }) => names.includes(name)).flatMap(({ scopes }) => scopes)
  return all.filter((scope) => held.includes(scope))
}
