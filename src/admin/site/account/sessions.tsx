import { Box, Card, CardContent, Chip, List, ListItem, ListItemText, Typography } from '@mui/material'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call } from '../api'
import { ConfirmedButton } from '../confirm'
import { Text, Time } from '../generic/cells'
import type { SessionRow } from '../users/sessions'
import { text } from '../words/words'
import { Heading, NotThere } from './heading'
import { useTell } from './notices'

/** The user's own sessions, this browser first. */
export function OwnSessions(): ReactNode {
  const tell = useTell()
  const {
    data: sessions,
    error,
    refetch,
  } = useQuery({
    queryKey: ['own-sessions'],
    queryFn: async () => (await call<SessionRow[]>('GET', '/api/sessions')).body,
  })
  const end = async (path: string, sentence: string) => {
    await call('DELETE', path)
    tell({ severity: 'success', sentence })
    await refetch()
  }
  const sorted = sessions?.toSorted((a, b) => Number(b.is_current) - Number(a.is_current))
  return (
    <>
      <Heading title={text('account.sessions')}>
        {sessions && sessions.length > 1 && (
          <ConfirmedButton
            label={text('account.endOthers')}
            question={text('account.endOthersAsk')}
            consequence={text('account.endOthersHelp')}
            onConfirm={() => end('/api/sessions', text('account.endedOthers'))}
          />
        )}
      </Heading>
      <Typography color="text.secondary">{text('account.sessionsHelp')}</Typography>
      {!sorted && <NotThere error={error} onRetry={refetch} />}
      {sorted && (
        <Card variant="outlined">
          <CardContent>
            <List disablePadding>
              {sorted.map((session) => (
                <ListItem key={session.id} disableGutters sx={{ flexWrap: 'wrap', gap: 1 }}>
                  <ListItemText
                    sx={{ minWidth: 'min(100%, 280px)' }}
                    primary={
                      <>
                        <Text>{session.last_used_agent ?? '–'}</Text>{' '}
                        {session.is_current && <Chip size="small" color="success" label={text('account.thisOne')} />}
                      </>
                    }
                    secondary={
                      <>
                        {text('account.since')} <Time at={session.created_at} />
                        <br />
                        {text('account.lastUsed')} <Time at={session.last_used_at} />
                        {session.last_used_from && (
                          <>
                            {' '}
                            {text('account.from')} <Text>{session.last_used_from}</Text>
                          </>
                        )}
                      </>
                    }
                  />
                  {!session.is_current && (
                    <Box>
                      <ConfirmedButton
                        label={text('account.end')}
                        question={text('account.endAsk')}
                        consequence={text('account.endHelp')}
                        onConfirm={() => end(`/api/sessions/${session.id}`, text('account.ended'))}
                      />
                    </Box>
                  )}
                </ListItem>
              ))}
            </List>
          </CardContent>
        </Card>
      )}
    </>
  )
}
