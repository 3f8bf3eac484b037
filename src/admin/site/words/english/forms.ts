/** Forms, and the questions before work is lost. */
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
    'Someone else has changed this in the meantime, so nothing was saved. Reload to see it as it is now. What you typed stays, and you can save it again.',
  wrongForm: 'This does not have the right format.',
  notWhole: 'This could not be saved. Reload the page and try again.',
  stay: 'Stay',
  leave: 'Leave without saving',
  leaveTitle: 'Leave without saving?',
  leaveText: 'Your changes are not saved. If you leave, they are lost.',
  onceTitle: 'Have you copied it?',
  onceText: 'This is shown only now. If you leave, nobody can read it again.',
  onceLeave: 'Leave',
} as const
