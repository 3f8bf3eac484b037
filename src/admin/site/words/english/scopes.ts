/** The words of scopes. */
export const scopes = {} as const
