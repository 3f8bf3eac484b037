import BadgeIcon from '@mui/icons-material/Badge'
import GroupIcon from '@mui/icons-material/Group'
import HistoryIcon from '@mui/icons-material/History'
import KeyIcon from '@mui/icons-material/Key'
import PersonIcon from '@mui/icons-material/Person'
import ScopeIcon from '@mui/icons-material/VerifiedUser'
import { QueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Admin, CustomRoutes, localStorageStore, Resource, type ResourceProps } from 'react-admin'
import { Route } from 'react-router-dom'
import { authProvider } from './auth'
import { BASE } from './base'
import { dataProviderOf } from './data'
import type { ApiDocument, Section } from './document'
import { Home } from './home'
import { SiteLayout } from './layout'
import { lazyPage } from './lazy-page'
import { SignIn } from './sign-in'
import { dark, light } from './theme'
import { i18nProvider } from './words/words'

// Each page is loaded when it is first shown. The first page needs none of them.
const EventList = lazyPage(() => import('./events/events'), 'EventList')
const EventShow = lazyPage(() => import('./events/events'), 'EventShow')
const ImportPage = lazyPage(() => import('./generic/import/page'), 'ImportPage')
const SectionCreate = lazyPage(() => import('./generic/form'), 'SectionCreate')
const SectionEdit = lazyPage(() => import('./generic/form'), 'SectionEdit')
const SectionList = lazyPage(() => import('./generic/list'), 'SectionList')
const SectionShow = lazyPage(() => import('./generic/show'), 'SectionShow')
const GroupCreate = lazyPage(() => import('./groups/groups'), 'GroupCreate')
const GroupEdit = lazyPage(() => import('./groups/groups'), 'GroupEdit')
const GroupList = lazyPage(() => import('./groups/groups'), 'GroupList')
const PasswordPage = lazyPage(() => import('./password'), 'PasswordPage')
const ScopeList = lazyPage(() => import('./scopes/scopes'), 'ScopeList')
const ScopeShow = lazyPage(() => import('./scopes/scopes'), 'ScopeShow')
const AddToken = lazyPage(() => import('./tokens/add'), 'AddToken')
const TokenEdit = lazyPage(() => import('./tokens/edit'), 'TokenEdit')
const TokenList = lazyPage(() => import('./tokens/list'), 'TokenList')
const TokenShow = lazyPage(() => import('./tokens/show'), 'TokenShow')
const UserCreate = lazyPage(() => import('./users/create'), 'UserCreate')
const UserEdit = lazyPage(() => import('./users/users'), 'UserEdit')
const UserList = lazyPage(() => import('./users/users'), 'UserList')

/** The order of the menu. Other sections follow in alphabetical order. */
const FIRST = ['tokens', 'users', 'groups', 'scopes', 'events']

const ICONS = { tokens: KeyIcon, users: PersonIcon, groups: GroupIcon, scopes: ScopeIcon, events: HistoryIcon }

/** Sections whose pages do not follow from the document alone. */
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
 * A user sees at once that something failed, and can try again. This is also so if the browser says that it is offline, where the
 * library would wait silently.
 */
const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: false, networkMode: 'always' }, mutations: { networkMode: 'always' } },
})

/** Another Latchkey on this origin has its own store. */
const store = localStorageStore(undefined, BASE)

export function Site({ api }: { api: ApiDocument }): ReactNode {
  const sections = api.sections.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
  return (
    <Admin
      title="Latchkey"
      dataProvider={dataProviderOf(sections)}
      authProvider={authProvider}
      i18nProvider={i18nProvider}
      store={store}
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
          {section.bulk && <Route path="import" element={<ImportPage section={section} />} />}
        </Resource>
      ))}
      <CustomRoutes>
        <Route path="/password" element={<PasswordPage />} />
      </CustomRoutes>
    </Admin>
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
