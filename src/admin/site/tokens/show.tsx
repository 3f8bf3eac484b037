import RevokeIcon from '@mui/icons-material/Block'
import EditIcon from '@mui/icons-material/Edit'
import { Alert, Box, Button, List, ListItem, ListItemText, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import { FunctionField, Show, SimpleShowLayout, useNotify, useRecordContext, useRefresh } from 'react-admin'
import { Link } from 'react-router-dom'
import { call } from '../api'
import { currentSession, may } from '../auth'
import { ConfirmedButton } from '../confirm'
import type { Section } from '../document'
import { eventsOf } from '../events/links'
import { Chips, Nothing, Text, Time } from '../generic/cells'
import { RecordTitle } from '../generic/show'
import { History } from '../history/history'
import { useScopes } from '../scopes/choices'
import { text } from '../words/words'
import { whyFixed } from './edit'
import { limitText } from './inputs'
import { RotateButton } from './rotate'
import { Granted, State, TokenUser } from './state'
import { isAlive, type Token } from './types'

/** Everything of a token but its value. */
export function TokenShow({ section }: { section: Section }): ReactNode {
  return (
    <Show resource="tokens" title={<RecordTitle section={section} />} actions={false}>
      <Actions />
      <Facts />
      <SimpleShowLayout>
        <Shown label={text('tokens.token')} of={({ hint }) => <code>{hint}</code>} />
        <Shown label={text('tokens.state')} of={(token) => <State token={token} />} />
        <Shown label={text('tokens.user')} of={(token) => <TokenUser token={token} isLinked />} />
        <Shown label={text('tokens.kind')} of={({ kind }) => text(`tokens.kind_${kind}`)} />
        <Shown label={text('tokens.name')} of={({ name }) => (name ? <Text>{name}</Text> : <Nothing />)} />
        <Shown label={text('tokens.created')} of={({ created_at }) => <Time at={created_at} />} />
        <Shown
          label={text('tokens.expires')}
          of={({ expires_at }) => (expires_at ? <Time at={expires_at} /> : text('tokens.notByItself'))}
        />
        <Shown
          label={text('tokens.worksFrom')}
          of={({ networks }) => (networks.length > 0 ? <Chips values={networks} /> : text('tokens.allWorkFrom'))}
        />
        <Shown
          label={text('tokens.limit')}
          of={({ rate_limit: limit }) => (limit ? limitText(limit) : text('tokens.limitNone'))}
        />
        <Shown label={text('tokens.uses')} of={({ use_count }) => String(use_count)} />
        <Shown label={text('tokens.lastUsed')} of={({ last_used_at }) => <Time at={last_used_at} />} />
        <Shown label={text('tokens.lastUsedFromAddress')} of={({ last_used_from }) => textOf(last_used_from)} />
        <Shown label={text('tokens.lastUsedBy')} of={({ last_used_agent }) => textOf(last_used_agent)} />
        <Shown label={text('tokens.services')} of={(token) => <Services token={token} />} />
        <Shown label={text('tokens.scopes')} of={(token) => <Scopes token={token} />} />
      </SimpleShowLayout>
      <TokenHistory />
    </Show>
  )
}

function TokenHistory() {
  const token = useRecordContext<Token>()
  return token ? <History resource="tokens" object={token.id} more={eventsOf(`token:${token.id}`)} /> : null
}

function Shown({ label, of }: { label: string; of: (token: Token) => ReactNode }) {
  return <FunctionField label={label} render={(record) => of(record as Token)} />
}

function textOf(value: string | null) {
  return value ? <Text>{value}</Text> : <Nothing />
}

function Actions() {
  const token = useRecordContext<Token>()
  const refresh = useRefresh()
  const notify = useNotify()
  if (!token) return null
  const { user } = currentSession()
  const isMine = user.is_superuser || token.user === user.id
  const mayRevoke = may('tokens:write') && (isMine || may('tokens:admin'))
  const revoke = async () => {
    await call('DELETE', `/api/tokens/${token.id}`)
    notify(text('tokens.revoked'), { type: 'success' })
    refresh()
  }
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, p: 2, pb: 0 }}>
      {!whyFixed(token) && (
        <Button component={Link} to={`/tokens/${token.id}`} variant="contained" startIcon={<EditIcon />}>
          {text('tokens.edit')}
        </Button>
      )}
      {isAlive(token) && may('tokens:write') && isMine && <RotateButton token={token} />}
      {isAlive(token) && mayRevoke && (
        <ConfirmedButton
          label={text('tokens.revoke')}
          icon={<RevokeIcon />}
          question={text('tokens.revokeOne')}
          consequence={text('tokens.revokeOneHelp', { hint: token.hint })}
          onConfirm={revoke}
        />
      )}
      {may('events:read') && (
        <Button component={Link} to={eventsOf(`token:${token.id}`)}>
          {text('tokens.events')}
        </Button>
      )}
    </Box>
  )
}

/** What a reader must not miss, and why nothing can be edited where nothing can. */
function Facts() {
  const token = useRecordContext<Token>()
  if (!token) return null
  const reason = may('tokens:write') && whyFixed(token)
  return (
    <Box sx={{ display: 'grid', gap: 1, p: 2, pb: 0 }}>
      {token.state === 'disabled' && (
        <Alert severity="warning">{text('tokens.disabledText', { username: token.username ?? '' })}</Alert>
      )}
      {token.username === null && <Alert severity="info">{text('tokens.deletedText', { id: token.user })}</Alert>}
      <Replaced replaced={token.replaced} />
      {reason && (
        <Typography variant="body2" color="text.secondary">
          {reason}
        </Typography>
      )}
    </Box>
  )
}

function Replaced({ replaced }: Pick<Token, 'replaced'>) {
  if (!replaced) return null
  return (
    <Alert severity="warning">
      {text('tokens.replaced')} <Time at={replaced.ends_at} />.{' '}
      {replaced.use_count === 0 ? (
        text('tokens.replacedUnused')
      ) : (
        <>
          {text('tokens.replacedUsed', { smart_count: replaced.use_count })} <Time at={replaced.last_used_at} />{' '}
          {text('tokens.from')} {replaced.last_used_from}.
        </>
      )}
    </Alert>
  )
}

/** The services that asked about the token with an added scope, also with one that no longer exists. */
function Services({ token }: { token: Token }) {
  const { scopes, isLoaded } = useScopes()
  const builtIn = scopes.filter(({ built_in }) => built_in).map(({ name }) => name)
  const used = token.used_scopes.filter(({ scope }) => isLoaded && !builtIn.includes(scope))
  if (used.length === 0) return <Nothing />
  return (
    <List dense disablePadding aria-label={text('tokens.services')}>
      {used.map(({ scope, last_used_at }) => {
        const description = scopes.find(({ name }) => name === scope)?.description
        return (
          <ListItem key={scope} disableGutters>
            <ListItemText
              primary={
                <>
                  {scope} {description && <Text>{description}</Text>}
                </>
              }
              secondary={
                <>
                  {text('tokens.last')} <Time at={last_used_at} />
                </>
              }
            />
          </ListItem>
        )
      })}
    </List>
  )
}

function Scopes({ token }: { token: Token }) {
  const used = new Map(token.used_scopes.map(({ scope, last_used_at }) => [scope, last_used_at]))
  const scopes = token.scopes ?? [...used.keys()]
  return (
    <>
      <Typography variant="body2">
        <Granted token={token} />
      </Typography>
      <List dense disablePadding aria-label={text('tokens.scopes')}>
        {scopes.map((scope) => (
          <ListItem key={scope} disableGutters>
            <ListItemText
              primary={scope}
              secondary={
                used.has(scope) ? (
                  <>
                    {text('tokens.lastUsedWhen')} <Time at={used.get(scope)!} />
                  </>
                ) : (
                  text('tokens.neverUsedScope')
                )
              }
            />
          </ListItem>
        ))}
      </List>
    </>
  )
}
