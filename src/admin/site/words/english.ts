import library from 'ra-language-english'
import { account } from './english/account'
import { groups } from './english/groups'
import { history } from './english/history'
import { home } from './english/home'
import { imports } from './english/imports'
import { lists } from './english/lists'
import { scopes } from './english/scopes'
import { shared } from './english/shared'
import { tokens } from './english/tokens'
import { users } from './english/users'

/** Every word of the site, by area; `ra` are those of react-admin. */
export const english = {
  ...library,
  account,
  groups,
  history,
  home,
  imports,
  lists,
  scopes,
  shared,
  tokens,
  users,
}
