import {
  Box,
  Card,
  CardContent,
  List,
  ListItem,
  ListItemText,
  Link as MuiLink,
  Skeleton,
  Typography,
} from '@mui/material'
import type { ReactNode } from 'react'
import { type RaRecord, Title, useGetList } from 'react-admin'
import { Link } from 'react-router-dom'
import { currentSession, may } from './auth'
import { BASE } from './base'
import type { Section } from './document'
import { listOf } from './events/links'
import { Text, Time } from './generic/cells'
import { PageTitle } from './page-title'
import { Panel } from './panel'
import { TokenUser } from './tokens/state'
import type { Token } from './tokens/types'
import { text } from './words/words'

/** How many milliseconds count as soon. */
const SOON = 30 * 86_400_000

const FEW = { page: 1, perPage: 5 }

/** Shows what needs attention, and how many rows each section has. */
export function Home({ sections, version }: { sections: Section[]; version: string }): ReactNode {
  const { database } = currentSession()
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 2,
        mt: 2,
        gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'repeat(2, minmax(0, 1fr))' },
      }}
    >
      <Title title={<PageTitle text={text('home.title')} />} />
      <Box
        sx={{
          gridColumn: '1 / -1',
          display: 'grid',
          gap: 2,
          gridTemplateColumns: 'repeat(auto-fit, minmax(140px, 1fr))',
        }}
      >
        {sections
          .filter(({ name }) => may(`${name}:read`))
          .map((section) => (
            <Count key={section.name} section={section} />
          ))}
      </Box>
      {may('tokens:read') && <EndingSoon />}
      {may('events:read') && (
        <SignIns title={text('home.lastSignIns')} action="login.succeeded" none={text('home.nobodySignedIn')} />
      )}
      {may('events:read') && (
        <SignIns title={text('home.failedSignIns')} action="login.failed" none={text('home.noneFailed')} />
      )}
      <Panel title={text('home.about')}>
        <Typography>{text('home.version', { version, database })}</Typography>
        <Typography>
          <MuiLink href={`${BASE}/docs/`}>{text('account.docs')}</MuiLink> ·{' '}
          <MuiLink href={`${BASE}/openapi.json`}>{text('home.document')}</MuiLink>
        </Typography>
      </Panel>
    </Box>
  )
}

function Count({ section }: { section: Section }) {
  const { total, isPending, error } = useGetList(section.name, { pagination: { page: 1, perPage: 1 } })
  return (
    <Card variant="outlined">
      <CardContent
        component={Link}
        to={`/${section.name}`}
        sx={{ display: 'block', textDecoration: 'none', color: 'inherit' }}
      >
        <Typography variant="h4" component="p">
          {isPending ? <Skeleton width="3ch" /> : error ? '?' : (total ?? 0).toLocaleString()}
        </Typography>
        <Typography color="text.secondary">{section.label}</Typography>
      </CardContent>
    </Card>
  )
}

function EndingSoon() {
  const now = Math.floor(Date.now() / 60_000) * 60_000
  const filter = { state: 'active', expires_at_max: new Date(now + SOON).toISOString() }
  const { data = [], ...state } = useGetList('tokens', {
    pagination: FEW,
    sort: { field: 'expires_at', order: 'ASC' },
    filter,
  })
  return (
    <Panel title={text('home.endingSoon')} more={listOf('tokens', filter)}>
      <Rows rows={data} {...state} none={text('home.none')} page={({ id }) => `/tokens/${id}/show`}>
        {(token) => ({
          primary: (
            <>
              <code>{token.hint}</code> {text('home.of')} <TokenUser token={token as unknown as Token} />
            </>
          ),
          secondary: (
            <>
              {token.name && (
                <>
                  <Text>{token.name}</Text>,{' '}
                </>
              )}
              {text('home.ends')} <Time at={token.expires_at} />
            </>
          ),
        })}
      </Rows>
    </Panel>
  )
}

function SignIns({ title, action, none }: { title: string; action: string; none: string }) {
  const { data = [], ...state } = useGetList('events', {
    pagination: FEW,
    sort: { field: 'id', order: 'DESC' },
    filter: { action },
  })
  return (
    <Panel title={title} more={listOf('events', { action })}>
      <Rows rows={data} {...state} none={none} page={({ id }) => `/events/${id}/show`}>
        {(event) => ({
          primary: (
            <>
              <Text>{event.actor}</Text> {text('home.from')} <Text>{event.from}</Text>
            </>
          ),
          secondary: <Time at={event.at} />,
        })}
      </Rows>
    </Panel>
  )
}

function Rows({
  rows,
  isPending,
  error,
  none,
  page,
  children,
}: {
  rows: RaRecord[]
  isPending: boolean
  error: unknown
  none: string
  page: (row: RaRecord) => string
  children: (row: RaRecord) => { primary: ReactNode; secondary: ReactNode }
}) {
  if (isPending) return <Skeleton height={60} />
  if (error) return <Typography color="error">{text('home.unreadable')}</Typography>
  if (rows.length === 0) return <Typography color="text.secondary">{none}</Typography>
  return (
    <List dense disablePadding>
      {rows.map((row) => {
        const { primary, secondary } = children(row)
        return (
          <ListItem key={row.id} disableGutters>
            <ListItemText
              primary={
                <MuiLink component={Link} to={page(row)}>
                  {primary}
                </MuiLink>
              }
              secondary={secondary}
            />
          </ListItem>
        )
      })}
    </List>
  )
}
