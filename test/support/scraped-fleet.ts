import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathOf, prometheusConfig } from '../deploy/alert-file.ts';
import type { CliProcess } from './cli-process.ts';
import type { TestFleet } from './fleet.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';
import type { PrometheusTools } from './prometheus-tools.ts';
import { until } from './until.ts';

/** A process of the command line that serves `/metrics`. */
export interface Scraped extends CliProcess {
  /** host:port, which Prometheus takes for the label `instance`. */
  readonly address: string;
}

/** A Prometheus that watches a fleet, as deploy/prometheus has it do, but for how it finds the targets and how often it asks. */
export interface ScrapedFleet {
  readonly prometheus: Prometheus;
  /** From now on these workers and no others are scraped. */
  scrapeWorkers(workers: readonly Scraped[]): Promise<void>;
}

export const SCRAPE_SECONDS = 1;

export async function startScrapedFleet(options: {
  tools: PrometheusTools;
  folder: string;
  /** What the exporter asks for. */
  token: string;
  /** What is scraped from the start: Prometheus takes some ten seconds to notice what comes later. */
  exporter: Scraped;
  worker: Scraped;
}): Promise<ScrapedFleet> {
  const { tools, folder, token, exporter, worker } = options;
  const fileOf = (job: string) => join(folder, `${job}.targets.json`);
  const targets = async (job: string, scraped: readonly Scraped[]) => {
    const addresses = scraped.map(({ address }) => address);
    // Whole at once: Prometheus reads it whenever it changes.
    await writeFile(`${fileOf(job)}.new`, JSON.stringify([{ targets: addresses }]));
    await rename(`${fileOf(job)}.new`, fileOf(job));
  };
  await targets('persona-fleet', [exporter]);
  await targets('persona-fleet-worker', [worker]);
  const every = `${SCRAPE_SECONDS}s`;
  const prometheus = await startPrometheus(tools, {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: [pathOf('alerts.yml')],
    scrape_configs: prometheusConfig.scrape_configs.map(({ job_name, authorization }) => ({
      job_name,
      file_sd_configs: [{ files: [fileOf(job_name)], refresh_interval: '1s' }],
      ...(authorization === undefined ? {} : { authorization: { credentials: token } }),
    })),
  });
  return { prometheus, scrapeWorkers: (workers) => targets('persona-fleet-worker', workers) };
}

/** Starts a worker, or `worker --processes`, and waits until it says where its metrics are. */
export async function startScrapedWorker(fleet: TestFleet, ...options: string[]): Promise<Scraped> {
  const worker = fleet.start('worker', ...options);
  const isProcesses = options.includes('--processes');
  const port = await until('a worker to say its port', () => {
    const lines = `${worker.stdout()}\n${worker.stderr()}`.split('\n');
    const started = lines.find((line) =>
      isProcesses ? line.includes('worker processes started') : line.includes('worker started'),
    );
    return started === undefined ? undefined : /"port":(\d+)/.exec(started)?.[1];
  });
  return { ...worker, address: `127.0.0.1:${port}` };
}

/** Starts the exporter, on any free port. */
export async function startScrapedExporter(fleet: TestFleet): Promise<Scraped> {
  const exporter = fleet.start('serve', '--port', '0', '--json');
  const url = await until('the exporter to say its address', () => {
    const [line = ''] = exporter.stdout().split('\n');
    return line === '' ? undefined : String(JSON.parse(line).url);
  });
  return { ...exporter, address: new URL(url).host };
}
