import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/**
 * The Lua scripts of the transaction cache. Each is a file whose name says how many KEYS it takes and whose
 * header is its contract; `prelude.lua` stands in front of each. Redis holds them by their hash and ioredis sends
 * the text again after a restart, so nothing has to be loaded by hand.
 */
const files = {
  definePopulation: 'define-population-3.lua',
  reserve: 'reserve-7.lua',
  beginRepair: 'begin-repair-5.lua',
  leave: 'leave-3.lua',
  commit: 'commit-8.lua',
  fail: 'fail-8.lua',
  release: 'release-4.lua',
  reopen: 'reopen-4.lua',
  pause: 'pause-1.lua',
  resume: 'resume-1.lua',
  recordTransaction: 'record-transaction-4.lua',
  openCall: 'open-call-4.lua',
  leaveCall: 'leave-call-2.lua',
  failTransaction: 'fail-transaction-4.lua',
  importPerson: 'import-person-6.lua',
} as const;

export type ScriptName = keyof typeof files;
type Argument = string | number | Buffer;
/** Replies come as buffers: payloads are compressed bytes that must not be decoded as text. */
export type ScriptReply = readonly [code: string, ...rest: (Buffer | number | null)[]];
export type Scripts = {
  readonly [name in ScriptName]: (keys: readonly string[], args: readonly Argument[]) => Promise<ScriptReply>;
};

const defined = new WeakMap<Redis, Scripts>();

/** The scripts as functions on this connection; defines them on first use. */
export function scriptsOf(redis: Redis): Scripts {
  let scripts = defined.get(redis);
  if (scripts === undefined) {
    scripts = defineScripts(redis);
    defined.set(redis, scripts);
  }
  return scripts;
}

function defineScripts(redis: Redis): Scripts {
  const prelude = readScript('prelude.lua');
  const entries = Object.entries(files).map(([name, file]) => {
    const command = `personaFleet${name[0]?.toUpperCase()}${name.slice(1)}`;
    const numberOfKeys = Number(/-(\d+)\.lua$/.exec(file)?.[1]);
    redis.defineCommand(command, { numberOfKeys, lua: `${prelude}\n${readScript(file)}` });
    const call: (...args: unknown[]) => Promise<[Buffer, ...(Buffer | number | null)[]]> = Reflect.get(
      redis,
      `${command}Buffer`,
    ).bind(redis);
    const run = async (keys: readonly string[], args: readonly Argument[]): Promise<ScriptReply> => {
      if (keys.length !== numberOfKeys) {
        throw new RangeError(`${file} takes ${numberOfKeys} keys, got ${keys.length}`);
      }
      const [code, ...rest] = await call(...keys, ...args);
      return [code.toString(), ...rest];
    };
    return [name, run];
  });
  return Object.fromEntries(entries);
}

function readScript(file: string): string {
  return readFileSync(new URL(`./lua/${file}`, import.meta.url), 'utf8');
}

/** A reply's field as text. */
export function replyText(value: Buffer | number | null | undefined): string {
  return value === null || value === undefined ? '' : value.toString();
}

/** The error for a code that a script's header does not list: this program and the scripts are of two versions. */
export function unexpectedReply(script: ScriptName, code: string): Error {
  return new Error(`${files[script]} answered ${JSON.stringify(code)}, which this version does not know`);
}
