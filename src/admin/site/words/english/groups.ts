/** The pages of groups. */
export const groups = {
  everyoneFixed: 'The built-in group: every user is in it. It keeps its name and cannot be deleted.',
  membersOfEveryone: 'Every user is in it.',
  members: 'Members',
  name: 'Name',
  noMembers: 'Nobody is in it.',
  more: 'And %{smart_count} more.',
  scopes: 'Scopes',
  widenConfirm: 'Give to everyone',
  widenHelp:
    'Every user gets this at once, those of tomorrow too, and each of their account tokens: %{scopes}. |||| Every user gets these at once, those of tomorrow too, and each of their account tokens: %{scopes}.',
  widenQuestion: 'Let every user do this?',
} as const
