/** The words of users. */
export const users = {} as const
