import { type Stoppable, stoppable } from '../shared/lifecycle.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { ProcessesMetrics } from '../shared/telemetry/metrics.ts';
import { type Health, serveMetrics } from '../shared/telemetry/metrics-server.ts';
import { createProcessQuestions, type ProcessQuestions } from './ask-process.ts';
import { type FleetMember, type LocalFleet, startLocalFleet } from './local-fleet.ts';
import type { LocalProcess } from './local-process.ts';
import { uniteHealth } from './united-health.ts';
import { type MetricsJson, uniteMetrics } from './united-metrics.ts';

/**
 * Worker processes that are one to the outside: one `/metrics` with the label `process`, one `/healthz`, one stop.
 *
 * One that dies is started again, after a wait that grows up to 10 s, for as long as this runs: each death is logged and counted, and
 * one that dies again and again makes `/healthz` fail. Rejects, with nothing left running, when the port is taken or a process
 * does not start at first, or `signal` aborts before all have. `stop()` lets all of them hand back their work at once, and takes as long as the slowest.
 */
export async function startWorkerProcesses(options: {
  size: number;
  start: (index: number, signal: AbortSignal) => Promise<LocalProcess>;
  host: string;
  port: number;
  metrics: ProcessesMetrics;
  logger: Logger;
  signal?: AbortSignal;
  questions?: ProcessQuestions;
  now?: () => number;
}): Promise<{ readonly metricsPort: number; readonly pids: () => number[] } & Stoppable> {
  const { size, start, host, port, metrics, logger, now = Date.now } = options;
  const { signal, questions = createProcessQuestions() } = options;
  const startedMs = now();
  let fleet: LocalFleet | undefined;

  /** Before the first start has succeeded all of them are down. */
  function members(): FleetMember[] {
    const downMs = now() - startedMs;
    const down = (_: unknown, index: number) => ({ index, process: undefined, downMs, failuresInARow: 0 });
    return fleet?.members() ?? Array.from({ length: size }, down);
  }

  /** Asks all of them at the same time. */
  async function askAll<T>(ask: (process: LocalProcess) => Promise<T | undefined>) {
    return Promise.all(
      members().map(async (member) => {
        const { process } = member;
        return { ...member, isUp: process !== undefined, answer: process && (await ask(process)) };
      }),
    );
  }

  async function united() {
    const answers = await askAll(questions.metrics);
    const found = new Map<number, MetricsJson>();
    metrics.up.reset();
    for (const { index, answer } of answers) {
      metrics.up.set({ process: String(index) }, answer === undefined ? 0 : 1);
      if (answer !== undefined) found.set(index, answer);
    }
    return uniteMetrics(found);
  }

  async function health(): Promise<Health> {
    const answers = await askAll(questions.health);
    return uniteHealth(answers.map(({ answer, ...member }) => ({ ...member, health: answer })));
  }

  const registry = {
    contentType: metrics.registry.contentType,
    metrics: async () => `${await (await united()).metrics()}${await metrics.registry.metrics()}`,
    getMetricsAsJSON: async () => [
      ...(await (await united()).getMetricsAsJSON()),
      ...(await metrics.registry.getMetricsAsJSON()),
    ],
  };
  const server = await serveMetrics({ host, port, registry, health });
  try {
    fleet = await startLocalFleet({
      size,
      start,
      ...(signal === undefined ? {} : { signal }),
      onCrash: (worker, reason) => {
        metrics.restarts.inc({ process: String(worker) });
        logger.error({ worker, reason }, 'worker process died; it is started again');
      },
    });
  } catch (error) {
    await server.stop();
    throw error;
  }
  const { stop } = fleet;
  for (const { index } of members()) metrics.restarts.inc({ process: String(index) }, 0);
  logger.info({ port: server.port }, `${size} worker processes started`);
  const pids = () => members().flatMap(({ process }) => (process === undefined ? [] : [process.pid]));
  return stoppable({ metricsPort: server.port, pids }, async () => {
    await stop();
    await server.stop();
  });
}
