/** The words of several pages. */
export const shared = {
  save: 'Save',
  away: 'The server does not answer. Please try again in a moment.',
  cancel: 'Cancel',
  tryAgain: 'Try again',
} as const
