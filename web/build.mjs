// Builds the console for MSBuild: installs the locked packages, checks types, bundles, and leaves in obj/dist what the
// agent's assembly embeds: each file with its compressed forms, and the page with the digests of what it loads.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`web/build.mjs : error WEB0002: The web console is built with Node.js 20.19 or later; this is ${process.versions.node}. Install a later one, or build without the console: -p:WebConsole=false`)
  process.exit(1)
}

const root = dirname(fileURLToPath(import.meta.url))
const obj = join(root, 'obj')
const dist = join(obj, 'dist')
const stamp = join(obj, 'built')
const lock = join(obj, 'lock')
const lockPatience = 300_000

const files = folder => readdirSync(folder, { withFileTypes: true, recursive: true })
  .filter(entry => entry.isFile())
  .map(entry => join(entry.parentPath, entry.name))
  .sort()

const digest = (algorithm, paths, encoding) => {
  const hash = createHash(algorithm)
  for (const path of paths) hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0')
  return hash.digest(encoding)
}

const sources = () => [
  ...['build.mjs', 'index.html', 'package.json', 'package-lock.json', 'tsconfig.json', 'vite.config.ts'].map(name => join(root, name)),
  ...files(join(root, 'public')),
  ...files(join(root, 'src')),
  ...files(join(root, 'tests')),
]

const isBuilt = wanted => existsSync(stamp) && existsSync(join(dist, 'index.html')) && readFileSync(stamp, 'utf8') === wanted

// A folder is made by one process alone. One that was killed leaves it behind; after a while it is taken for that.
const take = async () => {
  mkdirSync(obj, { recursive: true })
  for (;;) {
    try {
      mkdirSync(lock)
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }

    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs
    if (made !== undefined && Date.now() - made > lockPatience) rmSync(lock, { recursive: true, force: true })
    else await pause(100)
  }
}

const run = (program, ...args) => execFileSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' })
const node = (script, ...args) => run(process.execPath, join(root, 'node_modules', script), ...args)

const installPackages = () => {
  const installed = join(root, 'node_modules', '.decloud-lock')
  const wanted = digest('sha256', [join(root, 'package-lock.json')], 'hex')
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return
  run('npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error')
  writeFileSync(installed, wanted)
}

const addIntegrity = () => {
  const page = join(dist, 'index.html')
  const html = readFileSync(page, 'utf8').replace(/(src|href)="(\/assets\/[^"]+)"/g, (whole, _, path) =>
    `${whole} integrity="sha384-${createHash('sha384').update(readFileSync(join(dist, path))).digest('base64')}"`)
  writeFileSync(page, html)
}

const compress = () => {
  for (const path of files(dist)) {
    const plain = readFileSync(path)
    writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }))
    writeFileSync(`${path}.br`, brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }))
  }
}

await take()
try {
  const wanted = digest('sha256', sources(), 'hex')
  if (isBuilt(wanted)) {
    // Touched sources with the same content: what MSBuild compares is the time.
    utimesSync(stamp, new Date(), new Date())
  } else {
    rmSync(stamp, { force: true })
    installPackages()
    node('typescript/bin/tsc', '--noEmit')
    node('vite/bin/vite.js', 'build', '--logLevel', 'warn')
    addIntegrity()
    compress()
    writeFileSync(stamp, wanted)
  }
} finally {
  rmdirSync(lock)
}
