import type { Redis } from 'ioredis';

/** What INFO says, field by field. */
export type RedisInfo = ReadonlyMap<string, string>;

/** undefined: the server refuses to say (managed ones, or an ACL). Any other failure is the caller's. */
export async function readInfo(redis: Pick<Redis, 'info'>): Promise<RedisInfo | undefined> {
  const text = await unlessRefused(redis.info());
  return text === undefined ? undefined : parseInfo(text);
}

export function parseInfo(text: string): RedisInfo {
  const fields = [...text.matchAll(/^([A-Za-z][\w-]*):(.*?)\r?$/gm)];
  return new Map(fields.map(([, name = '', value = '']) => [name, value.trim()]));
}

/** One setting; undefined where CONFIG is refused, as managed servers do. */
export async function readSetting(redis: Pick<Redis, 'config'>, name: string): Promise<string | undefined> {
  const reply: unknown = await unlessRefused(redis.config('GET', name));
  return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined;
}

/** A whole number of INFO; undefined where it is not said. */
export function numberIn(info: RedisInfo, name: string): number | undefined {
  const text = info.get(name) ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** undefined for a command that the server answers with an error; a connection that is lost is no refusal. */
export async function unlessRefused<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return undefined;
    throw error;
  }
}
