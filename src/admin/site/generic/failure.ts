import { useCallback, useState } from 'react'
import { useListContext } from 'react-admin'
import { useLocation } from 'react-router-dom'

export interface Failure {
  message: string
  /** The filters of the page that failed. */
  asked: string
  page: number
}

interface Place {
  asked: string
  page: number
}

/**
 * The reason why a list could not be loaded, until it is. The library takes a page that it could not load for a missing one, and
 * goes to the first page. So the requested page is kept here.
 */
export function useFailure(): {
  failure: Failure | undefined
  onError: (error: Error) => void
  onSuccess: () => void
} {
  const [failure, setFailure] = useState<Failure>()
  const { search } = useLocation()
  const now = placeIn(search)
  const onError = useCallback(
    ({ message }: Error) => {
      const place = placeIn(search)
      setFailure((before) => ({ message, ...(before && isBehind(before, place) ? before : place) }))
    },
    [search],
  )
  const onSuccess = useCallback(() => {
    const place = placeIn(search)
    setFailure((before) => (before && isBehind(before, place) ? before : undefined))
  }, [search])
  return { failure: failure?.asked === now.asked ? failure : undefined, onError, onSuccess }
}

/** Loads the failed page again. */
export function useTryAgain({ page }: Pick<Failure, 'page'>): () => void {
  const { page: now, setPage, refetch } = useListContext()
  return () => (page === now ? refetch() : setPage(page))
}

/** Whether the library itself went to the first page. */
function isBehind({ asked, page }: Failure, now: Place): boolean {
  return asked === now.asked && page > 1 && now.page === 1
}

function placeIn(search: string): Place {
  const asked = new URLSearchParams(search)
  const filter = asked.get('filter') ?? '{}'
  return { asked: filter, page: Number(asked.get('page') ?? 1) }
}
