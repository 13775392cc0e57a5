import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withInstallLock } from './install-lock.mjs';

/**
 * Brings node_modules to what package-lock.json says. When it is there already, whoever installed it, this reads two
 * files and says nothing; else it says one line and runs npm, whose output appears only when it fails.
 *
 * Safe to run at the same time as itself: one installs, the others wait.
 * @returns {Promise<boolean>} whether the dependencies are there
 */
export async function ensureDependencies(root, announce) {
  if (isInstalled(root)) return true;
  return withInstallLock(path.join(root, '.persona-fleet'), announce, async () => {
    if (isInstalled(root)) return true;
    announce('installing dependencies with npm ci (first run, or the lockfile has changed)');
    const { code, output } = await npmCi(root);
    if (code !== 0) {
      announce(`npm ci failed:\n${gist(output)}`);
      return false;
    }
    writeStamp(root);
    return true;
  });
}

function isInstalled(root) {
  const installed = installedLockfile(root);
  if (!existsSync(installed)) return false;
  if (readOrEmpty(stampFile(root)) === stampOf(root)) return true;
  const wanted = packagesIn(path.join(root, 'package-lock.json'));
  if (!isSameTree(wanted, packagesIn(installed))) return false;
  writeStamp(root);
  return true;
}

/**
 * Whether npm's record of what it installed (written last, so complete) is what the lockfile asks for here: nothing
 * else, and all of it but the optional packages of other platforms.
 */
export function isSameTree(wanted, installed, platform = process) {
  const isLocked = Object.entries(installed).every(
    ([where, { version, integrity }]) =>
      wanted[where]?.version === version && wanted[where].integrity === integrity,
  );
  return (
    isLocked &&
    Object.entries(wanted).every(
      ([where, entry]) => where === '' || where in installed || !isNeeded(entry, platform),
    )
  );
}

/** Optional packages may be absent, except those made for this platform: the locked Node and the linter are such. */
function isNeeded({ optional, os, cpu, libc }, platform) {
  if (!optional) return true;
  if (os === undefined || cpu === undefined || libc !== undefined) return false;
  return [os].flat().includes(platform.platform) && [cpu].flat().includes(platform.arch);
}

/** Stands for: this lockfile, installed as this tree, for this platform. Spares later runs the comparison. */
function stampOf(root) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  for (const file of [path.join(root, 'package-lock.json'), installedLockfile(root)]) {
    hash.update(createHash('sha256').update(readOrEmpty(file)).digest());
  }
  return hash.digest('hex');
}

function writeStamp(root) {
  try {
    mkdirSync(path.dirname(stampFile(root)), { recursive: true });
    writeFileSync(stampFile(root), stampOf(root));
  } catch {
    // A read-only checkout: the comparison runs again next time.
  }
}

const stampFile = (root) => path.join(root, 'node_modules', '.persona-fleet-stamp');
const installedLockfile = (root) => path.join(root, 'node_modules', '.package-lock.json');

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

function readOrEmpty(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function npmCi(root) {
  // The flags undo settings that would leave out what the tasks need (NODE_ENV=production, omit=optional) or refuse
  // the machine's own older Node, which only installs.
  const flags = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--include=dev',
    '--include=optional',
    '--engine-strict=false',
  ];
  const [command, ...args] = [...npmCommand(), 'ci', ...flags];
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: command === 'npm' && process.platform === 'win32',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.once('error', (error) => resolve({ code: 1, output: `${command}: ${error.message}` }));
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** What npm complains of, without its warnings (about the machine's older Node, mostly) and its usage text. */
function gist(output) {
  const lines = output.trimEnd().split('\n');
  return lines
    .filter((line) => !line.startsWith('npm warn'))
    .slice(0, 20)
    .join('\n');
}

/** The npm that called us, on the Node that runs it; started by hand, the one on PATH. */
function npmCommand() {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  return cli !== undefined && path.basename(cli) === 'npm-cli.js' && existsSync(cli)
    ? [node ?? process.execPath, cli]
    : ['npm'];
}
