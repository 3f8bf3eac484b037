import VerifyIcon from '@mui/icons-material/VerifiedUser'
import { Chip } from '@mui/material'
import { type ReactNode, useState } from 'react'
import { Button, useNotify } from 'react-admin'
import { Link } from 'react-router-dom'
import { call } from '../api'
import type { Section } from '../document'
import { Nothing, Text } from '../generic/cells'
import { type Column, filtersOf, SectionList } from '../generic/list'
import { SectionShow } from '../generic/show'
import { Moment } from '../history/moment'
import { text } from '../words/words'
import { HideInput } from './hide'
import { pageOf } from './links'

const COLUMNS: Column[] = [
  { source: 'at', label: text('history.at'), render: ({ at }) => <Moment at={at} /> },
  {
    source: 'actor',
    label: text('history.actor'),
    render: ({ actor, actor_id: id, actor_kind: kind }) => (
      <>
        {id ? <To page={`/users/${id}`}>{actor}</To> : <Text>{actor}</Text>}
        {/* A user may be called `stranger` or `command`, and a stranger may name a user. */}
        {kind !== 'unknown' && kind !== 'user' && <Chip size="small" variant="outlined" label={kind} sx={{ ml: 1 }} />}
      </>
    ),
  },
  { source: 'action', label: text('history.action') },
  { source: 'object', label: text('history.object'), render: ({ object }) => <ObjectLink object={object} /> },
  {
    source: 'outcome',
    label: text('history.outcome'),
    render: ({ outcome }) => (
      <Chip size="small" variant="outlined" color={outcome === 'refused' ? 'warning' : 'default'} label={outcome} />
    ),
  },
  { source: 'from', label: text('history.address') },
  { source: 'detail', label: text('history.detail') },
]

export function EventList({ section }: { section: Section }): ReactNode {
  const [search, ...others] = filtersOf({
    ...section,
    filters: section.filters.filter(({ name }) => name !== 'without'),
  })
  return (
    <SectionList
      section={section}
      columns={COLUMNS}
      sort={{ field: 'id', order: 'DESC' }}
      filters={[search!, <HideInput key="without" source="without" alwaysOn />, ...others]}
      actions={<Verify />}
    />
  )
}

export function EventShow({ section }: { section: Section }): ReactNode {
  const values = {
    at: (at: unknown) => <Moment at={String(at)} />,
    object: (object: unknown) => <ObjectLink object={String(object)} />,
  }
  return <SectionShow section={section} values={values} />
}

function ObjectLink({ object }: { object: string }) {
  const page = pageOf(object)
  if (!object) return <Nothing />
  return page ? <To page={page}>{object}</To> : <Text>{object}</Text>
}

/** A link inside a row that is a link itself. */
function To({ page, children }: { page: string; children: string }) {
  return (
    <Link to={page} onClick={(event) => event.stopPropagation()}>
      <Text>{children}</Text>
    </Link>
  )
}

interface Verification {
  checked: number
  broken: Broken | null
  history: { problems: Broken[] }
}

interface Broken {
  id: number
  reason: string
}

function Verify() {
  const notify = useNotify()
  const [isBusy, setBusy] = useState(false)
  const run = async () => {
    setBusy(true)
    try {
      const { checked, broken, history } = (await call<Verification>('GET', '/api/events/verification')).body
      const [change] = history.problems
      const told = broken
        ? text('history.broken', { ...broken })
        : change && text('history.brokenChange', { ...change })
      if (told) notify(told, { type: 'error', autoHideDuration: null })
      else notify(text('history.whole', { smart_count: checked }), { type: 'success' })
    } catch (error) {
      notify(error instanceof Error ? error.message : String(error), { type: 'error' })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button label={text(isBusy ? 'history.verifying' : 'history.verify')} onClick={run} disabled={isBusy}>
      <VerifyIcon />
    </Button>
  )
}
