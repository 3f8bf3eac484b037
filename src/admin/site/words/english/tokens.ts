/** The pages of tokens. */
export const tokens = {
  revoke: 'Revoke',
  revokeSeveral: 'Revoke these tokens?',
  revokeSeveralHelp: 'They stop working at once and for ever. Their records stay.',
  revokedSeveral: 'The token is revoked. |||| The %{smart_count} tokens are revoked.',
} as const
