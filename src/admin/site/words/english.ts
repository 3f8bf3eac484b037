import library from 'ra-language-english'
import { account } from './english/account'
import { forms } from './english/forms'
import { groups } from './english/groups'
import { history } from './english/history'
import { home } from './english/home'
import { imports } from './english/imports'
import { lists } from './english/lists'
import { scopes } from './english/scopes'
import { shared } from './english/shared'
import { signIn } from './english/sign-in'
import { tokens } from './english/tokens'
import { users } from './english/users'

/** Every word of the site, by area; `ra` are those of react-admin. */
export const english = {
  ...library,
  account,
  forms,
  groups,
  history,
  home,
  imports,
  lists,
  scopes,
  shared,
  signIn,
  tokens,
  users,
}
