/** The pages of groups. */
export const groups = {
  everyoneFixed: 'This is the built-in group of all users. It keeps its name and cannot be deleted.',
  membersOfEveryone: 'Every user is in it.',
  members: 'Members',
  name: 'Name',
  noMembers: 'Nobody is in it.',
  more: 'And %{smart_count} more.',
  scopes: 'Scopes',
  widenConfirm: 'Give to everyone',
  widenHelp:
    'Every user gets this scope at once, and so does each account token and every future user: %{scopes}. |||| Every user gets these scopes at once, and so does each account token and every future user: %{scopes}.',
  widenQuestion: 'Let every user do this?',
} as const
