import { account } from './english/account'
import { fields, helps } from './english/fields'
import { forms } from './english/forms'
import { groups } from './english/groups'
import { history } from './english/history'
import { home } from './english/home'
import { imports } from './english/imports'
import { library } from './english/library'
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
  fields,
  forms,
  groups,
  helps,
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
