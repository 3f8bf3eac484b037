import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { delimiter, resolve } from 'node:path'
import { promisify } from 'node:util'

export interface Language {
  /** Debian's packages with everything that it needs. */
  packages: string
  compile: () => Promise<Command>
  /** After `compile`. */
  program: () => Promise<Command>
  readme: {
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
}

/** The first Python that has what the client imports: Debian's packages are not those of a Python of one's own. */
async function python(): Promise<string> {
  for (const file of ['python3', '/usr/bin/python3'])
    try {
      await promisify(execFile)(file, ['-c', 'import certifi, dateutil, six, urllib3'])
      return file
    } catch {}
  throw new Error('no python3 has certifi, dateutil, six and urllib3')
}
