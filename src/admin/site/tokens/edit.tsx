import { Alert, Button, Card } from '@mui/material'
import type { ReactNode } from 'react'
import { TextInput, useGetOne, useRecordContext } from 'react-admin'
import { Link, useParams } from 'react-router-dom'
import { currentSession, may } from '../auth'
import type { Section } from '../document'
import { SectionEdit } from '../generic/form'
import type { PickedUser } from '../users/picker'
import { text } from '../words/words'
import { ExpiryInput } from './expiry'
import { NetworksInput, RateLimitInput } from './inputs'
import { TokenScopesInput } from './scopes'
import { isAlive, type Token } from './types'

/** The form for a personal token that has not ended. For others, why they cannot be changed. */
export function TokenEdit({ section }: { section: Section }): ReactNode {
  const { id } = useParams()
  const { data: token } = useGetOne<Token>('tokens', { id: Number(id) })
  const reason = token && whyFixed(token)
  if (reason)
    return (
      <Card sx={{ mt: 2, p: 2 }}>
        <Alert
          severity="info"
          action={
            <Button component={Link} to={`/tokens/${id}/show`} color="inherit">
              {text('tokens.show')}
            </Button>
          }
        >
          {reason}
        </Alert>
      </Card>
    )
  const inputs = {
    name: (
      <TextInput
        source="name"
        label={text('tokens.name')}
        helperText={text('tokens.nameHelp')}
        parse={kept}
        fullWidth
      />
    ),
    scopes: <Scopes />,
    expires_at: <ExpiryInput />,
    networks: <NetworksInput />,
    rate_limit: <RateLimitInput />,
  }
  const fields = section.change!.fields.filter(({ name }) => name in inputs)
  return (
    <SectionEdit section={{ ...section, canDelete: false, change: { ...section.change!, fields } }} inputs={inputs} />
  )
}

/** Why a token cannot be changed here. Nothing if it can. */
export function whyFixed(token: Token): string | undefined {
  const { user } = currentSession()
  if (token.kind === 'account') return text('tokens.accountFixed')
  if (!isAlive(token)) return text('tokens.endedFixed')
  if (!may('tokens:write') || (token.user !== user.id && !user.is_superuser)) return text('tokens.onlyOwner')
  return undefined
}

function Scopes() {
  const token = useRecordContext<Token>()
  const { user: me } = currentSession()
  const isOwn = token?.user === me.id
  const { data } = useGetOne<PickedUser>(
    'users',
    { id: token?.user },
    { enabled: token !== undefined && !isOwn && may('users:read') },
  )
  return <TokenScopesInput user={isOwn ? me : (data ?? null)} />
}

function kept(value: string) {
  return value
}
