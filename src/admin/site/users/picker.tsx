import { Autocomplete, Box, TextField } from '@mui/material'
import { type ReactNode, useEffect, useState } from 'react'
import { useGetList, useGetOne, useInput } from 'react-admin'
import { currentSession, may } from '../auth'
import { Text } from '../generic/cells'

export interface PickedUser {
  id: number
  username: string
  is_superuser: boolean
  groups?: string[]
}

/** Milliseconds without typing before the server is asked. */
const PAUSE = 200

/** Chooses one of any number of users: the server searches, and gives the first few. */
export function UserPicker({
  value,
  onChange,
  error,
}: {
  value: PickedUser | null
  onChange: (user: PickedUser | null) => void
  error?: string
}): ReactNode {
  const [typed, setTyped] = useState('')
  const [searched, setSearched] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setSearched(typed), PAUSE)
    return () => clearTimeout(timer)
  }, [typed])
  const { data = [], isFetching } = useGetList<PickedUser>('users', {
    pagination: { page: 1, perPage: 20 },
    sort: { field: 'username', order: 'ASC' },
    filter: searched && searched !== value?.username ? { username_contains: searched } : {},
  })
  return (
    <Autocomplete
      options={data}
      value={value}
      onChange={(_event, user) => onChange(user)}
      onInputChange={(_event, text) => setTyped(text)}
      getOptionLabel={({ username }) => username}
      getOptionKey={({ id }) => id}
      isOptionEqualToValue={(a, b) => a.id === b.id}
      filterOptions={(options) => options}
      loading={isFetching}
      noOptionsText="No user has this in the name"
      renderInput={(parameters) => (
        <TextField
          {...parameters}
          label="User"
          required
          error={Boolean(error)}
          helperText={error ?? 'Type a part of the name'}
        />
      )}
    />
  )
}

/** The name of a user, where one may know it. */
export function UserName({ id }: { id: number }): ReactNode {
  const { user } = currentSession()
  if (user.id === id) return <Text>{user.username}</Text>
  return may('users:read') ? <Fetched id={id} /> : `user ${id}`
}

function Fetched({ id }: { id: number }) {
  const { data } = useGetOne('users', { id })
  return <Text>{data?.username ?? `user ${id}`}</Text>
}

/** A filter by user; as other filters of react-admin it is told by `source`. */
export function UserFilter({ source }: { source: string; label: string }): ReactNode {
  const { field } = useInput({ source })
  const { data } = useGetOne('users', { id: field.value }, { enabled: Boolean(field.value) && may('users:read') })
  return (
    <Box sx={{ minWidth: 220 }}>
      <UserPicker
        value={(data as PickedUser | undefined) ?? null}
        onChange={(user) => field.onChange(user?.id ?? '')}
      />
    </Box>
  )
}
