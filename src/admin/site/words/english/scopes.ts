/** The pages of scopes, and their checkboxes. */
export const scopes = {
  builtIn: 'Built in',
  description: 'Description',
  for: 'For',
  forOthers: 'For other services',
  groupHelp: 'What its members may do, besides what everyone may do.',
  groups: 'Groups that have it',
  more: 'And %{smart_count} more.',
  name: 'Name',
  noneWorks: 'None that works.',
  otherServices: 'other services',
  otherServicesAsk: 'other services: a proxy asks GET /api/checks/%{name}',
  scopes: 'Scopes',
  superusers: 'Superusers have every scope.',
  superusersAlone: 'Superusers have every scope. No group has this one.',
  thisService: 'this service',
  tokens: 'Personal tokens that have it',
} as const
