import type { ReactNode } from 'react'
import { PasswordForm } from '../password'
import { text } from '../words/words'
import { Heading } from './heading'
import { useTell } from './notices'

export function OwnPassword(): ReactNode {
  const tell = useTell()
  return (
    <>
      <Heading title={text('account.changePassword')} />
      <PasswordForm onChanged={() => tell({ severity: 'success', sentence: text('account.passwordChanged') })} />
    </>
  )
}
