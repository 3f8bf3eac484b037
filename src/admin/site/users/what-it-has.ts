import { type Identifier, type RaRecord, useGetList } from 'react-admin'
import { currentSession, may } from '../auth'
import type { Token } from '../tokens/types'
import { useSessions } from './sessions'

/**
 * What a user has that works, or would work if the user were not disabled. `isComplete` says whether the session may see all of
 * it.
 */
export interface Having {
  tokens: Token[]
  tokenCount: number
  sessionCount: number
  isComplete: boolean
}

/** How many tokens are named. */
const NAMED = 10

export function useHaving(user: RaRecord): Having {
  const { user: me } = currentSession()
  const seesTokens = may('tokens:read') && (me.is_superuser || may('tokens:admin') || isSame(me.id, user.id))
  const { data: tokens = [], total } = useGetList<Token>(
    'tokens',
    {
      pagination: { page: 1, perPage: NAMED },
      sort: { field: 'created_at', order: 'DESC' },
      filter: { user: user.id, state: user.is_active ? 'active' : 'disabled' },
    },
    { enabled: seesTokens },
  )
  const { sessions } = useSessions(Number(user.id))
  return {
    tokens,
    tokenCount: total ?? 0,
    sessionCount: sessions?.length ?? 0,
    isComplete: total !== undefined && sessions !== undefined,
  }
}

function isSame(one: Identifier, other: Identifier) {
  return String(one) === String(other)
}
