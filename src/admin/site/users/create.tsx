import { FormControl, FormControlLabel, FormHelperText, FormLabel, Radio, RadioGroup } from '@mui/material'
import { type ReactNode, useState } from 'react'
import { PasswordInput, type RaRecord } from 'react-admin'
import { useFormContext } from 'react-hook-form'
import { sentenceOf } from '../api'
import { currentSession } from '../auth'
import type { Section } from '../document'
import { SectionCreate } from '../generic/form'
import { text } from '../words/words'
import { askForSuperuser, GroupsInput, withoutRights } from './fields'
import { LinkOnce, makeLink, type PasswordLink } from './password-link'

type First = 'link' | 'password' | 'none'

/** By default nobody has to type, and so know, the password of another user. Users set it themselves with a link. */
export function UserCreate({ section }: { section: Section }): ReactNode {
  const [first, setFirst] = useState<First>('link')
  const [made, setMade] = useState<{ username: string; link?: PasswordLink; problem?: string; go: () => void }>()
  const mayGive = currentSession().user.is_superuser

  const giveLink = async (user: RaRecord) => {
    const outcome = await makeLink(user.id).then(
      (link) => ({ link }),
      (error: unknown) => ({ problem: sentenceOf(error) }),
    )
    // The user's page is shown when the link has been copied.
    await new Promise<void>((go) => setMade({ username: user.username, ...outcome, go }))
  }

  return (
    <>
      <SectionCreate
        section={withoutRights(section)}
        inputs={{ groups: <GroupsInput />, password: <FirstPassword first={first} onChange={setFirst} /> }}
        defaults={{ is_active: true }}
        ask={askForSuperuser}
        onAdded={mayGive && first === 'link' ? giveLink : undefined}
      />
      {made && (
        <LinkOnce
          {...made}
          onClose={() => {
            setMade(undefined)
            made.go()
          }}
        />
      )}
    </>
  )
}

function FirstPassword({ first, onChange }: { first: First; onChange: (first: First) => void }) {
  const { setValue } = useFormContext()
  const choose = (chosen: First) => {
    // A hidden field is not sent.
    if (chosen !== 'password') setValue('password', undefined)
    onChange(chosen)
  }
  return (
    <FormControl sx={{ width: '100%', mb: 2 }}>
      <FormLabel id="first">{text('users.first')}</FormLabel>
      <RadioGroup aria-labelledby="first" value={first} onChange={(_event, value) => choose(value as First)}>
        <FormControlLabel value="link" control={<Radio />} label={text('users.firstLink')} />
        {first === 'link' && <FormHelperText sx={{ ml: 4, mt: -0.5 }}>{text('users.firstLinkHelp')}</FormHelperText>}
        <FormControlLabel value="password" control={<Radio />} label={text('users.firstPassword')} />
        <FormControlLabel value="none" control={<Radio />} label={text('users.firstNone')} />
      </RadioGroup>
      {first === 'password' && (
        <PasswordInput
          source="password"
          label={text('users.password')}
          helperText={text('signIn.passwordRules')}
          autoComplete="new-password"
          fullWidth
        />
      )}
    </FormControl>
  )
}
