import type { ReactNode } from 'react'
import { useFormState } from 'react-hook-form'
import { useLeaveGuard } from './leave-guard'

/**
 * Asks before the user leaves the react-admin form that contains it.
 * @param isSaved whether the page is about to be left because the form is saved
 */
export function FormGuard({ isSaved = false }: { isSaved?: boolean }): ReactNode {
  // After a failed save, changed values are still unsaved. Only saved values need no question.
  const { dirtyFields, isSubmitting } = useFormState()
  useLeaveGuard({ isUnsaved: Object.keys(dirtyFields).length > 0 && !isSaved, isBusy: isSubmitting })
  return null
}
