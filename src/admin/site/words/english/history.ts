/** The words of history. */
export const history = {} as const
