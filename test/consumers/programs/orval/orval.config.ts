import { defineConfig } from 'orval'

const input = '../../../spec/openapi.json'

export default defineConfig({
  client: { input, output: { target: 'client.ts', client: 'fetch', baseUrl: { getBaseUrlFromSpecification: true } } },
  checks: { input, output: { target: 'checks.ts', client: 'zod' } },
})
