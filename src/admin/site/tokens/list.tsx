import type { ReactNode } from 'react'
import { BulkDeleteButton, DateTimeInput, SearchInput, SelectInput, TextInput } from 'react-admin'
import { may } from '../auth'
import type { Section } from '../document'
import { Nothing, Text, Time } from '../generic/cells'
import { timeOf } from '../generic/inputs'
import { type Column, SectionList } from '../generic/list'
import { useScopes } from '../scopes/choices'
import { UserFilter } from '../users/picker'
import { text } from '../words/words'
import { Granted, STATES, State, stateText, TokenUser } from './state'
import type { Token } from './types'

/** Everything that a review needs: who has it, what it may do, since when, and whether anybody uses it. */
const COLUMNS: Column[] = [
  { source: 'hint', label: text('tokens.token'), render: ({ hint }) => <code>{hint}</code> },
  { source: 'username', label: text('tokens.user'), render: (token) => <TokenUser token={token as Token} /> },
  {
    source: 'name',
    label: text('tokens.name'),
    render: ({ name, kind }) =>
      name ? <Text>{name}</Text> : kind === 'account' ? text('tokens.accountToken') : <Nothing />,
  },
  { source: 'state', label: text('tokens.state'), render: (token) => <State token={token as Token} /> },
  { source: 'created_at', label: text('tokens.created'), render: ({ created_at }) => <Time at={created_at} /> },
  {
    source: 'last_used_at',
    label: text('tokens.lastUsed'),
    render: ({ last_used_at }) => (last_used_at ? <Time at={last_used_at} /> : text('tokens.never')),
  },
  {
    source: 'expires_at',
    label: text('tokens.expires'),
    render: ({ expires_at }) => (expires_at ? <Time at={expires_at} /> : text('tokens.never')),
  },
  { source: 'scopes', label: text('tokens.scopes'), render: (token) => <Granted token={token as Token} /> },
]

const TIMES = [
  ['last_used_at_max', text('tokens.lastUsedUntil')],
  ['last_used_at_min', text('tokens.lastUsedSince')],
  ['created_at_max', text('tokens.createdUntil')],
  ['created_at_min', text('tokens.createdFrom')],
  ['expires_at_max', text('tokens.expiresUntil')],
  ['expires_at_min', text('tokens.expiresFrom')],
] as const

const FILTERS = [
  <SearchInput
    key="q"
    source="q"
    alwaysOn
    placeholder={text('tokens.search')}
    inputProps={{ 'aria-label': text('tokens.search') }}
  />,
  <SelectInput
    key="never_used"
    source="never_used"
    label={text('tokens.use')}
    choices={[
      { id: 'true', name: text('tokens.neverUsed') },
      { id: 'false', name: text('tokens.used') },
    ]}
    helperText={false}
  />,
  <SelectInput
    key="without_expiry"
    source="without_expiry"
    label={text('tokens.end')}
    choices={[
      { id: 'true', name: text('tokens.withoutExpiry') },
      { id: 'false', name: text('tokens.withExpiry') },
    ]}
    helperText={false}
  />,
  <UserFilter key="user" source="user" label={text('tokens.user')} />,
  <SelectInput
    key="state"
    source="state"
    label={text('tokens.state')}
    choices={STATES.map((state) => ({ id: state, name: stateText(state) }))}
    helperText={false}
  />,
  <SelectInput
    key="kind"
    source="kind"
    label={text('tokens.kind')}
    choices={(['account', 'personal'] as const).map((kind) => ({ id: kind, name: text(`tokens.kind_${kind}`) }))}
    helperText={false}
  />,
  <ScopeFilter key="scope" source="scope" label={text('tokens.scope')} />,
  ...TIMES.map(([source, label]) => (
    <DateTimeInput key={source} source={source} label={label} parse={timeOf} helperText={false} />
  )),
  <TextInput key="name_contains" source="name_contains" label={text('tokens.nameContains')} helperText={false} />,
]

/** A token is never deleted. Its record stays. */
const REVOKE = (
  <BulkDeleteButton
    mutationMode="pessimistic"
    label={text('tokens.revoke')}
    confirmTitle={text('tokens.revokeSeveral')}
    confirmContent={text('tokens.revokeSeveralHelp')}
    successMessage="tokens.revokedSeveral"
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

/** Like other filters of react-admin, it is known by its `source`. */
function ScopeFilter({ source, label }: { source: string; label: string }) {
  const { scopes } = useScopes()
  return (
    <SelectInput
      source={source}
      label={label}
      choices={scopes.map(({ name }) => ({ id: name, name }))}
      helperText={false}
      sx={{ minWidth: 200 }}
    />
  )
}
