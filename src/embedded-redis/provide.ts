import { type Stoppable, stoppable } from '../shared/lifecycle.ts';
import { checkExternalRedis } from './external.ts';
import { usePrivateServer } from './private-server.ts';
import type { Machine } from './run-quietly.ts';
import { ensureServerBinary } from './server-binary.ts';

/** A Redis that answers. `stop()` never touches an external one; a private one ends with its last user. */
export type ProvidedRedis = { url: string; kind: 'external' | 'private' } & Stoppable;

/**
 * Redis for one process: the one at `url`, or a private, durable server whose data lives in `<dataDir>/redis`.
 *
 * The private server is shared by all processes that name the same directory, and started again at the same `url` by any
 * of them when it dies. Its command comes from PATH or, unless
 * `install` is false, from the system's package manager; only that and warnings are announced, one line each.
 * `machine.env` replaces the environment in which commands are looked up and run.
 * @throws RedisUnavailableError (exit code 5) when there is no Redis to be had; UserError when `dataDir` cannot be written.
 */
export async function provideRedis(options: {
  url?: string | undefined;
  dataDir: string;
  announce: (line: string) => void;
  install?: boolean;
  machine?: Machine;
}): Promise<ProvidedRedis> {
  const { url, dataDir, announce, machine = {} } = options;
  if (url !== undefined) {
    await checkExternalRedis(url, announce);
    return stoppable({ url, kind: 'external' as const }, async () => {});
  }
  const install = options.install ?? true;
  const command = await ensureServerBinary({ dataDir, announce, install, machine });
  const server = await usePrivateServer({ command, dataDir, machine, announce });
  return stoppable({ url: server.url, kind: 'private' as const }, server.leave);
}
