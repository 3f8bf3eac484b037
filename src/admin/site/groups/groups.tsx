import { Alert, List, ListItem, Link as MuiLink, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import { DeleteButton, type RaRecord, TextInput, useGetList, useRecordContext } from 'react-admin'
import { Link } from 'react-router-dom'
import { may } from '../auth'
import type { Section } from '../document'
import { listOf } from '../events/links'
import { Chips, Text } from '../generic/cells'
import { type Ask, SectionCreate, SectionEdit } from '../generic/form'
import { type Column, SectionList } from '../generic/list'
import { Panel } from '../panel'
import { ScopesInput } from '../scopes/choices'
import { text } from '../words/words'

/** The built-in group of all users. */
const EVERYONE = 'everyone'

/** How many members a group's page shows. */
const SHOWN = 20

const COLUMNS: Column[] = [
  { source: 'name', label: text('groups.name'), render: ({ name }) => <Text>{name}</Text> },
  { source: 'members', label: text('groups.members') },
  { source: 'scopes', label: text('groups.scopes'), render: ({ scopes }) => <Chips values={scopes} /> },
]

export function GroupList({ section }: { section: Section }): ReactNode {
  return <SectionList section={section} columns={COLUMNS} isSelectable={isOrdinary} />
}

export function GroupCreate({ section }: { section: Section }): ReactNode {
  return <SectionCreate section={section} inputs={{ scopes: <ScopesInput /> }} />
}

export function GroupEdit({ section }: { section: Section }): ReactNode {
  return (
    <SectionEdit
      section={section}
      inputs={{ name: <Name />, scopes: <ScopesInput /> }}
      ask={askToWiden}
      remove={<Remove />}
    >
      <Members />
    </SectionEdit>
  )
}

function isOrdinary({ name }: RaRecord): boolean {
  return name !== EVERYONE
}

/** Asks before everybody gets a scope. */
const askToWiden: Ask = (values, group) => {
  if (!group || isOrdinary(group)) return undefined
  const added = (values.scopes as string[]).filter((scope) => !group.scopes.includes(scope))
  if (added.length === 0) return undefined
  return {
    title: text('groups.widenQuestion'),
    text: text('groups.widenHelp', { smart_count: added.length, scopes: added.join(', ') }),
    confirm: text('groups.widenConfirm'),
  }
}

function Name() {
  const group = useRecordContext()
  const isFixed = group !== undefined && !isOrdinary(group)
  return (
    <>
      {isFixed && (
        <Alert severity="info" sx={{ mb: 2, width: '100%' }}>
          {text('groups.everyoneFixed')}
        </Alert>
      )}
      <TextInput
        source="name"
        label={text('groups.name')}
        readOnly={isFixed}
        parse={(value: string) => value}
        fullWidth
        helperText={false}
      />
    </>
  )
}

function Remove() {
  const group = useRecordContext()
  return group && isOrdinary(group) ? <DeleteButton mutationMode="pessimistic" redirect="list" /> : null
}

function Members() {
  const group = useRecordContext()
  const { data = [], total } = useGetList(
    'users',
    {
      pagination: { page: 1, perPage: SHOWN },
      sort: { field: 'username', order: 'ASC' },
      filter: { group: group?.name },
    },
    { enabled: group !== undefined && may('users:read') },
  )
  if (!group) return null
  const count = total ?? group.members
  return (
    <Panel
      title={`${text('groups.members')} (${count.toLocaleString()})`}
      more={may('users:read') ? listOf('users', { group: group.name }) : undefined}
    >
      {count === 0 && <Typography color="text.secondary">{text('groups.noMembers')}</Typography>}
      {!isOrdinary(group) && <Typography color="text.secondary">{text('groups.membersOfEveryone')}</Typography>}
      <List
        dense
        disablePadding
        aria-label={text('groups.members')}
        sx={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(180px, 1fr))' }}
      >
        {data.map(({ id, username }) => (
          <ListItem key={id} disableGutters>
            <MuiLink component={Link} to={`/users/${id}`}>
              <Text>{username}</Text>
            </MuiLink>
          </ListItem>
        ))}
      </List>
      {data.length > 0 && count > data.length && (
        <Typography color="text.secondary">{text('groups.more', { smart_count: count - data.length })}</Typography>
      )}
    </Panel>
  )
}
