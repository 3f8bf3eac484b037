import { Box, List, ListItem, ListItemText, Typography } from '@mui/material'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call } from '../api'
import { currentSession, may } from '../auth'
import { ConfirmedButton } from '../confirm'
import { Text, Time } from '../generic/cells'
import { Panel } from '../panel'
import { text } from '../words/words'

/** A session as the API shows it. */
export interface SessionRow {
  id: number
  created_at: string
  last_used_at: string | null
  last_used_from: string | null
  last_used_agent: string | null
  is_current: boolean
}

export function useSessions(userId: number): { sessions?: SessionRow[]; refetch: () => Promise<unknown> } {
  const { data, refetch } = useQuery({
    queryKey: ['sessions', userId],
    queryFn: async () => (await call<SessionRow[]>('GET', `/api/users/${userId}/sessions`)).body,
    enabled: may('users:read'),
  })
  return { sessions: data, refetch }
}

/** The sessions of a user. */
export function Sessions({ userId }: { userId: number }): ReactNode {
  const { sessions = [], refetch } = useSessions(userId)
  const { user: me } = currentSession()
  const mayEnd = may('users:write') && (me.is_superuser || me.id === userId)
  return (
    <Panel title={text('users.sessions')}>
      {sessions.length === 0 && <Typography color="text.secondary">{text('users.notSignedIn')}</Typography>}
      <List dense disablePadding>
        {sessions.map((session) => (
          <ListItem key={session.id} disableGutters sx={{ flexWrap: 'wrap', gap: 1 }}>
            <ListItemText
              primary={
                <>
                  {text('users.since')} <Time at={session.created_at} />
                  {session.is_current && ` ${text('users.isThis')}`}
                </>
              }
              secondary={
                <>
                  {text('users.lastUsed')} <Time at={session.last_used_at} />
                  {session.last_used_from && (
                    <Text>{` ${text('users.lastUsedFrom', { address: session.last_used_from })}`}</Text>
                  )}
                  <br />
                  <Text>{session.last_used_agent ?? ''}</Text>
                </>
              }
            />
            {!session.is_current && mayEnd && (
              <Box>
                <ConfirmedButton
                  label={text('users.end')}
                  question={text('users.endQuestion')}
                  consequence={text('users.endHelp')}
                  onConfirm={async () => {
                    await call('DELETE', `/api/users/${userId}/sessions/${session.id}`)
                    await refetch()
                  }}
                />
              </Box>
            )}
          </ListItem>
        ))}
      </List>
    </Panel>
  )
}
