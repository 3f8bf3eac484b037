import type { ReactNode } from 'react'
import { BulkDeleteButton, SearchInput, SelectInput, TextInput } from 'react-admin'
import { may } from '../auth'
import type { Section } from '../document'
import { Nothing, Text, Time } from '../generic/cells'
import { choice } from '../generic/inputs'
import { type Column, SectionList } from '../generic/list'
import { UserFilter, UserName } from '../users/picker'
import { text } from '../words/words'
import { Granted, State } from './state'
import type { Token } from './types'

const COLUMNS: Column[] = [
  { source: 'hint', label: 'Token', render: ({ hint }) => <code>{hint}</code> },
  { source: 'user', label: 'User', render: ({ user }) => <UserName id={user} /> },
  { source: 'kind', label: 'Kind' },
  { source: 'name', label: 'Name', render: ({ name }) => (name ? <Text>{name}</Text> : <Nothing />) },
  { source: 'state', label: 'State', render: (token) => <State token={token as Token} /> },
  { source: 'scopes', label: 'Scopes', render: (token) => <Granted token={token as Token} /> },
  { source: 'last_used_at', label: 'Last used', render: ({ last_used_at }) => <Time at={last_used_at} /> },
  { source: 'expires_at', label: 'Expires', render: ({ expires_at }) => <Time at={expires_at} /> },
]

const FILTERS = [
  <SearchInput
    key="q"
    source="q"
    alwaysOn
    placeholder="Search name or last four"
    inputProps={{ 'aria-label': 'Search name or last four' }}
  />,
  <UserFilter key="user" source="user" label="User" />,
  <SelectInput
    key="state"
    source="state"
    label="State"
    choices={['active', 'rotating', 'expired', 'revoked'].map(choice)}
    helperText={false}
  />,
  <SelectInput
    key="kind"
    source="kind"
    label="Kind"
    choices={['account', 'personal'].map(choice)}
    helperText={false}
  />,
  <TextInput key="name_contains" source="name_contains" label="Name contains" helperText={false} />,
  <TextInput key="scope" source="scope" label="Has the scope" helperText={false} />,
]

/** A token is never deleted: its record stays. */
const REVOKE = (
  <BulkDeleteButton
    mutationMode="pessimistic"
    label={text('tokens.revoke')}
    confirmTitle={text('tokens.revokeSeveral')}
    confirmContent={text('tokens.revokeSeveralHelp')}
    successMessage="The tokens are revoked."
  />
)

export function TokenList({ section }: { section: Section }): ReactNode {
  return (
    <SectionList
      section={section}
      columns={COLUMNS}
      filters={FILTERS.filter(({ key }) => key !== 'user' || may('users:read'))}
      bulk={REVOKE}
      sort={{ field: 'created_at', order: 'DESC' }}
      row={(id) => `/tokens/${id}/show`}
    />
  )
}
