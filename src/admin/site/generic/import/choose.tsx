import UploadIcon from '@mui/icons-material/FileUpload'
import { Box, Button, Typography } from '@mui/material'
import { type DragEvent, type ReactNode, useRef, useState } from 'react'
import type { Section } from '../../document'
import { text } from '../../words/words'

/** Takes one file, chosen or dropped, and says what may be in it. */
export function Choose({
  section,
  name,
  isBusy,
  onChoose,
}: {
  section: Section
  /** The name of the file that was chosen before. */
  name: string | undefined
  isBusy: boolean
  onChoose: (file: File) => void
}): ReactNode {
  const input = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  const [required, others] = [true, false].map((isRequired) =>
    section
      .bulk!.filter((field) => field.isRequired === isRequired)
      .map((field) => field.name)
      .join(', '),
  )
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    const [file] = event.dataTransfer.files
    if (file && !isBusy) onChoose(file)
  }
  return (
    <Box
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      sx={{
        width: '100%',
        boxSizing: 'border-box',
        border: 2,
        borderStyle: 'dashed',
        borderColor: isOver ? 'primary.main' : 'divider',
        borderRadius: 1,
        p: 2,
        display: 'grid',
        gap: 1,
        justifyItems: 'start',
      }}
    >
      <Typography>{text('imports.help', { required: required ?? '' })}</Typography>
      {others && <Typography color="text.secondary">{text('imports.optional', { others })}</Typography>}
      {section.name === 'users' && <Typography color="text.secondary">{text('imports.noPasswords')}</Typography>}
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, alignItems: 'center' }}>
        <Button
          variant={name ? 'outlined' : 'contained'}
          startIcon={<UploadIcon />}
          disabled={isBusy}
          onClick={() => input.current?.click()}
        >
          {text(name ? 'imports.chooseAnother' : 'imports.choose')}
        </Button>
        <Typography color="text.secondary">{name ? <bdi>{name}</bdi> : text('imports.drop')}</Typography>
      </Box>
      <input
        ref={input}
        type="file"
        accept=".csv,.txt,text/csv"
        hidden
        aria-label={text('imports.choose')}
        onChange={({ target }) => {
          const [file] = target.files ?? []
          if (file) onChoose(file)
          // The user may choose the same file again after correcting it.
          target.value = ''
        }}
      />
    </Box>
  )
}
