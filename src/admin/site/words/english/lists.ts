/** The words of lists. */
export const lists = {} as const
