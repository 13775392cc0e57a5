import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from './redis.ts';

export type ScriptArgument = string | number | Buffer;
/** Replies come as buffers: payloads are compressed bytes that must not be decoded as text. */
export type ScriptReply = readonly [code: string, ...rest: (Buffer | number | null)[]];
export type Script = (keys: readonly string[], args: readonly ScriptArgument[]) => Promise<ScriptReply>;

export interface LuaScripts<Name extends string> {
  (redis: Redis): { readonly [name in Name]: Script };
  /** What the scripts are called here, by the hash that Redis knows them by. */
  namesByHash(): ReadonlyMap<string, string>;
}

/**
 * Lua scripts as functions. Each is a file whose name says how many KEYS it takes and whose header is its contract; the
 * `parts`, files of the same folder, stand in front of each. Redis holds them by their hash and ioredis sends the text again
 * after a restart, so nothing has to be loaded by hand.
 *
 * Returns a function that gives the scripts on a connection and defines them there on first use.
 */
export function luaScripts<Name extends string>(
  folder: URL,
  files: Readonly<Record<Name, string>>,
  parts: readonly string[] = ['prelude.lua'],
): LuaScripts<Name> {
  type Scripts = { readonly [name in Name]: Script };
  const defined = new WeakMap<Redis, Scripts>();
  const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');
  let texts: { name: string; file: string; lua: string }[] | undefined;
  const load = () => {
    const before = parts.map(read).join('\n');
    const entries = Object.entries<string>(files);
    return entries.map(([name, file]) => ({ name, file, lua: `${before}\n${read(file)}` }));
  };
  const on = (redis: Redis) => {
    const known = defined.get(redis);
    if (known !== undefined) return known;
    texts ??= load();
    const entries = texts.map(({ name, file, lua }) => [name, defineScript(redis, file, lua)]);
    const scripts: Scripts = Object.fromEntries(entries);
    defined.set(redis, scripts);
    return scripts;
  };
  const namesByHash = () => {
    texts ??= load();
    return new Map(texts.map(({ name, lua }) => [createHash('sha1').update(lua).digest('hex'), name]));
  };
  return Object.assign(on, { namesByHash });
}

function defineScript(redis: Redis, file: string, lua: string): Script {
  // By its text: folders may well have scripts of the same name, and a connection has one set of commands.
  const command = `personaFleet${createHash('sha256').update(lua).digest('hex').slice(0, 16)}`;
  const numberOfKeys = Number(/-(\d+)\.lua$/.exec(file)?.[1]);
  redis.defineCommand(command, { numberOfKeys, lua });
  const call: (...args: unknown[]) => Promise<[Buffer, ...(Buffer | number | null)[]]> = Reflect.get(
    redis,
    `${command}Buffer`,
  ).bind(redis);
  return async (keys, args) => {
    if (keys.length !== numberOfKeys) {
      throw new RangeError(`${file} takes ${numberOfKeys} keys, got ${keys.length}`);
    }
    const [code, ...rest] = await call(...keys, ...args);
    return [code.toString(), ...rest];
  };
}

/** A reply's field as text. */
export function replyText(value: Buffer | number | null | undefined): string {
  return value === null || value === undefined ? '' : value.toString();
}
