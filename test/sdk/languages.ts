import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { delimiter, resolve } from 'node:path'
import { promisify } from 'node:util'

export interface Language {
  /** Debian's packages with everything that it needs. */
  packages: string
  compile: () => Promise<Command>
  /** After `compile`. */
  program: () => Promise<Command>
  readme: {
    /** Of the block in docs/clients.md, where it is not the language's own name. */
    fence?: string
    file: string
    /** Makes a program of the lines of docs/clients.md. */
    whole: (lines: string) => string
    run: (file: string) => Promise<Command>
  }
}

export interface Command {
  file: string
  options: string[]
  environment?: Record<string, string>
}

const execute = promisify(execFile)

const JAR = 'node_modules/@openapitools/openapi-generator-cli/bin/openapi-generator.jar'
// Debian has no Jackson module for java.time, so Jackson is taken from the generator's own jar.
const JAVA_LIBRARIES = [JAR, '/usr/share/java/geronimo-annotation-1.3-spec.jar']
const JAVA_CLASSES = ['build/sdk/java/classes', ...JAVA_LIBRARIES].join(delimiter)
const PYTHON_ENVIRONMENT = { PYTHONPATH: 'build/sdk/python', PYTHONDONTWRITEBYTECODE: '1' }
const GO_ENVIRONMENT = {
  GO111MODULE: 'off',
  GOFLAGS: '',
  GOPATH: [resolve('build/sdk/go-path'), '/usr/share/gocode'].join(delimiter),
}
const PHP_OPTIONS = ['-d', 'error_reporting=-1', '-d', 'display_errors=stderr']
const NEWTONSOFT = '/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll'
const TYPESCRIPT_FETCH = 'build/sdk/typescript-fetch-program'

export const LANGUAGES: Record<string, Language> = {
  python: {
    packages: 'python3 python3-urllib3 python3-dateutil python3-six python3-certifi',
    compile: async () => ({
      file: await python(),
      options: ['-m', 'compileall', '-q', 'build/sdk/python'],
    }),
    program: async () => ({
      file: await python(),
      options: ['test/sdk/python/main.py'],
      environment: PYTHON_ENVIRONMENT,
    }),
    readme: {
      file: 'build/sdk/readme.py',
      whole: (lines) => lines,
      run: async (file) => ({ file: await python(), options: [file], environment: PYTHON_ENVIRONMENT }),
    },
  },
  java: {
    packages: 'default-jdk-headless libgeronimo-annotation-1.3-spec-java',
    compile: async () => {
      const missing = JAVA_LIBRARIES.find((library) => !existsSync(library))
      if (missing) throw new Error(`there is no ${missing}`)
      const sources = ['-sourcepath', 'build/sdk/java/src/main/java', 'test/sdk/java/Main.java']
      return {
        file: 'javac',
        options: [
          '-encoding',
          'UTF-8',
          '-nowarn',
          '-proc:none',
          '-d',
          'build/sdk/java/classes',
          '-cp',
          JAVA_LIBRARIES.join(delimiter),
          ...sources,
        ],
      }
    },
    program: async () => ({
      file: 'java',
      options: ['-cp', JAVA_CLASSES, 'Main'],
    }),
    readme: {
      file: 'build/sdk/Readme.java',
      whole: (lines) => `import latchkey.*; import latchkey.api.*; import latchkey.model.*;
        class Readme { public static void main(String[] none) throws Exception { ${lines} } }`,
      run: async (file) => ({ file: 'java', options: ['-cp', JAVA_CLASSES, file] }),
    },
  },
  go: {
    packages: 'golang-go golang-golang-x-oauth2-dev',
    compile: async () => {
      // Without a module, because then Debian's package of golang.org/x/oauth2 serves and nothing is downloaded.
      await rm('build/sdk/go-path', { recursive: true, force: true })
      await mkdir('build/sdk/go-path/src', { recursive: true })
      await symlink(resolve('build/sdk/go'), 'build/sdk/go-path/src/latchkey')
      return {
        file: 'go',
        options: ['build', '-o', 'build/sdk/go-program', './test/sdk/go/main.go'],
        environment: GO_ENVIRONMENT,
      }
    },
    program: async () => ({ file: 'build/sdk/go-program', options: [] }),
    readme: {
      file: 'build/sdk/readme.go',
      whole: (lines) => `package main
        import ("context"; "fmt"; "latchkey")
        func main() { ${lines} }`,
      run: async (file) => ({ file: 'go', options: ['run', file], environment: GO_ENVIRONMENT }),
    },
  },
  php: {
    packages: 'php-cli php-curl php-mbstring php-guzzlehttp-guzzle',
    compile: async () => ({ file: 'php', options: [...PHP_OPTIONS, 'test/sdk/php/load.php'] }),
    program: async () => ({ file: 'php', options: [...PHP_OPTIONS, 'test/sdk/php/main.php'] }),
    readme: {
      file: 'build/sdk/readme.php',
      whole: (lines) => `<?php require '${resolve('test/sdk/php/autoload.php')}'; ?>\n<?php\n${lines}`,
      run: async (file) => ({ file: 'php', options: [...PHP_OPTIONS, file] }),
    },
  },
  ruby: {
    packages: 'ruby ruby-typhoeus',
    compile: async () => ({ file: 'ruby', options: ['-Ibuild/sdk/ruby/lib', '-e', "require 'latchkey_client'"] }),
    program: async () => ({ file: 'ruby', options: ['-Ibuild/sdk/ruby/lib', 'test/sdk/ruby/main.rb'] }),
    readme: {
      file: 'build/sdk/readme.rb',
      whole: (lines) => lines,
      run: async (file) => ({ file: 'ruby', options: ['-Ibuild/sdk/ruby/lib', file] }),
    },
  },
  csharp: {
    packages:
      'mono-mcs libmono-system-net-http4.0-cil libmono-system-runtime-serialization4.0-cil libnewtonsoft-json5.0-cil',
    compile: async () => csharpCompiler('test/sdk/csharp/Main.cs', 'build/sdk/csharp-program.exe'),
    program: async () => ({ file: 'mono', options: ['build/sdk/csharp-program.exe'] }),
    readme: {
      file: 'build/sdk/readme.cs',
      whole: (lines) => `using System; using System.Collections.Generic; using Newtonsoft.Json;
        using Latchkey.Api; using Latchkey.Client; using Latchkey.Model;
        class Readme { static void Main() { ${lines} } }`,
      run: async (source) => {
        const { file, options } = csharpCompiler(source, 'build/sdk/readme.exe')
        await execute(file, options)
        return { file: 'mono', options: ['build/sdk/readme.exe'] }
      },
    },
  },
  'typescript-fetch': {
    packages: 'default-jre-headless',
    compile: async () => {
      await mkdir(TYPESCRIPT_FETCH, { recursive: true })
      await writeFile(`${TYPESCRIPT_FETCH}/package.json`, '{ "type": "commonjs" }')
      return typescriptCompiler('test/sdk/typescript-fetch/main.ts')
    },
    program: async () => ({
      file: process.execPath,
      options: [`${TYPESCRIPT_FETCH}/test/sdk/typescript-fetch/main.js`],
    }),
    readme: {
      fence: 'typescript',
      file: 'build/sdk/readme-fetch.ts',
      whole: (lines) => lines,
      run: async (source) => {
        const { file, options } = typescriptCompiler(source)
        await execute(file, options)
        return { file: process.execPath, options: [`${TYPESCRIPT_FETCH}/build/sdk/readme-fetch.js`] }
      },
    },
  },
}

/** The first Python that has what the client imports: Debian's packages are not those of a Python of one's own. */
async function python(): Promise<string> {
  for (const file of ['python3', '/usr/bin/python3'])
    try {
      await execute(file, ['-c', 'import certifi, dateutil, six, urllib3'])
      return file
    } catch {}
  throw new Error('no python3 has certifi, dateutil, six and urllib3')
}

function csharpCompiler(source: string, program: string): Command {
  const libraries = [NEWTONSOFT, 'System.Net.Http', 'System.Runtime.Serialization'].map((library) => `-r:${library}`)
  return { file: 'mcs', options: [`-out:${program}`, ...libraries, '-recurse:build/sdk/csharp/src/*.cs', source] }
}

function typescriptCompiler(source: string): Command {
  const settings =
    '--strict --target ES2022 --lib ES2022,DOM --module CommonJS --moduleResolution node10 --types node --skipLibCheck --rootDir .'
  return {
    file: process.execPath,
    options: ['node_modules/typescript/bin/tsc', ...settings.split(' '), '--outDir', TYPESCRIPT_FETCH, source],
  }
}
