import { readFileSync } from 'node:fs';
import { UserError } from './errors.ts';

/**
 * Secrets by file: `OPENAI_API_KEY_FILE=/run/secrets/key` is `OPENAI_API_KEY` with that file's content.
 *
 * Docker, Kubernetes and systemd hand secrets over as files; an environment is seen by whoever may inspect the process
 * or the container, and is inherited by every child. The names are those that may hold a secret.
 */
export const SETTINGS_BY_FILE = [
  'REDIS_URL',
  'OPENAI_API_KEY',
  'PERSONA_FLEET_HEADERS',
  'PERSONA_FLEET_SERVE_TOKEN',
] as const;

type Environment = Readonly<Record<string, string | undefined>>;

const fileNameOf = (setting: string) => `${setting}_FILE`;
const isGiven = (value: string | undefined): value is string => value !== undefined && value.trim() !== '';

/**
 * The environment with the secrets in the place of the names of their files: what `loadConfig` is to be given.
 *
 * One line break at a file's end is not part of the secret. An empty file counts as unset, as an empty variable does:
 * compose files write `/dev/null` for a secret that is not there. Throws one UserError that lists every fault: a file that
 * cannot be read, a setting given both ways. It names variables and files, never what they hold.
 */
export function readSecretFiles(
  env: Environment,
  read: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): Environment {
  const settings = { ...env };
  const faults: string[] = [];
  for (const setting of SETTINGS_BY_FILE) {
    const name = fileNameOf(setting);
    const path = env[name];
    delete settings[name];
    if (!isGiven(path)) continue;
    try {
      const secret = read(path).replace(/\r?\n$/, '');
      if (!isGiven(secret)) continue;
      if (isGiven(env[setting])) faults.push(`${setting} and ${name} are both given: leave one of them out`);
      settings[setting] = secret;
    } catch (error) {
      faults.push(`${name}: cannot read ${path}: ${whyUnreadable(error)}`);
    }
  }
  if (faults.length === 0) return settings;
  const number = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  throw new UserError(`the environment has ${number}:\n  ${faults.join('\n  ')}`);
}

/**
 * The environment of a process that is told some settings otherwise: one that is replaced is not read from a file either.
 * The other secrets stay files, so that they are in no further process' environment.
 */
export function replaceSettings(env: Environment, settings: Environment): Environment {
  const replaced = new Set(Object.keys(settings).map(fileNameOf));
  const kept = Object.entries(env).filter(([name]) => !replaced.has(name));
  return { ...Object.fromEntries(kept), ...settings };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a directory, expected a file',
  EACCES: 'permission denied; the user that this process runs as must be able to read it',
  EPERM: 'permission denied; the user that this process runs as must be able to read it',
};

function whyUnreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return reasons[code ?? ''] ?? code ?? 'it cannot be read';
}
