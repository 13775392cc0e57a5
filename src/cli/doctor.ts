import { type Check, examine, exitCodeOf, fault, ok, skipped } from '../doctor/check.ts';
import { checkClock } from '../doctor/machine/clock.ts';
import { examineMachine } from '../doctor/machine/examine-machine.ts';
import { readMachineFacts } from '../doctor/machine/machine-facts.ts';
import { examineModel } from '../doctor/model/examine-model.ts';
import { examineRedis } from '../doctor/redis/examine-redis.ts';
import type { Config } from '../shared/config.ts';
import { ExitCode, UserError } from '../shared/errors.ts';
import { unlessAborted } from '../shared/lifecycle.ts';
import { maskPassword } from '../shared/redis-address.ts';
import { withoutSecrets } from '../shared/telemetry/logger.ts';
import { type CommandContext, configOf, openRedis, type RedisAccess, say } from './context.ts';
import { describeCheck, describeChecks } from './describe-checks.ts';

/**
 * Looks at everything that a fleet stands on, and says what to mend. Each look is bounded in time, and none keeps another from being
 * made. 0 when nothing must be mended; 5 when Redis is away, 4 when the key or the quota is refused, 2 for anything else.
 */
export async function doctor(
  options: { modelCall: boolean; json?: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context);
  const { signal } = context;
  const checks: Check[] = [];
  const report = (found: readonly Check[]) => {
    if (signal.aborted) return;
    for (const check of found.map(cleaned)) {
      checks.push(check);
      if (!options.json) context.stdout.write(describeCheck(check));
    }
  };
  const announce = (line: string) => {
    if (!signal.aborted) say(context, line);
  };

  report(await examineMachine(readMachineFacts(), config, signal));
  report(await examineRedisOf(config, context));
  report(await examineModel({ config, call: options.modelCall, announce, signal }));

  if (signal.aborted) return ExitCode.interrupted;
  const exitCode = exitCodeOf(checks);
  context.stdout.write(
    options.json ? `${JSON.stringify({ checks, exitCode })}\n` : `\n${describeChecks(checks)}`,
  );
  return exitCode;
}

/** The configured Redis, or the private one, which is started for this as for any other command. */
async function examineRedisOf(config: Config, context: CommandContext): Promise<Check[]> {
  const { signal } = context;
  const isOwn = config.REDIS_URL === undefined;
  // What is amiss with somebody else's server is a check of its own.
  const announce = (line: string) => {
    if (isOwn) say(context, line);
  };
  let opened: RedisAccess | undefined;
  try {
    const opening = openRedis(context, config, 'fail-fast', announce);
    // A private server that is being started has to be given back; a connection to another one ends with this process.
    opened = isOwn ? await opening : await unlessAborted(opening, signal);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message, exitCode } = error;
    return [
      { name: 'redis', ...fault(message, 'nothing works without it', exitCode) },
      { name: 'clock', ...skipped("there is no Redis to compare this machine's with") },
    ];
  }
  if (opened === undefined) return [];
  await using access = opened;
  const { redis, redisUrl, keys } = access;
  const where = isOwn ? `a private server in ${config.PERSONA_FLEET_DATA_DIR}` : maskPassword(redisUrl);
  return [
    { name: 'redis', ...ok(where) },
    ...(await examineRedis(redis, keys, signal)),
    await examine('clock', () => checkClock(() => redis.time()), { signal }),
  ];
}

/** Whatever an error quotes. */
function cleaned(check: Check): Check {
  const { found, advice } = check;
  return {
    ...check,
    found: withoutSecrets(found),
    ...(advice === undefined ? {} : { advice: withoutSecrets(advice) }),
  };
}
