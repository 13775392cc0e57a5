import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { followPeople } from '../producer/export/follow-people.ts';
import { systemClocks } from '../producer/export/lease.ts';
import { openOutboxFile } from '../producer/export/outbox-file.ts';
import { prunePeople } from '../producer/export/prune-people.ts';
import { isAtRest } from '../producer/follow.ts';
import { openProducerSession, type ProducerSession } from '../producer/session.ts';
import { ExitCode, UserError } from '../shared/errors.ts';
import { delay } from '../shared/lifecycle.ts';
import { isImport } from '../shared/transactions/imports.ts';
import { createOutbox } from '../shared/transactions/outbox.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';
import { assertNonePruned } from '../shared/transactions/pruned-people.ts';
import { createStoredResults } from '../shared/transactions/stored-results.ts';
import { type CommandContext, configOf, openRedis, type RedisAccess, say } from './context.ts';
import { count, counted } from './count.ts';
import { exitCodeOf } from './describe-status.ts';
import type { ExportOptions } from './export.ts';
import { findPopulation } from './find-population.ts';
import { lastLook } from './last-look.ts';
import { describeNoWorkers } from './local-parts.ts';
import { createProgressDisplay } from './progress-display.ts';
import { watchFleet } from './watch-fleet.ts';

const PASS_EVERY_MS = 1_000;
/** How long a process that was killed keeps others from going on. */
const LEASE_MS = 10_000;

/** When a pass is the last one, and when the next one is due. */
interface Rhythm {
  readonly isLast: () => boolean;
  readonly untilNext: () => Promise<void>;
}

/**
 * Writes the people of one population as they are committed, until it is at rest; the exit code is that of its end, as with
 * `watch`. With `prune` each leaves Redis for the file; see `prunePeople`. Without `follow` it is one pass over what is there.
 */
export async function exportFollowing(
  prefix: string | undefined,
  options: ExportOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const out = outOf(options);
  const config = configOf(context);
  await using access = await openRedis(context, config, 'patient');
  const { redis, keys } = access;
  const { simulation: named, follow } = options;
  const found = await findPopulation(redis, keys, { prefix, simulation: named });
  const { simulation, population } = found;
  if (isImport(found)) {
    throw new UserError(
      `population ${population} holds imported people, all of them there, whom later imports are compared with: write them with \`persona-fleet export\` alone`,
    );
  }
  if (!options.prune) assertNonePruned(found);
  await using session = openProducerSession({ ...access, config, simulation });
  const write = (rhythm: Rhythm) =>
    writePeople(found, { ...options, out }, { access, context, session, rhythm });
  const { people, last } = follow
    ? await untilRest(found, { session, context, write })
    : { ...(await write({ isLast: () => true, untilNext: async () => {} })), last: found };

  const [status = last] = context.signal.aborted ? [] : await lastLook(session, [last]);
  if (options.json) {
    const { state, size, committed, failed, pruned } = status;
    const facts = { simulation, population, state, size, committed, failed, people, pruned, out };
    // Stdout is the people's when they go there.
    (out === '-' ? context.stderr : context.stdout).write(`${JSON.stringify(facts)}\n`);
  } else {
    say(
      context,
      `${counted(people, 'person', 'people')} written to ${out === '-' ? 'stdout' : out}${prunedText(status)}`,
    );
  }
  if (context.signal.aborted) return ExitCode.interrupted;
  return follow ? exitCodeOf(status) : ExitCode.ok;
}

function outOf({ format, out = '-', prune }: ExportOptions): string {
  const option = prune ? '--prune' : '--follow';
  if (format !== 'jsonl') throw new UserError(`${option} writes JSON lines: leave out --format ${format}`);
  if (prune && out === '-') {
    throw new UserError(
      '--prune takes people out of Redis once they are safely in a file: expected --out <file>, got stdout',
    );
  }
  return out;
}

function prunedText({ committed, pruned, prunedTo }: PopulationStatus): string {
  if (prunedTo === undefined) return '';
  return `; it has ${count(pruned)} of the ${count(committed)} people now, who are no longer in Redis`;
}

function writePeople(
  { simulation, population, labels }: PopulationStatus,
  { out, prune }: { out: string; prune?: boolean },
  {
    access,
    context,
    session,
    rhythm,
  }: {
    access: RedisAccess;
    context: CommandContext;
    session: ProducerSession;
    rhythm: Rhythm;
  },
): Promise<{ people: number }> {
  const { redis, keys } = access;
  const { stdout, signal } = context;
  const results = createStoredResults(redis, keys, simulation, population);
  const shared = { simulation, population, seed: labels.seed ?? '' };
  if (!prune) {
    return followPeople({
      ...{ results, shared, out, stdout, signal, ...rhythm },
      assertNonePruned: async () => assertNonePruned(await session.status(population)),
    });
  }
  const newHolder = () => `process ${process.pid} on ${hostname()} (${randomBytes(6).toString('hex')})`;
  return prunePeople({
    ...{ results, shared, file: out, openFile: openOutboxFile, leaseMs: LEASE_MS, clocks: systemClocks },
    ...{ signal, say: (line) => say(context, line), ...rhythm },
    newOutbox: () =>
      createOutbox(redis, keys, { simulation, population, holder: newHolder(), leaseMs: LEASE_MS }),
  });
}

/** Writes while it follows the population, and once more when that is at rest: nobody is committed after that. */
async function untilRest(
  found: PopulationStatus,
  options: {
    session: ProducerSession;
    context: CommandContext;
    write: (rhythm: Rhythm) => Promise<{ people: number }>;
  },
): Promise<{ people: number; last: PopulationStatus }> {
  const { session, context, write } = options;
  const planned = await session.planned(found.population);
  const display = createProgressDisplay(context.stderr, Date.now);
  const nobody = isAtRest(found) ? undefined : await describeNoWorkers(planned, session, undefined);
  if (nobody !== undefined) display.say(nobody);
  const whatHolds = watchFleet(session, { model: found.labels.model, now: Date.now });
  const ended = new AbortController();
  const following = session
    .follow(planned, {
      wanted: { from: 0, to: planned.size },
      onUpdate: (status) => display.update(status, whatHolds()),
      pollMs: PASS_EVERY_MS,
      signal: AbortSignal.any([context.signal, ended.signal]),
    })
    .finally(() => ended.abort());
  following.catch(() => {}); // reported below, unless writing fails first
  try {
    const { people } = await write({
      isLast: () => ended.signal.aborted,
      untilNext: () => delay(PASS_EVERY_MS, ended.signal),
    });
    return { people, last: await following };
  } finally {
    ended.abort();
    display.end();
  }
}
