import { Alert } from '@mui/material'
import type { ReactNode } from 'react'

/** A sentence of the API, which is in English. Nothing if there is none. */
export function Problem({ sentence }: { sentence: string | undefined }): ReactNode {
  return sentence ? (
    <Alert severity="error" lang="en">
      {sentence}
    </Alert>
  ) : null
}
