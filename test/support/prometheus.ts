import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Stoppable, stoppable } from '../../src/shared/lifecycle.ts';
import type { PrometheusTools } from './prometheus-tools.ts';
import { until } from './until.ts';

/** One series of an answer, or a scalar without labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus of a test's own. Its files go with `stop()`, or with this process. */
export interface Prometheus extends Stoppable {
  readonly url: string;
  /** An instant query, at a time in Unix seconds or now. Rejects with the query and what Prometheus says is wrong with it. */
  query(promql: string, atSeconds?: number): Promise<Sample[]>;
  /** The sum of what a query answers: 0 for nothing. */
  sum(promql: string, atSeconds?: number): Promise<number>;
  /** Rules whose last evaluation failed, or that were not evaluated yet. */
  faultyRules(): Promise<string[]>;
}

const sample = z.tuple([z.number(), z.string()]);
const answerSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({
        resultType: z.literal('vector'),
        result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: sample })),
      }),
      z.object({ resultType: z.literal('scalar'), result: sample }),
    ]),
  }),
  z.object({ status: z.literal('error'), error: z.string() }),
]);

const rulesSchema = z.object({
  data: z.object({
    groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), health: z.string() })) })),
  }),
});

/** Starts one on a free loopback port, with an empty data folder and a configuration that must be JSON, which is YAML. */
export async function startPrometheus(tools: PrometheusTools, config: unknown): Promise<Prometheus> {
  const dir = await mkdtemp(join(tmpdir(), 'persona-fleet-prometheus-'));
  const configFile = join(dir, 'prometheus.json');
  await writeFile(configFile, JSON.stringify(config));
  const child = spawn(
    tools.prometheus,
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, GOMAXPROCS: '1' } },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  child.on('error', (error) => {
    log += error.message;
  });
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const onExit = () => {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  };
  process.once('exit', onExit);
  const stop = async () => {
    const exited = hasEnded() || once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    process.off('exit', onExit);
    await rm(dir, { recursive: true, force: true });
  };

  /** It says where it listens, as the port was left to the system. */
  const address = () => /msg="?Listening on"? .*address=([\d.:]+)/.exec(log)?.[1];
  try {
    await until('Prometheus to be ready', async () => {
      if (hasEnded()) throw new Error(`Prometheus did not start: ${log}`);
      const at = address();
      return at !== undefined && (await fetch(`http://${at}/-/ready`)).ok;
    });
  } catch (error) {
    await stop();
    throw error;
  }

  const url = `http://${address()}`;
  const query = async (promql: string, atSeconds?: number): Promise<Sample[]> => {
    const body = new URLSearchParams({
      query: promql,
      ...(atSeconds === undefined ? {} : { time: String(atSeconds) }),
    });
    const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body });
    const answer = answerSchema.parse(await response.json());
    if (answer.status === 'error') throw new Error(`${answer.error} in the query: ${promql}`);
    const { data } = answer;
    if (data.resultType === 'scalar') return [{ labels: {}, value: numberOf(data.result[1]) }];
    return data.result.map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }));
  };
  const sum = async (promql: string, atSeconds?: number) =>
    (await query(promql, atSeconds)).reduce((total, { value }) => total + value, 0);
  const faultyRules = async () => {
    const answer = rulesSchema.parse(await (await fetch(`${url}/api/v1/rules`)).json());
    const rules = answer.data.groups.flatMap((group) => group.rules);
    return rules.filter(({ health }) => health !== 'ok').map(({ name }) => name);
  };
  return stoppable({ url, query, sum, faultyRules }, stop);
}

/** As Prometheus writes numbers. */
function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
