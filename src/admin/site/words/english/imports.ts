/** The words of imports. */
export const imports = {} as const
