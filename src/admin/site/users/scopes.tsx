import { Alert, Box, Chip, Link as MuiLink, Typography } from '@mui/material'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { RaRecord } from 'react-admin'
import { Link } from 'react-router-dom'
import { call } from '../api'
import { currentSession, may } from '../auth'
import { ETAG } from '../data'
import { Text } from '../generic/cells'
import { Panel } from '../panel'
import { useScopes } from '../scopes/choices'
import { text } from '../words/words'

interface Effective {
  scope: string
  from: string[]
}

/** What a user may do, and where each scope comes from. */
export function EffectiveScopes({ user }: { user: RaRecord }): ReactNode {
  const { data } = useQuery({
    // The scopes are read again when the record has been saved.
    queryKey: ['scopes of', user.id, user[ETAG]],
    queryFn: async () => (await call<Effective[]>('GET', `/api/users/${user.id}/scopes`)).body,
    enabled: may('users:read') || currentSession().user.id === user.id,
  })
  const { scopes } = useScopes()
  if (!data) return null
  return (
    <Panel title={text('users.scopes')}>
      {!user.is_active && <Alert severity="warning">{text('users.scopesDisabled')}</Alert>}
      {data.length === 0 && <Typography>{text('users.mayNothing')}</Typography>}
      <Box component="dl" sx={{ m: 0, display: 'grid', gap: 1.5 }}>
        {data.map(({ scope, from }) => (
          <Box key={scope}>
            <Box component="dt" sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, alignItems: 'center' }}>
              <Scope name={scope} />
              {from.map((name, index) => (
                <Chip
                  key={`${index} ${name}`}
                  size="small"
                  // A group may have this name too.
                  color={user.is_superuser && index === 0 ? 'warning' : undefined}
                  variant="outlined"
                  label={<Text>{name}</Text>}
                />
              ))}
            </Box>
            <Typography component="dd" variant="body2" color="text.secondary" sx={{ m: 0 }}>
              <bdi>{scopes.find(({ name }) => name === scope)?.description}</bdi>
            </Typography>
          </Box>
        ))}
      </Box>
    </Panel>
  )
}

function Scope({ name }: { name: string }) {
  if (!may('scopes:read')) return name
  return (
    <MuiLink component={Link} to={`/scopes/${encodeURIComponent(name)}/show`}>
      {name}
    </MuiLink>
  )
}
