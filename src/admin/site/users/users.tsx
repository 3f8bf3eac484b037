import { Box, Button, List, ListItem, ListItemText, Link as MuiLink, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import { AutocompleteArrayInput, type RaRecord, useGetList, useNotify, useRecordContext, useRefresh } from 'react-admin'
import { Link } from 'react-router-dom'
import { call } from '../api'
import { currentSession, may } from '../auth'
import { ConfirmedButton } from '../confirm'
import type { Section } from '../document'
import { eventsOf, listOf } from '../events/links'
import { Chips, Text, Time } from '../generic/cells'
import { SectionCreate, SectionEdit } from '../generic/form'
import { type Column, SectionList } from '../generic/list'
import { Panel } from '../panel'
import { State } from '../tokens/state'
import type { Token } from '../tokens/types'
import { Sessions, useSessions } from './sessions'
import { SetPassword } from './set-password'

const COLUMNS: Column[] = [
  { source: 'username', label: 'Username', render: ({ username }) => <Text>{username}</Text> },
  { source: 'email', label: 'Email' },
  {
    source: 'is_active',
    label: 'Rights',
    render: (user) => <Chips values={rightsOf(user)} />,
  },
  { source: 'groups', label: 'Groups' },
  { source: 'last_login', label: 'Last sign-in here' },
  { source: 'date_joined', label: 'Joined' },
]

export function UserList({ section }: { section: Section }): ReactNode {
  return <SectionList section={section} columns={COLUMNS} />
}

export function UserCreate({ section }: { section: Section }): ReactNode {
  return (
    <SectionCreate section={withoutRights(section)} inputs={{ groups: <Groups /> }} defaults={{ is_active: true }} />
  )
}

/** Being active is a button of its own, which tells what it ends. */
export function UserEdit({ section }: { section: Section }): ReactNode {
  const fields = withoutRights(section).change!.fields.filter(({ name }) => name !== 'is_active')
  const own = { ...section, change: { ...section.change!, fields } }
  return (
    <SectionEdit section={own} inputs={{ groups: <Groups /> }}>
      <Access />
    </SectionEdit>
  )
}

/** What only a superuser may set is no field for anybody else. */
function withoutRights(section: Section): Section {
  if (currentSession().user.is_superuser) return section
  const allowed = ({ name }: { name: string }) => !['is_staff', 'is_superuser', 'groups', 'password'].includes(name)
  return {
    ...section,
    creation: section.creation?.filter(allowed),
    change: section.change && { ...section.change, fields: section.change.fields.filter(allowed) },
  }
}

function rightsOf(user: RaRecord) {
  return [
    ...(user.is_active ? [] : ['disabled']),
    ...(user.is_superuser ? ['superuser'] : []),
    ...(user.is_staff ? ['staff'] : []),
  ]
}

function Groups() {
  const { data = [] } = useGetList(
    'groups',
    { pagination: { page: 1, perPage: 1000 } },
    { enabled: may('groups:read') },
  )
  const choices = data.filter(({ name }) => name !== 'everyone').map(({ name }) => ({ id: name, name }))
  return (
    <AutocompleteArrayInput
      source="groups"
      label="Groups"
      choices={choices}
      parse={(value) => value ?? []}
      helperText="What they may do comes on top of what everyone may"
      fullWidth
    />
  )
}

/** Tokens, sessions, password, and the switch that stops all of them. */
function Access() {
  const user = useRecordContext()
  if (!user) return null
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 2,
        p: 2,
        gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'repeat(2, minmax(0, 1fr))' },
      }}
    >
      <Box sx={{ gridColumn: '1 / -1', display: 'flex', flexWrap: 'wrap', gap: 1 }}>
        {may('users:write') && <ActiveSwitch user={user} />}
        {currentSession().user.is_superuser && user.id !== currentSession().user.id && <SetPassword user={user} />}
        {may('events:read') && (
          <Button component={Link} to={eventsOf(`user:${user.id}`)}>
            Events
          </Button>
        )}
      </Box>
      <Tokens user={user} />
      <Sessions userId={Number(user.id)} />
    </Box>
  )
}

function ActiveSwitch({ user }: { user: RaRecord }) {
  const refresh = useRefresh()
  const notify = useNotify()
  const { total } = useTokens(user)
  const { sessions } = useSessions(Number(user.id))
  // Only a superuser sees all of them.
  const isCounted = currentSession().user.is_superuser && total !== undefined && sessions !== undefined
  const stopped = isCounted ? `${total} tokens and ${sessions.length} sessions` : 'every token and every session'
  const set = async (isActive: boolean) => {
    const { headers } = await call('PATCH', `/api/users/${user.id}`, { body: { is_active: isActive } })
    const woken = headers.get('Tokens-Woken')
    const enabled = `The user is active again${woken === null ? '' : `, and ${tokens(Number(woken))} again`}.`
    notify(isActive ? enabled : 'The user is disabled.', { type: 'success' })
    refresh()
  }
  if (!user.is_active)
    return (
      <ConfirmedButton
        key="enable"
        label="Enable"
        color="primary"
        question={`Enable ${user.username}?`}
        consequence={
          isCounted
            ? `It may sign in again, and ${tokens(total)} again. Its sessions have ended.`
            : 'It may sign in again, and its tokens that have not ended work again. Its sessions have ended.'
        }
        onConfirm={() => set(true)}
      />
    )
  return (
    <ConfirmedButton
      key="disable"
      label="Disable"
      question={`Disable ${user.username}?`}
      consequence={<>From this moment nobody can sign in as this user. It also stops {stopped} at once.</>}
      onConfirm={() => set(false)}
    />
  )
}

function tokens(count: number) {
  return count === 1 ? '1 token of it works' : `${count} tokens of it work`
}

function useTokens(user: RaRecord) {
  return useGetList<Token>(
    'tokens',
    {
      pagination: { page: 1, perPage: 10 },
      sort: { field: 'created_at', order: 'DESC' },
      filter: { user: user.id, state: 'active' },
    },
    { enabled: may('tokens:read') },
  )
}

function Tokens({ user }: { user: RaRecord }) {
  const { data: tokens = [], total = 0 } = useTokens(user)
  const { user: me } = currentSession()
  if (!me.is_superuser && me.id !== user.id) return null
  const all = listOf('tokens', { user: user.id })
  return (
    <Panel title="Tokens">
      {tokens.length === 0 && <Typography color="text.secondary">None that works.</Typography>}
      <List dense disablePadding>
        {tokens.map((token) => (
          <ListItem key={token.id} disableGutters secondaryAction={<State token={token} />}>
            <ListItemText
              primary={
                <MuiLink component={Link} to={`/tokens/${token.id}/show`}>
                  <code>{token.hint}</code> <Text>{token.name || 'account token'}</Text>
                </MuiLink>
              }
              secondary={
                <>
                  last used <Time at={token.last_used_at} />
                </>
              }
            />
          </ListItem>
        ))}
      </List>
      <Box sx={{ display: 'flex', gap: 1, mt: 1 }}>
        {may('tokens:write') && (
          <Button component={Link} to={`/tokens/create?user=${user.id}`} variant="outlined" size="small">
            Add token
          </Button>
        )}
        <Button component={Link} to={all} size="small">
          All tokens of this user{total > tokens.length ? ` (${total} work)` : ''}
        </Button>
      </Box>
    </Panel>
  )
}
