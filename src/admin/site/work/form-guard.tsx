import type { ReactNode } from 'react'
import { useFormState } from 'react-hook-form'
import { useLeaveGuard } from './leave-guard'

/**
 * Asks before a form of react-admin, inside which it stands, is left.
 * @param isSaved whether the page is about to be left because it is
 */
export function FormGuard({ isSaved = false }: { isSaved?: boolean }): ReactNode {
  // What is not the same any more after a failed save is unsaved still: only what was saved is not asked about.
  const { dirtyFields, isSubmitting } = useFormState()
  useLeaveGuard({ isUnsaved: Object.keys(dirtyFields).length > 0 && !isSaved, isBusy: isSubmitting })
  return null
}
