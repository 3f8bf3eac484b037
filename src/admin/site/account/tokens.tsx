import { Alert, Box, Button, Card, CardContent, Stack, Typography } from '@mui/material'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'react-router-dom'
import { call } from '../api'
import { currentSession, may } from '../auth'
import { ConfirmedButton } from '../confirm'
import { Text, Time } from '../generic/cells'
import { RotateButton } from '../tokens/rotate'
import { State } from '../tokens/state'
import { isAlive, type Token } from '../tokens/types'
import { text } from '../words/words'
import { Heading, NotThere } from './heading'
import { useTell } from './notices'
import { RenameButton } from './rename'

/** The most that the API returns at a time. Nobody has more than 100 that work. */
const MOST = 1000

/** The user's own tokens: those that work, and below them those that have ended. */
export function OwnTokens(): ReactNode {
  const { user } = currentSession()
  const { data, error, refetch } = useQuery({
    queryKey: ['own-tokens'],
    queryFn: async () =>
      (await call<Token[]>('GET', `/api/tokens?user=${user.id}&ordering=-created_at&limit=${MOST}`)).body,
    enabled: may('tokens:read'),
  })
  const mayWrite = may('tokens:write')
  if (!may('tokens:read'))
    return (
      <>
        <Heading title={text('account.tokens')} />
        <Alert severity="info">{text('account.noTokensScope')}</Alert>
      </>
    )
  const live = data?.filter(isAlive)
  const ended = data?.filter((token) => !isAlive(token))
  return (
    <>
      <Heading title={text('account.tokens')}>
        {mayWrite && (
          <Button variant="contained" component={Link} to="/new">
            {text('account.newToken')}
          </Button>
        )}
      </Heading>
      {!live && <NotThere error={error} onRetry={refetch} />}
      {live?.length === 0 && <Welcome mayWrite={mayWrite} />}
      {live?.map((token) => (
        <OwnToken key={token.id} token={token} mayWrite={mayWrite} />
      ))}
      {ended && ended.length > 0 && (
        <Box component="details" sx={{ '& > summary': { cursor: 'pointer', py: 1 } }}>
          <summary>{text('account.endedTokens', { smart_count: ended.length })}</summary>
          <Box sx={{ display: 'grid', gap: 2 }}>
            {ended.map((token) => (
              <OwnToken key={token.id} token={token} mayWrite={false} />
            ))}
          </Box>
        </Box>
      )}
    </>
  )
}

function Welcome({ mayWrite }: { mayWrite: boolean }) {
  return (
    <Card variant="outlined">
      <CardContent sx={{ display: 'grid', gap: 1, justifyItems: 'start' }}>
        <Typography variant="h6" component="h2">
          {text('account.welcome')}
        </Typography>
        <Typography>{text('account.welcomeHelp')}</Typography>
        {mayWrite && (
          <Button variant="contained" component={Link} to="/new">
            {text('account.firstToken')}
          </Button>
        )}
      </CardContent>
    </Card>
  )
}

function OwnToken({ token, mayWrite }: { token: Token; mayWrite: boolean }) {
  const tell = useTell()
  const queryClient = useQueryClient()
  const revoke = async () => {
    await call('DELETE', `/api/tokens/${token.id}`)
    tell({ severity: 'success', sentence: text('account.revoked') })
    await queryClient.invalidateQueries({ queryKey: ['own-tokens'] })
  }
  const name = token.kind === 'account' ? text('account.accountToken') : token.name
  return (
    <Card variant="outlined" component="article" aria-label={name}>
      <CardContent sx={{ display: 'grid', gap: 1 }}>
        <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, alignItems: 'baseline' }}>
          <Typography variant="h6" component="h2" sx={{ overflowWrap: 'anywhere' }}>
            {token.kind === 'account' ? name : <bdi>{name}</bdi>}
          </Typography>
          <code>{token.hint}</code>
          <State token={token} />
        </Box>
        {token.kind === 'account' && (
          <Typography variant="body2" color="text.secondary">
            {text('account.accountTokenHelp')}
          </Typography>
        )}
        <Box component="dl" sx={FACTS}>
          <dt>{text('account.lastUsed')}</dt>
          <dd>
            {token.last_used_at ? (
              <>
                <Time at={token.last_used_at} />{' '}
                {token.last_used_from && (
                  <>
                    {text('account.from')} <Text>{token.last_used_from}</Text>
                  </>
                )}
              </>
            ) : (
              text('account.never')
            )}
          </dd>
          <dt>{text('account.created')}</dt>
          <dd>
            <Time at={token.created_at} />
          </dd>
          <dt>{text('account.expires')}</dt>
          <dd>{token.expires_at ? <Time at={token.expires_at} /> : text('account.noEnd')}</dd>
          <dt>{text('account.scopes')}</dt>
          <dd>
            <Scopes token={token} />
          </dd>
        </Box>
        {mayWrite && (
          <Stack direction="row" gap={1} useFlexGap flexWrap="wrap">
            {token.kind === 'personal' && <RenameButton token={token} />}
            <RotateButton token={token} />
            <ConfirmedButton
              label={text('account.revoke')}
              question={text('account.revokeAsk', { name })}
              consequence={text('account.revokeHelp')}
              onConfirm={revoke}
            />
          </Stack>
        )}
      </CardContent>
    </Card>
  )
}

const FACTS = {
  m: 0,
  display: 'grid',
  columnGap: 2,
  rowGap: 0.5,
  gridTemplateColumns: { xs: 'minmax(0, 1fr)', sm: 'max-content minmax(0, 1fr)' },
  '& dt': { color: 'text.secondary' },
  '& dd': { m: 0, overflowWrap: 'anywhere' },
}

/** The scopes of a token, and when it last used them. */
function Scopes({ token }: { token: Token }) {
  const used = new Map(token.used_scopes.map(({ scope, last_used_at }) => [scope, last_used_at]))
  const scopes = token.scopes ?? [...used.keys()]
  return (
    <>
      {token.scopes === null && <div>{text('account.allScopes')}</div>}
      {scopes.map((scope) => (
        <div key={scope}>
          <code>{scope}</code>{' '}
          <Typography component="span" variant="body2" color="text.secondary">
            {used.has(scope) ? (
              <>
                {text('account.scopeUsed')} <Time at={used.get(scope)!} />
              </>
            ) : (
              text('account.scopeNeverUsed')
            )}
          </Typography>
        </div>
      ))}
    </>
  )
}
