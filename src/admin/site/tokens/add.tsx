import {
  Alert,
  Box,
  Button,
  Card,
  CardContent,
  FormControl,
  FormControlLabel,
  FormLabel,
  Radio,
  RadioGroup,
  TextField,
  Typography,
} from '@mui/material'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Title, useGetList, useGetOne } from 'react-admin'
import { useNavigate, useSearchParams } from 'react-router-dom'
import { call, sentencesOf } from '../api'
import { currentSession, may } from '../auth'
import { PageTitle } from '../page-title'
import { type PickedUser, UserPicker } from '../users/picker'
import { Expiry, type ExpiryChoice, timeOf } from './expiry'
import { RotateButton } from './rotate'
import { ScopePicker } from './scopes'
import type { Token, TokenWithValue } from './types'
import { ValueOnce } from './value'

/** The kinds that can be added, the account token first: choose the user, Save. */
export function AddToken(): ReactNode {
  const { user: me } = currentSession()
  const [parameters] = useSearchParams()
  const asked = Number(parameters.get('user') ?? 0)
  const { data: named } = useGetOne<PickedUser>('users', { id: asked }, { enabled: asked > 0 && may('users:read') })
  // Only a superuser may name another user.
  const [picked, setPicked] = useState<PickedUser | null | undefined>(me.is_superuser ? undefined : me)
  const user = picked === undefined ? (named ?? null) : picked
  const [kind, setKind] = useState<Token['kind']>('account')
  const [scopes, setScopes] = useState<string[]>([])
  const [expiry, setExpiry] = useState<ExpiryChoice>({ preset: 'never', date: '' })
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [isBusy, setBusy] = useState(false)
  const [made, setMade] = useState<TokenWithValue>()
  const existing = useAccountToken(user?.id)
  const navigate = useNavigate()

  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!user) return setProblems({ user: 'Choose the user.' })
    const form = Object.fromEntries(new FormData(event.currentTarget))
    const networks = String(form.networks ?? '')
      .split(/[\s,]+/)
      .filter(Boolean)
    const end = timeOf(expiry)
    if (kind === 'personal' && end === undefined) return setProblems({ expires_at: 'Choose a date and a time.' })
    const personal = { name: form.name, scopes, expires_at: end, networks }
    setBusy(true)
    try {
      const body = { user: user.id, ...(kind === 'personal' && personal) }
      setProblems({})
      setMade((await call<TokenWithValue>('POST', '/api/tokens', { body })).body)
    } catch (error) {
      setProblems(namingNetworks(sentencesOf(error), networks))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Card sx={{ maxWidth: 640, mt: 2 }}>
      <Title title={<PageTitle text="Add token" />} />
      <CardContent component="form" onSubmit={save} noValidate sx={{ display: 'grid', gap: 2 }}>
        {me.is_superuser ? (
          <UserPicker
            value={user}
            onChange={(next) => {
              setPicked(next)
              setScopes([])
              setProblems({})
            }}
            error={problems.user}
          />
        ) : (
          <Typography>For yourself, {me.username}.</Typography>
        )}
        <FormControl>
          <FormLabel id="kind">Kind</FormLabel>
          <RadioGroup aria-labelledby="kind" value={kind} onChange={(_event, value) => setKind(value as Token['kind'])}>
            <FormControlLabel
              value="account"
              control={<Radio />}
              label="Account token: the one that POST /gettoken/ gives this user, with all of its rights"
            />
            <FormControlLabel
              value="personal"
              control={<Radio />}
              label="Personal token: named, for one purpose, with scopes and an end of its own"
            />
          </RadioGroup>
        </FormControl>
        {kind === 'account' && existing && (
          <Alert severity="info" action={may('tokens:write') && <RotateButton token={existing} />}>
            {user?.username} has an account token already, <code>{existing.hint}</code>. It can be given a new value.
          </Alert>
        )}
        {kind === 'personal' && (
          <>
            <TextField
              name="name"
              label="Name"
              required
              error={Boolean(problems.name)}
              helperText={problems.name ?? 'What it is for, such as “nightly report”'}
            />
            <ScopePicker user={user} value={scopes} onChange={setScopes} error={problems.scopes} />
            <Expiry value={expiry} onChange={setExpiry} error={problems.expires_at} />
            <TextField
              name="networks"
              label="Works only from"
              error={Boolean(problems.networks)}
              helperText={problems.networks ?? 'Addresses or networks, such as 192.0.2.0/24; empty means anywhere'}
            />
          </>
        )}
        <General problems={problems} />
        <Box>
          <Button type="submit" variant="contained" disabled={isBusy || (kind === 'account' && existing !== undefined)}>
            Save
          </Button>
        </Box>
      </CardContent>
      {made && (
        <ValueOnce
          value={made.token}
          isAccount={made.kind === 'account'}
          onClose={() => navigate(`/tokens/${made.id}/show`)}
        />
      )}
    </Card>
  )
}

/** The server names the entry of a list by its place, `networks.1`; here they share one field. */
function namingNetworks(problems: Record<string, string>, networks: string[]): Record<string, string> {
  const isNetwork = (name: string) => name.startsWith('networks.')
  const wrong = Object.keys(problems).filter(isNetwork)
  if (wrong.length === 0) return problems
  const named = wrong.map((name) => `“${networks[Number(name.slice('networks.'.length))]}”: ${problems[name]}`)
  const others = Object.entries(problems).filter(([name]) => !isNetwork(name))
  return { ...Object.fromEntries(others), networks: named.join(' ') }
}

/** What belongs to none of the fields that are shown. */
function General({ problems }: { problems: Record<string, string> }) {
  const shown = ['user', 'name', 'scopes', 'expires_at', 'networks']
  const others = Object.entries(problems).filter(([name]) => !shown.includes(name))
  if (others.length === 0) return null
  return <Alert severity="error">{others.map(([, sentence]) => sentence).join(' ')}</Alert>
}

function useAccountToken(userId: number | undefined): Token | undefined {
  const { data } = useGetList<Token>(
    'tokens',
    { pagination: { page: 1, perPage: 1 }, filter: { user: userId, kind: 'account', state: 'active' } },
    { enabled: userId !== undefined },
  )
  return userId === undefined ? undefined : data?.[0]
}
