import VerifyIcon from '@mui/icons-material/VerifiedUser'
import { Chip } from '@mui/material'
import { type ReactNode, useState } from 'react'
import { Button, useNotify } from 'react-admin'
import { Link } from 'react-router-dom'
import { call } from '../api'
import type { Section } from '../document'
import { Nothing, Text, Time } from '../generic/cells'
import { SectionShow } from '../generic/form'
import { type Column, SectionList } from '../generic/list'
import { pageOf } from './links'

const COLUMNS: Column[] = [
  { source: 'at', label: 'At', render: ({ at }) => <Time at={at} /> },
  {
    source: 'actor',
    label: 'Actor',
    render: ({ actor, actor_id: id, actor_kind: kind }) => (
      <>
        {id ? <To page={`/users/${id}`}>{actor}</To> : <Text>{actor}</Text>}
        {/* A user may be called `stranger` or `command`, and a stranger may name a user. */}
        {kind !== 'unknown' && kind !== 'user' && <Chip size="small" variant="outlined" label={kind} sx={{ ml: 1 }} />}
      </>
    ),
  },
  { source: 'action', label: 'Action' },
  { source: 'object', label: 'Object', render: ({ object }) => <ObjectLink object={object} /> },
  {
    source: 'outcome',
    label: 'Outcome',
    render: ({ outcome }) => (
      <Chip size="small" variant="outlined" color={outcome === 'refused' ? 'warning' : 'default'} label={outcome} />
    ),
  },
  { source: 'from', label: 'From' },
  { source: 'detail', label: 'Detail' },
]

export function EventList({ section }: { section: Section }): ReactNode {
  return <SectionList section={section} columns={COLUMNS} sort={{ field: 'id', order: 'DESC' }} actions={<Verify />} />
}

export function EventShow({ section }: { section: Section }): ReactNode {
  return <SectionShow section={section} values={{ object: (object) => <ObjectLink object={String(object)} /> }} />
}

function ObjectLink({ object }: { object: string }) {
  const page = pageOf(object)
  if (!object) return <Nothing />
  return page ? <To page={page}>{object}</To> : <Text>{object}</Text>
}

/** A link inside a row, which is itself one. */
function To({ page, children }: { page: string; children: string }) {
  return (
    <Link to={page} onClick={(event) => event.stopPropagation()}>
      <Text>{children}</Text>
    </Link>
  )
}

interface Verification {
  checked: number
  broken: { id: number; reason: string } | null
}

function Verify() {
  const notify = useNotify()
  const [isBusy, setBusy] = useState(false)
  const run = async () => {
    setBusy(true)
    try {
      const { checked, broken } = (await call<Verification>('GET', '/api/events/verification')).body
      if (broken)
        notify(`The trail is broken at event ${broken.id}: ${broken.reason}.`, {
          type: 'error',
          autoHideDuration: null,
        })
      else notify(`All ${checked} events are as they were written.`, { type: 'success' })
    } catch (error) {
      notify(error instanceof Error ? error.message : String(error), { type: 'error' })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button label={isBusy ? 'Verifying…' : 'Verify'} onClick={run} disabled={isBusy}>
      <VerifyIcon />
    </Button>
  )
}
