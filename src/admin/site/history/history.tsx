import { Alert, Box, Button, Chip, Typography } from '@mui/material'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useRecordContext } from 'react-admin'
import { call } from '../api'
import { may } from '../auth'
import { ETAG, nextOf } from '../data'
import { labelOf } from '../document'
import { Text } from '../generic/cells'
import { Panel } from '../panel'
import { text } from '../words/words'
import { Moment } from './moment'
import { Shown } from './shown'

/** A row of `GET /api/changes`. */
interface Change {
  id: number
  at: string
  actor: string
  actor_kind: string
  action: 'created' | 'changed' | 'deleted'
  fields: Field[]
  request_id: string | null
}

interface Field {
  name: string
  old: unknown
  new: unknown
}

const CHANGES = '/api/changes'

/** How many changes are read at a time. */
const PAGE = 10

/**
 * The changes of an object, newest first. Nothing for a user who may not read them.
 * @param resource the name of the resource, as in its scopes
 * @param object the key of the row
 * @param labels of its fields, if the document has some
 * @param more the address of a list of all its events
 */
export function History({
  resource,
  object,
  labels = {},
  more,
}: {
  resource: string
  object: string | number
  labels?: Record<string, string>
  more?: string
}): ReactNode {
  return may('events:read') && may(`${resource}:read`) ? (
    <Changes place={new URLSearchParams({ resource, object: String(object) }).toString()} labels={labels} more={more} />
  ) : null
}

function Changes({ place, labels, more }: { place: string; labels: Record<string, string>; more?: string }) {
  // The changes are read again when the record has been saved.
  const tag = useRecordContext()?.[ETAG]
  const { data, error, isPending, isFetching, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ['changes', place, tag],
    queryFn: ({ pageParam }) => pageAt(pageParam),
    initialPageParam: `${CHANGES}?${place}&limit=${PAGE}&ordering=-id`,
    getNextPageParam: (page) => page.next,
    networkMode: 'always',
    retry: false,
  })
  const changes = data?.pages.flatMap((page) => page.changes) ?? []
  return (
    // On a phone the form's buttons are at the foot of the page.
    <Box sx={{ mt: 2, mb: { xs: 10, sm: 0 } }}>
      <Panel title={text('history.title')} more={more}>
        {error && (
          <Alert
            severity="error"
            action={
              <Button color="inherit" onClick={() => void refetch()}>
                {text('shared.tryAgain')}
              </Button>
            }
          >
            {error.message}
          </Alert>
        )}
        {isPending && <Typography color="text.secondary">{text('history.loading')}</Typography>}
        {data && changes.length === 0 && <Typography color="text.secondary">{text('history.none')}</Typography>}
        <Box component="ol" sx={{ m: 0, p: 0, listStyle: 'none' }}>
          {changes.map((change) => (
            <Entry key={change.id} change={change} labels={labels} />
          ))}
        </Box>
        {hasNextPage && (
          <Button onClick={() => void fetchNextPage()} disabled={isFetching} sx={{ justifySelf: 'start' }}>
            {isFetching ? text('history.loading') : text('history.more')}
          </Button>
        )}
      </Panel>
    </Box>
  )
}

async function pageAt(path: string): Promise<{ changes: Change[]; next: string | undefined }> {
  const { body, headers } = await call<Change[]>('GET', path)
  return { changes: body, next: nextOf(headers.get('Link'), CHANGES) }
}

function Entry({
  change: { at, actor, actor_kind: kind, action, fields, request_id: request },
  labels,
}: {
  change: Change
  labels: Record<string, string>
}) {
  return (
    <Box component="li" sx={{ display: 'grid', gap: 1, py: 1.5, '& + li': { borderTop: 1, borderColor: 'divider' } }}>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 1, rowGap: 0.5, alignItems: 'center' }}>
        <Chip size="small" variant="outlined" label={text(`history.${action}`)} />
        <Typography variant="body2" title={request ? text('history.request', { id: request }) : undefined}>
          <Moment at={at} />
        </Typography>
        <Typography variant="body2" sx={{ fontWeight: 'medium' }}>
          <Text>{actor}</Text>
        </Typography>
        {/* A user may be called `command`. */}
        {kind !== 'user' && <Chip size="small" variant="outlined" label={kind} />}
      </Box>
      <Box
        component="dl"
        sx={{
          m: 0,
          display: 'grid',
          gridTemplateColumns: { xs: '1fr', sm: 'minmax(8rem, 1fr) 4fr' },
          columnGap: 2,
          rowGap: 0.5,
        }}
      >
        {fields.map((field) => (
          <FieldRow key={field.name} field={field} label={labels[field.name] ?? labelOf(field.name)} action={action} />
        ))}
      </Box>
    </Box>
  )
}

function FieldRow({
  field: { old, new: now },
  label,
  action,
}: {
  field: Field
  label: string
  action: Change['action']
}) {
  const isUnshown = old === null && now === null
  return (
    <>
      <Typography component="dt" variant="body2" color="text.secondary">
        {label}
      </Typography>
      <Typography component="dd" variant="body2" sx={{ m: 0, minWidth: 0, overflowWrap: 'anywhere' }}>
        {isUnshown ? (
          text('history.set')
        ) : action === 'created' ? (
          <Shown value={now} />
        ) : action === 'deleted' ? (
          <Shown value={old} />
        ) : (
          <>
            <del style={{ textDecorationThickness: 1 }}>
              <Shown value={old} />
            </del>
            <span aria-hidden> → </span>
            <ins style={{ textDecoration: 'none', fontWeight: 500 }}>
              <Shown value={now} />
            </ins>
          </>
        )}
      </Typography>
    </>
  )
}
