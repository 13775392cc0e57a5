import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

export type ScriptArgument = string | number | Buffer;
/** Replies come as buffers: payloads are compressed bytes that must not be decoded as text. */
export type ScriptReply = readonly [code: string, ...rest: (Buffer | number | null)[]];
export type Script = (keys: readonly string[], args: readonly ScriptArgument[]) => Promise<ScriptReply>;

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
): (redis: Redis) => { readonly [name in Name]: Script } {
  type Scripts = { readonly [name in Name]: Script };
  const defined = new WeakMap<Redis, Scripts>();
  const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');
  return (redis) => {
    const known = defined.get(redis);
    if (known !== undefined) return known;
    const before = parts.map(read).join('\n');
    const entries = Object.entries<string>(files).map(([name, file]) => [
      name,
      defineScript(redis, file, `${before}\n${read(file)}`),
    ]);
    const scripts: Scripts = Object.fromEntries(entries);
    defined.set(redis, scripts);
    return scripts;
  };
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
