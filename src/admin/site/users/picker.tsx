import { Autocomplete, Box, TextField } from '@mui/material'
import { type ReactNode, useEffect, useState } from 'react'
import { useGetList, useGetOne, useInput } from 'react-admin'
import { may } from '../auth'
import { text } from '../words/words'

export interface PickedUser {
  id: number
  username: string
  is_superuser: boolean
  groups?: string[]
}

/** Milliseconds without typing before the server is asked. */
const PAUSE = 200

/** Chooses one of any number of users. The server searches, and returns the first few. */
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
      onInputChange={(_event, written) => setTyped(written)}
      getOptionLabel={({ username }) => username}
      getOptionKey={({ id }) => id}
      isOptionEqualToValue={(a, b) => a.id === b.id}
      filterOptions={(options) => options}
      loading={isFetching}
      noOptionsText={text('users.noUser')}
      renderInput={(parameters) => (
        <TextField
          {...parameters}
          label={text('users.user')}
          required
          error={Boolean(error)}
          helperText={error ?? text('users.partOfName')}
        />
      )}
    />
  )
}

/** A filter by user. Like other filters of react-admin, it is known by its `source`. */
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
