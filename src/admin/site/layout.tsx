import HomeIcon from '@mui/icons-material/Home'
import LogoutIcon from '@mui/icons-material/Logout'
import AccountIcon from '@mui/icons-material/ManageAccounts'
import MenuBookIcon from '@mui/icons-material/MenuBook'
import PasswordIcon from '@mui/icons-material/Password'
import { ListItemIcon, ListItemText, MenuItem, type Theme, useMediaQuery } from '@mui/material'
import { forwardRef, type ReactNode, useEffect, useState } from 'react'
import {
  AppBar,
  Layout,
  type LayoutProps,
  Menu,
  Sidebar,
  type SidebarProps,
  TitlePortal,
  UserMenu,
  useLogout,
  useLogoutIfAccessDenied,
  useNotify,
  useResourceDefinitions,
  useSidebarState,
  useStoreContext,
  useUserMenu,
} from 'react-admin'
import { Link } from 'react-router-dom'
import { ENDED, sentenceOf } from './api'
import { currentSession, endSession, may } from './auth'
import { BASE } from './base'
import { SecretPaste } from './tokens/secret-paste'
import { text } from './words/words'
import { LeaveDialog } from './work/leave-guard'
import { SessionDialog } from './work/session-dialog'
import { askToLeave } from './work/unsaved'

export function SiteLayout(props: LayoutProps): ReactNode {
  const logoutIfEnded = useLogoutIfAccessDenied()
  useEffect(() => {
    const hear = (event: Event) => void logoutIfEnded((event as CustomEvent).detail)
    addEventListener(ENDED, hear)
    return () => removeEventListener(ENDED, hear)
  }, [logoutIfEnded])
  return (
    <>
      <Layout {...props} appBar={Bar} menu={Sections} sidebar={SideMenu} appBarAlwaysOn />
      <LeaveDialog />
      <SessionDialog />
      <SecretPaste />
    </>
  )
}

/** The menu is next to the page, or over it if the page is narrow, also because of zoom. */
function SideMenu(props: SidebarProps) {
  const isNarrow = useMediaQuery<Theme>((theme) => theme.breakpoints.down('sm'), { noSsr: true })
  const [wasNarrow, setWasNarrow] = useState(isNarrow)
  const [isOpen] = useSidebarState()
  const store = useStoreContext()
  useEffect(() => {
    setWasNarrow(isNarrow)
    // If it was open next to the page, it should not therefore cover the page.
    return () => store.removeItem('sidebar.open')
  }, [isNarrow, store])
  // A menu that covers the page even for a moment leaves the page hidden from screen readers afterwards.
  return <Sidebar {...props} open={isOpen && wasNarrow === isNarrow} />
}

function Bar() {
  return (
    <AppBar alwaysOn userMenu={<Account />}>
      {/* At 390 px a title may need a second line. */}
      <TitlePortal component="h1" sx={{ whiteSpace: 'normal', overflowWrap: 'anywhere', lineHeight: 1.2 }} />
    </AppBar>
  )
}

function Account() {
  return (
    <UserMenu label={text('home.profile', { username: currentSession().user.username })}>
      <OwnAccount />
      <ChangePassword />
      <SignOut />
    </UserMenu>
  )
}

const OwnAccount = forwardRef<HTMLAnchorElement>(function OwnAccount(props, ref) {
  return (
    <MenuItem ref={ref as never} component="a" href={`${BASE}/account/`} {...props}>
      <ListItemIcon>
        <AccountIcon fontSize="small" />
      </ListItemIcon>
      <ListItemText>{text('account.own')}</ListItemText>
    </MenuItem>
  )
})

const ChangePassword = forwardRef<HTMLAnchorElement>(function ChangePassword(props, ref) {
  const menu = useUserMenu()
  return (
    <MenuItem ref={ref as never} component={Link} to="/password" onClick={menu?.onClose} {...props}>
      <ListItemIcon>
        <PasswordIcon fontSize="small" />
      </ListItemIcon>
      <ListItemText>{text('account.changePassword')}</ListItemText>
    </MenuItem>
  )
})

/** A user who is told that they are signed out really is. If the server could not be reached, the page says so and stays. */
const SignOut = forwardRef<HTMLLIElement>(function SignOut(props, ref) {
  const logout = useLogout()
  const notify = useNotify()
  const menu = useUserMenu()
  const signOut = async () => {
    menu?.onClose()
    if (!(await askToLeave())) return
    try {
      await endSession()
      await logout()
    } catch (error) {
      const why = sentenceOf(error)
      notify(`${text('signIn.stillSignedIn')} ${why}`, { type: 'error' })
    }
  }
  return (
    <MenuItem ref={ref} {...props} onClick={signOut}>
      <ListItemIcon>
        <LogoutIcon fontSize="small" />
      </ListItemIcon>
      <ListItemText>{text('signIn.signOut')}</ListItemText>
    </MenuItem>
  )
})

/** Only the sections that the session may read. */
function Sections() {
  const names = Object.keys(useResourceDefinitions()).filter((name) => may(`${name}:read`))
  return (
    <Menu>
      <Menu.Item to="/" primaryText={text('home.title')} leftIcon={<HomeIcon />} />
      {names.map((name) => (
        <Menu.ResourceItem key={name} name={name} />
      ))}
      <MenuItem component="a" href={`${BASE}/docs/`} sx={{ color: 'text.secondary' }}>
        <ListItemIcon sx={{ minWidth: 40 }}>
          <MenuBookIcon />
        </ListItemIcon>
        {text('account.docs')}
      </MenuItem>
    </Menu>
  )
}
