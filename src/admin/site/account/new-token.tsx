import { Alert, Box, Button, Card, CardContent, MenuItem, TextField } from '@mui/material'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { HttpError } from 'react-admin'
import { useNavigate } from 'react-router-dom'
import { call, sentencesOf } from '../api'
import { currentSession } from '../auth'
import { Problem } from '../problem'
import { ScopeChoices, type ScopeRow } from '../scopes/choices'
import type { TokenWithValue } from '../tokens/types'
import { ValueOnce } from '../tokens/value'
import { text } from '../words/words'
import { useLeaveGuard } from '../work/leave-guard'
import { Heading, NotThere } from './heading'

const DAY = 86_400_000

/** The days until it ends. No end is the last choice, with a warning. */
const ENDS: Record<string, { label: string; days?: number }> = {
  '7': { label: text('account.inDays', { smart_count: 7 }), days: 7 },
  '30': { label: text('account.inDays', { smart_count: 30 }), days: 30 },
  '90': { label: text('account.inDays', { smart_count: 90 }), days: 90 },
  '365': { label: text('account.inDays', { smart_count: 365 }), days: 365 },
  never: { label: text('account.noEnd') },
}

const FIRST = { name: '', scopes: [] as string[], end: '90' }

/** The form for a personal token, with its own name, scopes and expiry. */
export function NewToken(): ReactNode {
  const [wish, setWish] = useState(FIRST)
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [isFull, setFull] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [made, setMade] = useState<TokenWithValue>()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const offered = useQuery({
    queryKey: ['own-scopes'],
    queryFn: async () => (await call<ScopeRow[]>('GET', '/api/scopes')).body,
  })
  useLeaveGuard({ isUnsaved: !made && JSON.stringify(wish) !== JSON.stringify(FIRST), isBusy })

  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (wish.scopes.length === 0) return setProblems({ scopes: text('account.chooseScopes') })
    setBusy(true)
    setProblems({})
    setFull(false)
    try {
      const { days } = ENDS[wish.end]!
      const body = {
        user: currentSession().user.id,
        name: wish.name,
        scopes: wish.scopes,
        expires_at: days ? new Date(Date.now() + days * DAY).toISOString() : null,
      }
      setMade((await call<TokenWithValue>('POST', '/api/tokens', { body })).body)
    } catch (error) {
      if (error instanceof HttpError && error.status === 409) setFull(true)
      else setProblems(sentencesOf(error))
    } finally {
      setBusy(false)
    }
  }
  const done = async () => {
    setMade(undefined)
    setWish(FIRST)
    await queryClient.invalidateQueries({ queryKey: ['own-tokens'] })
    navigate('/')
  }

  const { scopes: held } = currentSession()
  const { name, scopes, expires_at: end, ...others } = problems
  return (
    <>
      <Heading title={text('account.newToken')} />
      <Card variant="outlined">
        <CardContent component="form" onSubmit={save} sx={{ display: 'grid', gap: 2 }}>
          <TextField
            label={text('account.name')}
            value={wish.name}
            onChange={(event) => setWish({ ...wish, name: event.target.value })}
            required
            autoFocus
            error={Boolean(name)}
            helperText={name ?? text('account.nameHelp')}
            slotProps={{ formHelperText: name ? { lang: 'en' } : {} }}
          />
          <TextField
            select
            label={text('account.expires')}
            value={wish.end}
            onChange={(event) => setWish({ ...wish, end: event.target.value })}
            error={Boolean(end)}
            helperText={end}
            slotProps={{ formHelperText: { lang: 'en' } }}
          >
            {Object.entries(ENDS).map(([key, { label }]) => (
              <MenuItem key={key} value={key}>
                {label}
              </MenuItem>
            ))}
          </TextField>
          {wish.end === 'never' && <Alert severity="warning">{text('account.noEndHelp')}</Alert>}
          {offered.data ? (
            <ScopeChoices
              offered={offered.data.filter(({ name }) => held.includes(name))}
              value={wish.scopes}
              onChange={(chosen) => setWish({ ...wish, scopes: chosen })}
              isWrong={Boolean(scopes)}
              help={scopes ?? text('account.scopesHelp')}
            />
          ) : (
            <NotThere error={offered.error} onRetry={offered.refetch} />
          )}
          {isFull && (
            <Alert severity="error" ref={(alert) => alert?.scrollIntoView({ block: 'nearest' })}>
              {text('account.full')}
            </Alert>
          )}
          <Problem sentence={Object.values(others).join(' ')} />
          <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap' }}>
            <Button type="submit" variant="contained" disabled={isBusy}>
              {text('account.make')}
            </Button>
            <Button onClick={() => navigate('/')}>{text('shared.cancel')}</Button>
          </Box>
        </CardContent>
      </Card>
      {made && <ValueOnce value={made.token} isAccount={false} onClose={done} />}
    </>
  )
}
