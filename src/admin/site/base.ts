/**
 * The prefix of every path of the service: nothing, or one such as `/tokens`. Both sites are one segment below it, and their
 * pages are in the fragment.
 */
export const BASE = location.pathname.replace(/\/[^/]*\/[^/]*$/, '')
