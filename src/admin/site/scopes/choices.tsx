import { Box, Checkbox, FormControl, FormControlLabel, FormHelperText, FormLabel, Typography } from '@mui/material'
import { type ReactNode, useId } from 'react'
import { useGetList, useInput } from 'react-admin'
import { text } from '../words/words'

export interface ScopeRow {
  id: string
  name: string
  description: string
  built_in: boolean
}

/** The scopes that the session may see: all, or those that it has. */
export function useScopes(): { scopes: ScopeRow[]; isLoaded: boolean } {
  const { data } = useGetList<ScopeRow>('scopes', { pagination: { page: 1, perPage: 1000 } })
  return { scopes: data ?? [], isLoaded: data !== undefined }
}

/** Scopes as checkboxes with their meaning. Those of other services are separate. */
export function ScopeChoices({
  offered,
  value,
  onChange,
  help,
  isWrong = false,
}: {
  offered: ScopeRow[]
  value: string[]
  onChange: (scopes: string[]) => void
  help: ReactNode
  isWrong?: boolean
}): ReactNode {
  const toggle = (scope: string) =>
    onChange(value.includes(scope) ? value.filter((other) => other !== scope) : [...value, scope])
  const parts = [
    { title: text('scopes.builtIn'), scopes: offered.filter(({ built_in }) => built_in) },
    { title: text('scopes.forOthers'), scopes: offered.filter(({ built_in }) => !built_in) },
  ]
  return (
    <FormControl component="fieldset" error={isWrong} sx={{ width: '100%', mb: 2 }}>
      <FormLabel component="legend">{text('scopes.scopes')}</FormLabel>
      {parts
        .filter(({ scopes }) => scopes.length > 0)
        .map(({ title, scopes }) => (
          <Part key={title} title={title} scopes={scopes} value={value} onToggle={toggle} />
        ))}
      <FormHelperText>{help}</FormHelperText>
    </FormControl>
  )
}

/** For the field `scopes` of a react-admin form. */
export function ScopesInput(): ReactNode {
  const { scopes } = useScopes()
  const { field, fieldState } = useInput({ source: 'scopes' })
  return (
    <ScopeChoices
      offered={scopes}
      value={field.value ?? []}
      onChange={field.onChange}
      isWrong={fieldState.error !== undefined}
      help={fieldState.error?.message ?? text('scopes.groupHelp')}
    />
  )
}

function Part({
  title,
  scopes,
  value,
  onToggle,
}: {
  title: string
  scopes: ScopeRow[]
  value: string[]
  onToggle: (scope: string) => void
}) {
  const id = useId()
  return (
    <Box role="group" aria-labelledby={id} sx={{ mt: 1 }}>
      <Typography id={id} variant="subtitle2" component="h3">
        {title}
      </Typography>
      <Box sx={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(220px, 1fr))', columnGap: 2 }}>
        {scopes.map(({ name, description }) => (
          <Box key={name}>
            <FormControlLabel
              control={
                <Checkbox
                  checked={value.includes(name)}
                  onChange={() => onToggle(name)}
                  slotProps={{ input: { 'aria-describedby': `${id}${name}` } }}
                />
              }
              label={name}
            />
            <FormHelperText id={`${id}${name}`} sx={{ mt: -1, ml: 4 }} error={false}>
              <bdi>{description}</bdi>
            </FormHelperText>
          </Box>
        ))}
      </Box>
    </Box>
  )
}
