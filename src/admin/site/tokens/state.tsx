import { Chip, type ChipProps } from '@mui/material'
import type { ReactNode } from 'react'
import type { Token } from './types'

const COLORS: Record<Token['state'], ChipProps['color']> = {
  active: 'success',
  rotating: 'warning',
  expired: 'default',
  revoked: 'default',
}

export function State({ token }: { token: Token }): ReactNode {
  return <Chip size="small" variant="outlined" color={COLORS[token.state]} label={token.state} />
}

/** What it has is told beside what it needed: the rest may be dropped. */
export function Granted({ token }: { token: Token }): ReactNode {
  const used = token.used_scopes.length
  const granted = token.scopes === null ? 'all' : token.scopes.length
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      granted {granted}, used {used}
    </span>
  )
}
