import { provideRedis } from '../embedded-redis/provide.ts';
import { type Config, loadConfig } from '../shared/config.ts';
import { createKeys, type Keys } from '../shared/keys.ts';
import { type ConnectionPurpose, connectRedis, type Redis } from '../shared/redis.ts';
import { readSecretFiles, replaceSettings } from '../shared/secret-files.ts';

/** What a command is given instead of reaching for the process: `cli.ts` alone touches the real ones. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborts on the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** This program's own file, to start workers with. */
  readonly program: string;
  /**
   * The channel to the process that started this one; undefined when a person or a service manager did. `onGone` calls also when it
   * is gone already, in the order of asking.
   */
  readonly parent: { send(message: object): void; onGone(listener: () => void): void } | undefined;
}

/** The configuration of a command: its environment, secrets read from their files, and the options that replace settings. */
export function configOf(context: CommandContext, overrides: Record<string, unknown> = {}): Config {
  const given = Object.entries(overrides).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return loadConfig(readSecretFiles(replaceSettings(context.env, Object.fromEntries(given))));
}

/** One line to the person, beside the results on stdout. */
export function say(context: CommandContext, line: string): void {
  context.stderr.write(`${line}\n`);
}

/** A patient connection waits in silence: says once for each outage that it does, and when it is over. */
function sayOutages(context: CommandContext, redis: Redis): () => void {
  let lost = false;
  const onClose = () => {
    if (!lost) say(context, 'the connection to Redis is lost; waiting for it to come back');
    lost = true;
  };
  const onReady = () => {
    if (lost) say(context, 'Redis is back');
    lost = false;
  };
  redis.on('close', onClose);
  redis.on('ready', onReady);
  return () => {
    redis.off('close', onClose);
    redis.off('ready', onReady);
  };
}

export interface RedisAccess extends AsyncDisposable {
  readonly redis: Redis;
  readonly redisUrl: string;
  readonly keys: Keys;
  /** One line to the person, or to nobody where the command was told so. */
  readonly announce: (line: string) => void;
}

/**
 * Redis for a command: the configured one or the private one, with a connection. Disposing gives both back. `announce` hears of
 * what is to be known beforehand: that a server is installed, warnings about one that was found.
 */
export async function openRedis(
  context: CommandContext,
  config: Config,
  purpose: ConnectionPurpose,
  announce: (line: string) => void = (line) => say(context, line),
): Promise<RedisAccess> {
  const provided = await provideRedis({
    url: config.REDIS_URL,
    dataDir: config.PERSONA_FLEET_DATA_DIR,
    announce,
  });
  try {
    const redis = await connectRedis(provided.url, purpose);
    const sayNoMore = purpose === 'patient' ? sayOutages(context, redis) : () => {};
    return {
      redis,
      redisUrl: provided.url,
      keys: createKeys(config.PERSONA_FLEET_PREFIX),
      announce,
      async [Symbol.asyncDispose]() {
        sayNoMore();
        redis.disconnect();
        await provided.stop();
      },
    };
  } catch (error) {
    await provided.stop();
    throw error;
  }
}
