import { Alert, Box, Button, List, ListItem, ListItemText, Link as MuiLink, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import { type RaRecord, useNotify, useRecordContext, useRefresh } from 'react-admin'
import { Link } from 'react-router-dom'
import { call } from '../api'
import { currentSession, may } from '../auth'
import { ConfirmedButton } from '../confirm'
import type { Section } from '../document'
import { eventsOf, listOf } from '../events/links'
import { Chips, Text, Time } from '../generic/cells'
import { SectionEdit } from '../generic/form'
import { type Column, SectionList } from '../generic/list'
import { Panel } from '../panel'
import { State } from '../tokens/state'
import { text } from '../words/words'
import { DeleteUser } from './delete'
import { askForSuperuser, GroupsInput, withoutRights } from './fields'
import { PasswordLinkButton } from './password-link'
import { EffectiveScopes } from './scopes'
import { Sessions } from './sessions'
import { SetPassword } from './set-password'
import { type Having, useHaving } from './what-it-has'

const COLUMNS: Column[] = [
  { source: 'username', label: text('users.username'), render: ({ username }) => <Text>{username}</Text> },
  { source: 'email', label: text('users.email') },
  { source: 'is_active', label: text('users.rights'), render: (user) => <Chips values={rightsOf(user)} /> },
  { source: 'groups', label: text('users.groups') },
  { source: 'last_login', label: text('users.lastSignIn') },
  { source: 'date_joined', label: text('users.joined') },
]

export function UserList({ section }: { section: Section }): ReactNode {
  return <SectionList section={section} columns={COLUMNS} />
}

/** Whether the user is active is a button of its own, which says what it ends. */
export function UserEdit({ section }: { section: Section }): ReactNode {
  const fields = withoutRights(section).change!.fields.filter(({ name }) => name !== 'is_active')
  const own = { ...section, change: { ...section.change!, fields } }
  return (
    <SectionEdit
      section={own}
      inputs={{ groups: <GroupsInput /> }}
      ask={askForSuperuser}
      remove={<DeleteUser />}
      above={<Disabled />}
    >
      <Access />
    </SectionEdit>
  )
}

function rightsOf(user: RaRecord) {
  return [
    ...(user.is_active ? [] : [text('users.disabled')]),
    ...(user.is_superuser ? [text('users.superuser')] : []),
    ...(user.is_staff ? [text('users.staff')] : []),
  ]
}

/** For a disabled user, the page first says which tokens do not work. */
function Disabled() {
  const user = useRecordContext()
  return user && !user.is_active ? <WhatRests user={user} /> : null
}

function WhatRests({ user }: { user: RaRecord }) {
  const { tokenCount, isComplete } = useHaving(user)
  const sentence = !isComplete
    ? text('users.disabledUncounted')
    : tokenCount === 0
      ? text('users.disabledNone')
      : text('users.disabledTokens', { smart_count: tokenCount })
  return (
    <Alert severity="warning" sx={{ m: 2, mb: 0 }}>
      {sentence}
    </Alert>
  )
}

/** Tokens, sessions, password, scopes, and the button that stops all of them. */
function Access() {
  const user = useRecordContext()
  return user ? <AccessOf user={user} /> : null
}

function AccessOf({ user }: { user: RaRecord }) {
  const { user: me } = currentSession()
  const having = useHaving(user)
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
        {may('users:write') && <ActiveSwitch user={user} having={having} />}
        {me.is_superuser && user.id !== me.id && (
          <>
            <PasswordLinkButton user={user} />
            <SetPassword user={user} />
          </>
        )}
        {may('events:read') && (
          <Button component={Link} to={eventsOf(`user:${user.id}`)}>
            {text('users.events')}
          </Button>
        )}
      </Box>
      <Tokens user={user} having={having} />
      <Sessions userId={Number(user.id)} />
      <EffectiveScopes user={user} />
    </Box>
  )
}

function ActiveSwitch({ user, having }: { user: RaRecord; having: Having }) {
  const refresh = useRefresh()
  const notify = useNotify()
  const { username } = user
  const { tokenCount, sessionCount, isComplete } = having
  const what = isComplete
    ? text('users.tokensAndSessions', {
        tokens: text('users.tokensCount', { smart_count: tokenCount }),
        sessions: text('users.sessionsCount', { smart_count: sessionCount }),
      })
    : text('users.everyTokenAndSession')
  const set = async (isActive: boolean) => {
    const { headers } = await call('PATCH', `/api/users/${user.id}`, { body: { is_active: isActive } })
    const woken = headers.get('Tokens-Woken')
    const enabled = woken === null ? text('users.enabled') : text('users.enabledTokens', { smart_count: Number(woken) })
    notify(isActive ? enabled : text('users.disabledDone'), { type: 'success' })
    refresh()
  }
  if (!user.is_active)
    return (
      <ConfirmedButton
        key="enable"
        label={text('users.enable')}
        color="primary"
        question={text('users.enableQuestion', { username })}
        consequence={
          isComplete ? text('users.enableCounted', { smart_count: tokenCount }) : text('users.enableUncounted')
        }
        onConfirm={() => set(true)}
      />
    )
  return (
    <ConfirmedButton
      key="disable"
      label={text('users.disable')}
      question={text('users.disableQuestion', { username })}
      consequence={text('users.disableHelp', { what })}
      onConfirm={() => set(false)}
    />
  )
}

function Tokens({ user, having }: { user: RaRecord; having: Having }) {
  const { tokens, tokenCount: total, isComplete } = having
  if (!isComplete) return null
  const more = user.is_active ? 'users.allTokensWork' : 'users.allTokensRest'
  return (
    <Panel title={text('users.tokens')}>
      {tokens.length === 0 && <Typography color="text.secondary">{text('users.noneWorks')}</Typography>}
      <List dense disablePadding>
        {tokens.map((token) => (
          <ListItem key={token.id} disableGutters secondaryAction={<State token={token} />}>
            <ListItemText
              primary={
                <MuiLink component={Link} to={`/tokens/${token.id}/show`}>
                  <code>{token.hint}</code> <Text>{token.name || text('tokens.accountToken')}</Text>
                </MuiLink>
              }
              secondary={
                token.last_used_at ? (
                  <>
                    {text('users.lastUsed')} <Time at={token.last_used_at} />
                  </>
                ) : (
                  text('users.neverUsed')
                )
              }
            />
          </ListItem>
        ))}
      </List>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mt: 1 }}>
        {may('tokens:write') && (
          <Button component={Link} to={`/tokens/create?user=${user.id}`} variant="outlined" size="small">
            {text('users.addToken')}
          </Button>
        )}
        <Button component={Link} to={listOf('tokens', { user: user.id })} size="small">
          {total > tokens.length ? text(more, { smart_count: total }) : text('users.allTokens')}
        </Button>
      </Box>
    </Panel>
  )
}
