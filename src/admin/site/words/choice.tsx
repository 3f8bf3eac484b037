import { Button } from '@mui/material'
import type { ReactNode } from 'react'
import { askToLeave } from '../work/unsaved'
import { chooseLanguage, currentLanguage, LANGUAGES, text } from './words'

/** Each language has its own name, so that the users who need it can read it. */
export function LanguageChoice(): ReactNode {
  return (
    <nav aria-label={text('signIn.language')}>
      {LANGUAGES.map(({ tag, name }) => (
        <Button
          key={tag}
          size="small"
          lang={tag}
          color="inherit"
          data-name
          aria-pressed={tag === currentLanguage()}
          disabled={tag === currentLanguage()}
          onClick={async () => {
            if (await askToLeave()) await chooseLanguage(tag)
          }}
        >
          {name}
        </Button>
      ))}
    </nav>
  )
}
