import BadgeIcon from '@mui/icons-material/Badge'
import GroupIcon from '@mui/icons-material/Group'
import HistoryIcon from '@mui/icons-material/History'
import KeyIcon from '@mui/icons-material/Key'
import PersonIcon from '@mui/icons-material/Person'
import ScopeIcon from '@mui/icons-material/VerifiedUser'
import { CircularProgress } from '@mui/material'
import { QueryClient } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense } from 'react'
import { Admin, CustomRoutes, Resource, type ResourceProps } from 'react-admin'
import { Route } from 'react-router-dom'
import { authProvider } from './auth'
import { dataProviderOf } from './data'
import type { ApiDocument, Section } from './document'
import { Home } from './home'
import { SiteLayout } from './layout'
import { SignIn } from './sign-in'
import { dark, light } from './theme'
import { i18nProvider } from './words/words'

// Each page is loaded when it is first shown: the first one needs none of them.
const EventList = lazy(() => import('./events/events').then((file) => ({ default: file.EventList })))
const EventShow = lazy(() => import('./events/events').then((file) => ({ default: file.EventShow })))
const SectionCreate = lazy(() => import('./generic/form').then((file) => ({ default: file.SectionCreate })))
const SectionEdit = lazy(() => import('./generic/form').then((file) => ({ default: file.SectionEdit })))
const SectionShow = lazy(() => import('./generic/form').then((file) => ({ default: file.SectionShow })))
const SectionList = lazy(() => import('./generic/list').then((file) => ({ default: file.SectionList })))
const GroupCreate = lazy(() => import('./groups/groups').then((file) => ({ default: file.GroupCreate })))
const GroupEdit = lazy(() => import('./groups/groups').then((file) => ({ default: file.GroupEdit })))
const GroupList = lazy(() => import('./groups/groups').then((file) => ({ default: file.GroupList })))
const PasswordPage = lazy(() => import('./password').then((file) => ({ default: file.PasswordPage })))
const ScopeList = lazy(() => import('./scopes/scopes').then((file) => ({ default: file.ScopeList })))
const ScopeShow = lazy(() => import('./scopes/scopes').then((file) => ({ default: file.ScopeShow })))
const AddToken = lazy(() => import('./tokens/add').then((file) => ({ default: file.AddToken })))
const TokenEdit = lazy(() => import('./tokens/edit').then((file) => ({ default: file.TokenEdit })))
const TokenList = lazy(() => import('./tokens/list').then((file) => ({ default: file.TokenList })))
const TokenShow = lazy(() => import('./tokens/show').then((file) => ({ default: file.TokenShow })))
const UserCreate = lazy(() => import('./users/create').then((file) => ({ default: file.UserCreate })))
const UserEdit = lazy(() => import('./users/users').then((file) => ({ default: file.UserEdit })))
const UserList = lazy(() => import('./users/users').then((file) => ({ default: file.UserList })))

/** The order of the menu; what is not named here follows by the alphabet. */
const FIRST = ['tokens', 'users', 'groups', 'scopes', 'events']

const ICONS = { tokens: KeyIcon, users: PersonIcon, groups: GroupIcon, scopes: ScopeIcon, events: HistoryIcon }

/** Sections whose pages the document alone cannot say. */
const OWN: Record<string, (section: Section) => Partial<ResourceProps>> = {
  tokens: (section) => ({
    list: <TokenList section={section} />,
    show: <TokenShow section={section} />,
    ...(section.change && { edit: <TokenEdit section={section} /> }),
    create: <AddToken />,
    recordRepresentation: ({ name, hint }) => name || hint,
  }),
  users: (section) => ({
    list: <UserList section={section} />,
    edit: <UserEdit section={section} />,
    create: <UserCreate section={section} />,
    recordRepresentation: 'username',
  }),
  groups: (section) => ({
    list: <GroupList section={section} />,
    edit: <GroupEdit section={section} />,
    create: <GroupCreate section={section} />,
    recordRepresentation: 'name',
  }),
  scopes: (section) => ({
    list: <ScopeList section={section} />,
    show: <ScopeShow section={section} />,
    edit: <SectionEdit section={section} />,
    create: <SectionCreate section={section} />,
    recordRepresentation: 'name',
  }),
  events: (section) => ({
    list: <EventList section={section} />,
    show: <EventShow section={section} />,
    recordRepresentation: 'id',
  }),
}

/**
 * A reader sees at once that something failed, and can try again; also where the browser says that it is offline: the library
 * would wait without a word.
 */
const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: false, networkMode: 'always' }, mutations: { networkMode: 'always' } },
})

export function Site({ api }: { api: ApiDocument }): ReactNode {
  const sections = api.sections.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
  return (
    <Admin
      title="Latchkey"
      dataProvider={dataProviderOf(sections)}
      authProvider={authProvider}
      i18nProvider={i18nProvider}
      queryClient={queryClient}
      loginPage={SignIn}
      layout={SiteLayout}
      dashboard={() => <Home sections={sections} version={api.version} />}
      theme={light}
      darkTheme={dark}
      requireAuth
      disableTelemetry
    >
      {sections.map((section) => (
        <Resource
          key={section.name}
          name={section.name}
          options={{ label: section.label, isSearchable: section.isSearchable }}
          icon={ICONS[section.name as keyof typeof ICONS] ?? BadgeIcon}
          {...(OWN[section.name]?.(section) ?? pagesOf(section))}
        >
          {section.bulk && <Route path="import" element={<ImportRoute section={section} />} />}
        </Resource>
      ))}
      <CustomRoutes>
        <Route path="/password" element={<PasswordPage />} />
      </CustomRoutes>
    </Admin>
  )
}

/** What reads a CSV is loaded where one is taken in. */
const ImportPage = lazy(() => import('./generic/import/page'))

function ImportRoute({ section }: { section: Section }) {
  return (
    <Suspense fallback={<CircularProgress sx={{ m: 4 }} />}>
      <ImportPage section={section} />
    </Suspense>
  )
}

function pagesOf(section: Section): Partial<ResourceProps> {
  const names = section.columns.map(({ name }) => name)
  return {
    list: <SectionList section={section} />,
    ...(section.creation && { create: <SectionCreate section={section} /> }),
    ...(section.change ? { edit: <SectionEdit section={section} /> } : { show: <SectionShow section={section} /> }),
    recordRepresentation: names.includes('name') ? 'name' : section.key,
  }
}

function rank({ name }: Section) {
  return FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length
}
