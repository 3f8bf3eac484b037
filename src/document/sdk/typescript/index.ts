// What the package offers; ./generated comes from the document.

export { type Client, type ClientOptions, createClient } from './client.js'
export * from './generated/index.js'
export { each, type ListOperation, pages, type Row } from './pages.js'
export { ProblemError } from './problem-error.js'
