/** Forms, and what is asked before work is lost. */
export const forms = {
  clear: 'Clear',
  close: 'Close the choices',
  nextPage: 'Go to next page',
  previousPage: 'Go to previous page',
  noOptions: 'Nothing to choose',
  open: 'Show the choices',
  add: 'Add %{what}',
  added: 'Added.',
  saved: 'Saved.',
  reload: 'Reload',
  stale:
    'This was changed by someone else in the meantime, so nothing was saved. Reload to see it as it is now: what you typed stays, and you can save it again.',
  wrongForm: 'This is not in the right form.',
  notWhole: 'This could not be saved: reload the page and try again.',
  stay: 'Stay',
  leave: 'Leave without saving',
  leaveTitle: 'Leave without saving?',
  leaveText: 'What you changed here is not saved. If you leave, it is lost.',
  onceTitle: 'Is it copied?',
  onceText: 'This is shown only now. If you leave, nobody can read it again.',
  onceLeave: 'Leave',
} as const
