import { Chip, type ChipProps, Link as MuiLink } from '@mui/material'
import type { ReactNode } from 'react'
import { Link } from 'react-router-dom'
import { currentSession, may } from '../auth'
import { Text } from '../generic/cells'
import { text } from '../words/words'
import type { Token } from './types'

/** In the order of the filter. */
export const STATES: Token['state'][] = ['active', 'rotating', 'disabled', 'expired', 'revoked']

const COLORS: Record<Token['state'], ChipProps['color']> = {
  active: 'success',
  disabled: 'error',
  rotating: 'warning',
  expired: 'default',
  revoked: 'default',
}

export function State({ token }: { token: Token }): ReactNode {
  return <Chip size="small" variant="outlined" color={COLORS[token.state]} label={stateText(token.state)} />
}

export function stateText(state: Token['state']): string {
  return text(`tokens.state_${state}`)
}

/** What it has is told beside what it needed: the rest may be dropped. */
export function Granted({ token }: { token: Token }): ReactNode {
  const used = token.used_scopes.length
  const granted = token.scopes === null ? text('tokens.all') : token.scopes.length
  return <span style={{ whiteSpace: 'nowrap' }}>{text('tokens.granted', { granted, used })}</span>
}

/** Who has it; of one who was deleted the id stays. */
export function TokenUser({ token, isLinked = false }: { token: Token; isLinked?: boolean }): ReactNode {
  if (token.username === null) return text('tokens.deletedUser', { id: token.user })
  const name = <Text>{token.username}</Text>
  if (!isLinked || !(may('users:read') || token.user === currentSession().user.id)) return name
  return (
    <MuiLink component={Link} to={`/users/${token.user}`}>
      {name}
    </MuiLink>
  )
}
