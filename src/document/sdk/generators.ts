import type { Additions } from './prepared.js'

/** How OpenAPI Generator is called for a language, where its own defaults do not make a client that works. */
export interface Generator {
  /** The package of node_modules whose jar runs. */
  from: string
  /** What the jar calls this generator. */
  generator: string
  properties: Record<string, string>
  /** Options of the command. */
  options: string[]
  /** To the document that it reads. */
  additions: Additions
  /** What it would write and nobody needs. */
  unused: string[]
  /** Texts that are replaced in what was written. */
  replacements: Record<string, string>
}

/** @param version that the packages get */
export function generators(version: string): Record<string, Partial<Generator>> {
  return {
    python: {
      properties: { packageName: 'latchkey_client', projectName: 'latchkey-client', packageVersion: version },
    },
    java: {
      properties: {
        library: 'native',
        dateLibrary: 'java8',
        openApiNullable: 'false',
        groupId: 'latchkey',
        artifactId: 'latchkey-client',
        artifactVersion: version,
        invokerPackage: 'latchkey',
        apiPackage: 'latchkey.api',
        modelPackage: 'latchkey.model',
      },
      // A builder beside the twelve positions of a list's parameters.
      additions: { extensions: { 'x-group-parameters': true } },
      // It reads every success as JSON, text too.
      replacements: {
        'memberVarObjectMapper.readValue(localVarResponse.body(), new TypeReference<String>() {})':
          'new String(localVarResponse.body().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)',
      },
    },
    // The generator `go` of 5.0.0-beta2 forgets every model; `go-experimental` of 4.3.1 is what became `go` in 5.
    go: {
      from: 'openapi-generator-4',
      generator: 'go-experimental',
      properties: { packageName: 'latchkey', packageVersion: version, enumClassPrefix: 'true' },
      replacements: {
        // Without it no problem document is JSON, so none would be read.
        '(?:vnd\\.[^;]+\\+)?json': '(?:[^;]+\\+)?json',
        'module github.com/GIT_USER_ID/GIT_REPO_ID': 'module latchkey',
      },
    },
    php: {
      properties: { invokerPackage: 'Latchkey', artifactVersion: version },
      // It writes for Guzzle 6, which gets no fixes any more. The name `build_query` went with what Guzzle 7 needs. PHP 8.1 complains
      // about methods of ArrayAccess without the types of their results; PHP 7 reads the attribute as a comment.
      replacements: {
        ...Object.fromEntries(
          ['offsetExists', 'offsetGet', 'offsetSet', 'offsetUnset'].map((name) => [
            `public function ${name}(`,
            `#[\\ReturnTypeWillChange]\n    public function ${name}(`,
          ]),
        ),
        '\\GuzzleHttp\\Psr7\\build_query(': '\\GuzzleHttp\\Psr7\\Query::build(',
        '"guzzlehttp/guzzle": "^6.2"': '"guzzlehttp/guzzle": "^7.4.5"',
        '"license": "unlicense"': '"license": "MIT"',
        'GIT_USER_ID/GIT_REPO_ID"': 'latchkey/client"',
      },
    },
    ruby: {
      properties: { gemName: 'latchkey_client', moduleName: 'Latchkey', gemVersion: version, gemLicense: 'MIT' },
    },
    // Its own way to send requests needs RestSharp and Polly, in versions that are no longer maintained, and it leaves out what is
    // `false` or 0. The templates here use the HttpClient that .NET brings along.
    csharp: {
      generator: 'csharp-netcore',
      properties: { packageName: 'Latchkey', packageVersion: version, useDateTimeOffset: 'true', validatable: 'false' },
      additions: { enumNames: 'PascalCase' },
      options: ['--template-dir', 'src/document/sdk/csharp'],
      replacements: {
        // Of a parameter that is an enumeration it sends the name, not the value.
        'return Convert.ToString(obj, CultureInfo.InvariantCulture);':
          "if (obj is Enum) return Newtonsoft.Json.JsonConvert.SerializeObject(obj).Trim('\"');\n            return Convert.ToString(obj, CultureInfo.InvariantCulture);",
      },
      unused: ['README.md', 'src/Latchkey/Client/RetryConfiguration.cs', 'src/Latchkey.Test/**'],
    },
    // Without the property it does not compile with the TypeScript of today; without the replacement it runs in browsers alone.
    'typescript-fetch': {
      properties: { typescriptThreePlus: 'true' },
      additions: { enumNames: 'PascalCase' },
      replacements: { 'window.fetch.bind(window)': 'fetch.bind(globalThis)' },
    },
  }
}
