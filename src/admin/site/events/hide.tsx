import { FormControl, FormLabel, ToggleButton, ToggleButtonGroup } from '@mui/material'
import type { ReactNode } from 'react'
import { useInput } from 'react-admin'
import { text } from '../words/words'

/** The kinds, by their names in the API's query `without`. */
const KINDS = [
  { id: 'sign-ins', label: 'history.signIns' },
  { id: 'settings', label: 'history.settings' },
  { id: 'refusals', label: 'history.refusals' },
] as const

/** Leaves out kinds of events, because there may be many more of them than of the events that the user wants. */
export function HideInput({ source }: { source: string; alwaysOn?: boolean }): ReactNode {
  const { field } = useInput({ source })
  const hidden = String(field.value ?? '')
    .split(',')
    .filter(Boolean)
  return (
    <FormControl component="fieldset" sx={{ flexDirection: 'row', alignItems: 'center', gap: 1, mb: 1 }}>
      <FormLabel component="legend" sx={{ float: 'left', display: 'contents' }}>
        {text('history.hide')}
      </FormLabel>
      <ToggleButtonGroup
        size="small"
        color="primary"
        value={hidden}
        onChange={(_event, kinds: string[]) => field.onChange(kinds.join(','))}
        aria-label={text('history.hide')}
      >
        {KINDS.map(({ id, label }) => (
          <ToggleButton key={id} value={id} sx={{ textTransform: 'none' }}>
            {text(label)}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </FormControl>
  )
}
