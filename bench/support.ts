import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideRedis } from '../src/embedded-redis/provide.ts';
import { connectRedis, type Redis } from '../src/shared/redis.ts';

/** A private Redis in a folder of its own, removed afterwards, and a connection to it. */
export async function benchRedis() {
  const dataDir = await mkdtemp(join(tmpdir(), 'persona-fleet-bench-'));
  const provided = await provideRedis({ dataDir, announce: (line) => console.error(line) });
  const redis = await connectRedis(provided.url, 'patient');
  return {
    redis,
    redisUrl: provided.url,
    dataDir,
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      await provided.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Bytes that Redis holds, its own overhead included. */
export async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

/** `--name value` from the command line, as a number. */
export function numberOption(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  if (at < 0) return fallback;
  const value = Number(process.argv[at + 1]);
  if (!Number.isInteger(value) || value < 1) {
    console.error(`--${name}: expected a whole number, 1 or more, got ${process.argv[at + 1]}`);
    process.exit(2);
  }
  return value;
}

export function spread(values: readonly number[]): { min: number; median: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { min: at(0), median, max: at(sorted.length - 1) };
}

/** `--name value` from the command line, one of the choices; the first where it is absent. */
export function choiceOption(name: string, choices: readonly string[]): string {
  const at = process.argv.indexOf(`--${name}`);
  if (at < 0) return choices[0] ?? '';
  const value = process.argv[at + 1] ?? '';
  if (!choices.includes(value)) {
    console.error(`--${name}: expected one of ${choices.join(', ')}, got ${JSON.stringify(value)}`);
    process.exit(2);
  }
  return value;
}

/** `--name 1,2,4` from the command line, as whole numbers of 1 or more. */
export function numbersOption(name: string, fallback: readonly number[]): readonly number[] {
  const at = process.argv.indexOf(`--${name}`);
  if (at < 0) return fallback;
  const text = process.argv[at + 1] ?? '';
  if (!/^[1-9]\d{0,5}(,[1-9]\d{0,5})*$/.test(text)) {
    console.error(`--${name}: expected whole numbers, 1 or more, with a comma between them, got ${text}`);
    process.exit(2);
  }
  return text.split(',').map(Number);
}
