import {
  Alert,
  Card,
  CardContent,
  FormControl,
  FormControlLabel,
  FormLabel,
  Radio,
  RadioGroup,
  Typography,
} from '@mui/material'
import { type ReactNode, useRef, useState } from 'react'
import { Form, SaveButton, TextInput, Title, useGetList, useGetOne } from 'react-admin'
import { useFormContext } from 'react-hook-form'
import { useNavigate, useSearchParams } from 'react-router-dom'
import { call, sentencesOf } from '../api'
import { currentSession, may } from '../auth'
import { PageTitle } from '../page-title'
import { Problem } from '../problem'
import { type PickedUser, UserPicker } from '../users/picker'
import { text } from '../words/words'
import { FormGuard } from '../work/form-guard'
import { ExpiryInput } from './expiry'
import { NetworksInput, RateLimitInput } from './inputs'
import { RotateButton } from './rotate'
import { TokenScopesInput } from './scopes'
import type { Token, TokenWithValue } from './types'
import { ValueOnce } from './value'

/** The fields that only a personal token has. */
const PERSONAL = ['name', 'scopes', 'expires_at', 'networks', 'rate_limit']

/** The kinds that can be added. The account token comes first, because it only needs a user and Save. */
export function AddToken(): ReactNode {
  const { user: me } = currentSession()
  const [parameters] = useSearchParams()
  const asked = Number(parameters.get('user') ?? 0)
  const { data: named } = useGetOne<PickedUser>('users', { id: asked }, { enabled: asked > 0 && may('users:read') })
  // Only a superuser may name another user.
  const [picked, setPicked] = useState<PickedUser | null | undefined>(me.is_superuser ? undefined : me)
  const user = picked === undefined ? (named ?? null) : picked
  const [kind, setKind] = useState<Token['kind']>('account')
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [made, setMade] = useState<TokenWithValue>()
  const [isSaved, setSaved] = useState(false)
  const isBusy = useRef(false)
  const existing = useAccountToken(user?.id)
  const navigate = useNavigate()

  const save = async (values: Record<string, unknown>) => {
    if (!user) return setProblems({ user: text('tokens.chooseUser') })
    // A second click may come before the button is drawn as busy.
    if (isBusy.current) return
    isBusy.current = true
    setProblems({})
    const personal = Object.fromEntries(PERSONAL.map((name) => [name, values[name] ?? undefined]))
    // Without a name it would be an account token.
    const body = { user: user.id, ...(kind === 'personal' && { ...personal, name: personal.name ?? '' }) }
    try {
      const reply = await call<TokenWithValue>('POST', '/api/tokens', { body })
      setSaved(true)
      setMade(reply.body)
    } catch (error) {
      isBusy.current = false
      const sentences = Object.entries(sentencesOf(error))
      const isOfField = ([name]: [string, string]) => PERSONAL.includes(name.split('.')[0]!)
      setProblems(Object.fromEntries(sentences.filter((entry) => !isOfField(entry))))
      return Object.fromEntries(sentences.filter(isOfField))
    }
  }

  return (
    <Card sx={{ maxWidth: 720, mt: 2 }}>
      <Title title={<PageTitle text={text('tokens.add')} />} />
      <Form onSubmit={save as never}>
        <FormGuard isSaved={isSaved} />
        <CardContent sx={{ display: 'grid', gap: 2 }}>
          {me.is_superuser ? (
            <Owner user={user} error={problems.user} onChange={setPicked} />
          ) : (
            <Typography>{text('tokens.forYourself', { username: me.username })}</Typography>
          )}
          <FormControl>
            <FormLabel id="kind">{text('tokens.kind')}</FormLabel>
            <RadioGroup
              aria-labelledby="kind"
              value={kind}
              onChange={(_event, value) => setKind(value as Token['kind'])}
            >
              <FormControlLabel value="account" control={<Radio />} label={text('tokens.kindAccount')} />
              <FormControlLabel value="personal" control={<Radio />} label={text('tokens.kindPersonal')} />
            </RadioGroup>
          </FormControl>
          {kind === 'account' && existing && (
            <Alert severity="info" action={may('tokens:write') && <RotateButton token={existing} />}>
              {text('tokens.accountExists', { username: user?.username ?? '', hint: existing.hint })}
            </Alert>
          )}
          {/* Hidden and not gone: what was typed is there when the kind is chosen again. */}
          {kind === 'personal' && (
            <>
              <TextInput
                source="name"
                label={text('tokens.name')}
                helperText={text('tokens.nameHelp')}
                slotProps={{ input: { required: true } }}
                parse={(value: string) => value}
              />
              <TokenScopesInput user={user} />
              <ExpiryInput />
              <NetworksInput />
              <RateLimitInput />
            </>
          )}
          <General problems={problems} />
          <div>
            <SaveButton
              alwaysEnable={!(kind === 'account' && existing)}
              disabled={kind === 'account' && Boolean(existing)}
            />
          </div>
        </CardContent>
      </Form>
      {made && (
        <ValueOnce
          value={made.token}
          isAccount={made.kind === 'account'}
          onClose={() => {
            setMade(undefined)
            navigate(`/tokens/${made.id}/show`)
          }}
        />
      )}
    </Card>
  )
}

/** Another user may have other scopes to give. */
function Owner({
  user,
  error,
  onChange,
}: {
  user: PickedUser | null
  error?: string
  onChange: (user: PickedUser | null) => void
}) {
  const { setValue } = useFormContext()
  return (
    <UserPicker
      value={user}
      onChange={(next) => {
        onChange(next)
        setValue('scopes', [])
      }}
      error={error}
    />
  )
}

/** The errors that belong to none of the shown fields. */
function General({ problems }: { problems: Record<string, string> }) {
  const others = Object.entries(problems).filter(([name]) => name !== 'user')
  return <Problem sentence={others.map(([, sentence]) => sentence).join(' ')} />
}

function useAccountToken(userId: number | undefined): Token | undefined {
  const { data } = useGetList<Token>(
    'tokens',
    { pagination: { page: 1, perPage: 1 }, filter: { user: userId, kind: 'account', state: 'active' } },
    { enabled: userId !== undefined },
  )
  return userId === undefined ? undefined : data?.[0]
}
