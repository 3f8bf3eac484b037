import RevokeIcon from '@mui/icons-material/Block'
import { Alert, Box, Button, List, ListItem, ListItemText, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import { FunctionField, Show, SimpleShowLayout, useNotify, useRecordContext, useRefresh } from 'react-admin'
import { Link } from 'react-router-dom'
import { call } from '../api'
import { may } from '../auth'
import { ConfirmedButton } from '../confirm'
import type { Section } from '../document'
import { eventsOf } from '../events/links'
import { Chips, Nothing, Text, Time } from '../generic/cells'
import { RecordTitle } from '../generic/form'
import { History } from '../history/history'
import { useScopes } from '../scopes/choices'
import { UserName } from '../users/picker'
import { RotateButton } from './rotate'
import { Granted, State } from './state'
import type { Token } from './types'

/** Everything of a token but its value. */
export function TokenShow({ section }: { section: Section }): ReactNode {
  return (
    <Show resource="tokens" title={<RecordTitle section={section} />} actions={false}>
      <Actions />
      <Replaced />
      <SimpleShowLayout>
        <Shown label="Token" of={({ hint }) => <code>{hint}</code>} />
        <Shown label="State" of={(token) => <State token={token} />} />
        <Shown
          label="User"
          of={({ user }) => (
            <Link to={`/users/${user}`}>
              <UserName id={user} />
            </Link>
          )}
        />
        <Shown label="Kind" of={({ kind }) => kind} />
        <Shown label="Name" of={({ name }) => (name ? <Text>{name}</Text> : <Nothing />)} />
        <Shown label="Created" of={({ created_at }) => <Time at={created_at} />} />
        <Shown label="Expires" of={({ expires_at }) => (expires_at ? <Time at={expires_at} /> : 'not by itself')} />
        <Shown
          label="Works from"
          of={({ networks }) => (networks.length > 0 ? <Chips values={networks} /> : 'anywhere')}
        />
        <Shown
          label="Limit"
          of={({ rate_limit: limit }) => (limit ? `${limit.requests} requests in ${limit.seconds} s` : 'none')}
        />
        <Shown label="Uses" of={({ use_count }) => String(use_count)} />
        <Shown label="Last used" of={({ last_used_at }) => <Time at={last_used_at} />} />
        <Shown
          label="Last used from"
          of={({ last_used_from }) => (last_used_from ? <Text>{last_used_from}</Text> : <Nothing />)}
        />
        <Shown
          label="Last used by"
          of={({ last_used_agent }) => (last_used_agent ? <Text>{last_used_agent}</Text> : <Nothing />)}
        />
        <Shown label="Used by other services" of={(token) => <Services token={token} />} />
        <Shown label="Scopes" of={(token) => <Scopes token={token} />} />
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

function Actions() {
  const token = useRecordContext<Token>()
  const refresh = useRefresh()
  const notify = useNotify()
  if (!token) return null
  const isAlive = token.state === 'active' || token.state === 'rotating'
  const revoke = async () => {
    await call('DELETE', `/api/tokens/${token.id}`)
    notify('The token is revoked.', { type: 'success' })
    refresh()
  }
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, p: 2, pb: 0 }}>
      {isAlive && may('tokens:write') && <RotateButton token={token} />}
      {isAlive && may('tokens:write') && (
        <ConfirmedButton
          label="Revoke"
          icon={<RevokeIcon />}
          question="Revoke this token?"
          consequence={`${token.hint} stops working at once and for ever. Its record stays.`}
          onConfirm={revoke}
        />
      )}
      {may('events:read') && (
        <Button component={Link} to={eventsOf(`token:${token.id}`)}>
          Events
        </Button>
      )}
    </Box>
  )
}

function Replaced() {
  const replaced = useRecordContext<Token>()?.replaced
  if (!replaced) return null
  return (
    <Alert severity="warning" sx={{ m: 2, mb: 0 }}>
      The value before the last rotation works until <Time at={replaced.ends_at} />.{' '}
      {replaced.use_count === 0 ? (
        'Nobody has used it since.'
      ) : (
        <>
          It was used {replaced.use_count} times since, last <Time at={replaced.last_used_at} /> from{' '}
          {replaced.last_used_from}.
        </>
      )}
    </Alert>
  )
}

/** Those that asked with a scope of one's own, also with one that is gone. */
function Services({ token }: { token: Token }) {
  const { scopes, isLoaded } = useScopes()
  const builtIn = scopes.filter(({ built_in }) => built_in).map(({ name }) => name)
  const used = token.used_scopes.filter(({ scope }) => isLoaded && !builtIn.includes(scope))
  if (used.length === 0) return <Nothing />
  return (
    <List dense disablePadding aria-label="Used by other services">
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
                  last <Time at={last_used_at} />
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
      <List dense disablePadding aria-label="Scopes">
        {scopes.map((scope) => (
          <ListItem key={scope} disableGutters>
            <ListItemText
              primary={scope}
              secondary={
                used.has(scope) ? (
                  <>
                    last used <Time at={used.get(scope)!} />
                  </>
                ) : (
                  'never used: it may be dropped'
                )
              }
            />
          </ListItem>
        ))}
      </List>
    </>
  )
}
