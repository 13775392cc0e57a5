import { type IncomingHttpHeaders, request } from 'node:http';
import type { TestContext } from 'node:test';
import { type ExporterOptions, startExporter } from '../../src/exporter/start-exporter.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { testPrefix, testRedisUrl } from '../support/redis.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** An exporter of the test's own, on an empty fleet unless the test says otherwise, and a way to ask it. */
export async function startedExporter(t: TestContext, changes: Partial<ExporterOptions> = {}) {
  const failures: unknown[] = [];
  const exporter = await startExporter({
    redisUrl: changes.redisUrl ?? (await testRedisUrl()),
    keys: changes.keys ?? createKeys(testPrefix(t)),
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    budget: {},
    version: '1.2.3',
    onFailure: (error) => failures.push(error),
    ...changes,
  });
  t.after(() => exporter.stop());
  return {
    exporter,
    failures,
    get: (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
      ask(exporter.port, path, headers, method),
  };
}

/** By Node's own client, since `fetch` sets Host and Sec-Fetch-Site itself. */
function ask(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  method: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
      response.on('error', reject);
    });
    asking.on('error', reject);
    asking.end();
  });
}
