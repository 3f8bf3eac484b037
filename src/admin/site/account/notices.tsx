import { Alert, Snackbar } from '@mui/material'
import { createContext, type ReactNode, useContext, useState } from 'react'
import { text } from '../words/words'

interface Notice {
  severity: 'success' | 'info' | 'error'
  sentence: string
}

const Tell = createContext<(notice: Notice) => void>(() => {})

/** Shows the result of an action. */
export function useTell(): (notice: Notice) => void {
  return useContext(Tell)
}

export function Notices({ first, children }: { first?: string; children: ReactNode }): ReactNode {
  const [notice, setNotice] = useState<Notice | undefined>(first ? { severity: 'info', sentence: first } : undefined)
  const [isOpen, setOpen] = useState(first !== undefined)
  const tell = (next: Notice) => {
    setNotice(next)
    setOpen(true)
  }
  return (
    <Tell.Provider value={tell}>
      {children}
      <Snackbar
        open={isOpen}
        // What asks for something to be done stays until it is read.
        autoHideDuration={notice?.severity === 'success' ? 6000 : null}
        onClose={(_event, reason) => reason !== 'clickaway' && setOpen(false)}
      >
        <Alert
          severity={notice?.severity}
          variant="filled"
          onClose={() => setOpen(false)}
          closeText={text('account.close')}
        >
          {notice?.sentence}
        </Alert>
      </Snackbar>
    </Tell.Provider>
  )
}
