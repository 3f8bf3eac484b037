/** The words of home. */
export const home = {} as const
