/** The words of groups. */
export const groups = {} as const
