/**
 * What stands before every path of the service: nothing, or such as `/tokens`. Both sites are one segment below it, and their pages
 * stand in the fragment.
 */
export const BASE = location.pathname.replace(/\/[^/]*\/[^/]*$/, '')
