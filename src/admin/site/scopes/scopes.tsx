import { Box, List, ListItem, ListItemText, Link as MuiLink, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import {
  EditButton,
  FunctionField,
  Show,
  SimpleShowLayout,
  TopToolbar,
  useGetList,
  useRecordContext,
} from 'react-admin'
import { Link } from 'react-router-dom'
import { may } from '../auth'
import type { Section } from '../document'
import { listOf } from '../events/links'
import { Nothing, Text } from '../generic/cells'
import { type Column, SectionList } from '../generic/list'
import { RecordTitle } from '../generic/show'
import { Panel } from '../panel'
import { State, TokenUser } from '../tokens/state'
import type { Token } from '../tokens/types'
import { text } from '../words/words'
import type { ScopeRow } from './choices'

const COLUMNS: Column[] = [
  { source: 'name', label: text('scopes.name') },
  { source: 'description', label: text('scopes.description') },
  {
    source: 'built_in',
    label: text('scopes.for'),
    render: ({ built_in }) => text(built_in ? 'scopes.thisService' : 'scopes.otherServices'),
  },
]

/** Built-in scopes can be viewed too, so each row leads to the page that shows it. */
export function ScopeList({ section }: { section: Section }): ReactNode {
  const row = (id: string) => `/scopes/${encodeURIComponent(id)}/show`
  return <SectionList section={section} columns={COLUMNS} bulk={false} row={row} />
}

export function ScopeShow({ section }: { section: Section }): ReactNode {
  return (
    <Show resource="scopes" title={<RecordTitle section={section} />} actions={<Actions />}>
      <SimpleShowLayout>
        <FunctionField
          label={text('scopes.description')}
          render={({ description }) => (description ? <Text>{description}</Text> : <Nothing />)}
        />
        <FunctionField
          label={text('scopes.for')}
          render={({ built_in, name }) =>
            built_in ? text('scopes.thisService') : text('scopes.otherServicesAsk', { name })
          }
        />
      </SimpleShowLayout>
      <Holders />
    </Show>
  )
}

function Actions() {
  const scope = useRecordContext<ScopeRow>()
  if (!scope || scope.built_in || !may('scopes:write')) return null
  return (
    <TopToolbar>
      <EditButton />
    </TopToolbar>
  )
}

/** Shows who has the scope: groups, and personal tokens. */
function Holders() {
  const scope = useRecordContext<ScopeRow>()
  if (!scope) return null
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 2,
        p: 2,
        gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'repeat(2, minmax(0, 1fr))' },
      }}
    >
      {may('groups:read') && <Groups scope={scope.name} />}
      {may('tokens:read') && <Tokens scope={scope.name} />}
    </Box>
  )
}

const SOME = { pagination: { page: 1, perPage: 10 } }

function Groups({ scope }: { scope: string }) {
  const { data = [], total = 0 } = useGetList('groups', { ...SOME, filter: { scope } })
  return (
    <Panel title={text('scopes.groups')} more={listOf('groups', { scope })}>
      <Typography color="text.secondary">{text(total > 0 ? 'scopes.superusers' : 'scopes.superusersAlone')}</Typography>
      <List dense disablePadding>
        {data.map(({ id, name }) => (
          <ListItem key={id} disableGutters>
            <MuiLink component={Link} to={`/groups/${id}`}>
              <Text>{name}</Text>
            </MuiLink>
          </ListItem>
        ))}
      </List>
      <More shown={data.length} total={total} />
    </Panel>
  )
}

function Tokens({ scope }: { scope: string }) {
  const filter = { scope, state: 'active' }
  const { data = [], total = 0 } = useGetList<Token>('tokens', { ...SOME, filter })
  return (
    <Panel title={text('scopes.tokens')} more={listOf('tokens', filter)}>
      {total === 0 && <Typography color="text.secondary">{text('scopes.noneWorks')}</Typography>}
      <List dense disablePadding>
        {data.map((token) => (
          <ListItem key={token.id} disableGutters secondaryAction={<State token={token} />}>
            <ListItemText
              primary={
                <MuiLink component={Link} to={`/tokens/${token.id}/show`}>
                  <code>{token.hint}</code> <Text>{token.name}</Text>
                </MuiLink>
              }
              secondary={<TokenUser token={token} />}
            />
          </ListItem>
        ))}
      </List>
      <More shown={data.length} total={total} />
    </Panel>
  )
}

function More({ shown, total }: { shown: number; total: number }) {
  return total > shown ? (
    <Typography color="text.secondary">{text('scopes.more', { smart_count: total - shown })}</Typography>
  ) : null
}
