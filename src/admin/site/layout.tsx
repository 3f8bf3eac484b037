import HomeIcon from '@mui/icons-material/Home'
import MenuBookIcon from '@mui/icons-material/MenuBook'
import PasswordIcon from '@mui/icons-material/Password'
import { ListItemIcon, ListItemText, MenuItem } from '@mui/material'
import { forwardRef, type ReactNode } from 'react'
import {
  AppBar,
  Layout,
  type LayoutProps,
  Logout,
  Menu,
  TitlePortal,
  UserMenu,
  useResourceDefinitions,
  useUserMenu,
} from 'react-admin'
import { Link } from 'react-router-dom'
import { currentSession, may } from './auth'

export function SiteLayout(props: LayoutProps): ReactNode {
  return <Layout {...props} appBar={Bar} menu={Sections} appBarAlwaysOn />
}

function Bar() {
  return (
    <AppBar userMenu={<Account />}>
      <TitlePortal component="h1" />
    </AppBar>
  )
}

function Account() {
  return (
    <UserMenu label={`${currentSession().user.username}: profile`}>
      <ChangePassword />
      <Logout />
    </UserMenu>
  )
}

const ChangePassword = forwardRef<HTMLAnchorElement>(function ChangePassword(props, ref) {
  const menu = useUserMenu()
  return (
    <MenuItem ref={ref as never} component={Link} to="/password" onClick={menu?.onClose} {...props}>
      <ListItemIcon>
        <PasswordIcon fontSize="small" />
      </ListItemIcon>
      <ListItemText>Change password</ListItemText>
    </MenuItem>
  )
})

/** Only what the session may read. */
function Sections() {
  const names = Object.keys(useResourceDefinitions()).filter((name) => may(`${name}:read`))
  return (
    <Menu>
      <Menu.Item to="/" primaryText="Home" leftIcon={<HomeIcon />} />
      {names.map((name) => (
        <Menu.ResourceItem key={name} name={name} />
      ))}
      <Menu.Item
        to="/docs"
        primaryText="API docs"
        leftIcon={<MenuBookIcon />}
        onClick={() => window.location.assign('/docs/')}
      />
    </Menu>
  )
}
