import { Chip, Stack, Tooltip, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import { useGetOne, useGetRecordRepresentation } from 'react-admin'
import { may } from '../auth'
import type { Schema } from '../document'
import { text } from '../words/words'

/** A value in the form that its schema says. Text is isolated, so that its direction marks do not move anything around it. */
export function Value({ value, schema }: { value: unknown; schema: Schema }): ReactNode {
  if (value === null || value === undefined || value === '') return <Nothing />
  const target = schema['x-references']
  if (target && may(`${target}:read`)) return <Reference target={target} id={value as string} />
  if (schema.format === 'date-time') return <Time at={String(value)} />
  if (typeof value === 'boolean') return text(value ? 'lists.yes' : 'lists.no')
  if (Array.isArray(value)) return <Chips values={value.map(asText)} />
  return <Text>{asText(value)}</Text>
}

/** The label of a row, or its key while the label is not known. */
function Reference({ target, id }: { target: string; id: string }) {
  const represent = useGetRecordRepresentation(target)
  const { data } = useGetOne(target, { id })
  return <Text>{data ? String(represent(data)) : String(id)}</Text>
}

/** A time in the user's zone and language, with the exact time on hover. */
export function Time({ at }: { at: string | null }): ReactNode {
  if (!at) return <Nothing />
  const date = new Date(at)
  const shown = date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  return (
    <Tooltip title={date.toISOString()}>
      <time dateTime={at} style={{ whiteSpace: 'nowrap' }}>
        {shown}
      </time>
    </Tooltip>
  )
}

export function Text({ children }: { children: string }): ReactNode {
  return <bdi style={{ display: 'inline-block', maxWidth: '40ch', overflowWrap: 'break-word' }}>{children}</bdi>
}

export function Chips({ values }: { values: string[] }): ReactNode {
  if (values.length === 0) return <Nothing />
  return (
    <Stack direction="row" useFlexGap flexWrap="wrap" gap={0.5}>
      {values.map((value) => (
        <Chip key={value} size="small" label={<Text>{value}</Text>} />
      ))}
    </Stack>
  )
}

export function Nothing(): ReactNode {
  return (
    <Typography component="span" variant="body2" color="text.secondary" aria-label={text('lists.nothing')}>
      –
    </Typography>
  )
}

function asText(value: unknown) {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
