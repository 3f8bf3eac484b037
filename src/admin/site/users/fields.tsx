import type { ReactNode } from 'react'
import { AutocompleteArrayInput, useGetList } from 'react-admin'
import { currentSession, may } from '../auth'
import type { Section } from '../document'
import type { Ask } from '../generic/form'
import { text } from '../words/words'

/** Leaves out the fields that only a superuser may set, for other users. */
export function withoutRights(section: Section): Section {
  if (currentSession().user.is_superuser) return section
  const allowed = ({ name }: { name: string }) => !['is_staff', 'is_superuser', 'groups', 'password'].includes(name)
  return {
    ...section,
    creation: section.creation?.filter(allowed),
    change: section.change && { ...section.change, fields: section.change.fields.filter(allowed) },
  }
}

/** Says that a superuser may do everything, before somebody becomes one. */
export const askForSuperuser: Ask = ({ username, is_superuser }, user) => {
  if (!is_superuser || user?.is_superuser) return undefined
  return {
    title: text('users.superuserQuestion', { username: String(username) }),
    text: text('users.superuserHelp'),
    confirm: text('users.superuserConfirm'),
  }
}

export function GroupsInput(): ReactNode {
  const { data = [] } = useGetList(
    'groups',
    { pagination: { page: 1, perPage: 1000 } },
    { enabled: may('groups:read') },
  )
  const choices = data.filter(({ name }) => name !== 'everyone').map(({ name }) => ({ id: name, name }))
  return (
    <AutocompleteArrayInput
      source="groups"
      label={text('users.groups')}
      choices={choices}
      parse={(value) => value ?? []}
      helperText={text('users.groupsHelp')}
      fullWidth
    />
  )
}
